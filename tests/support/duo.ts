/** Two browsers, Laptop and Desktop, on one signaling server; paired unless told otherwise. */
import { expect } from 'vitest';
import type {
  Snapshot,
  DeviceView,
  PairingFailure,
  PairingView,
  TransferView,
} from '../../lib/messaging/snapshot.ts';
import { ExtensionBrowser, type LaunchOptions } from './browser.ts';
import { ensureBuild, TEST_GRANTED } from './builds.ts';
import { fixLanes } from './lanes.ts';
import { configure, pair } from './pair.ts';
import { startSignaling, type SignalingServer } from './server.ts';
import { Follower, intend } from './snapshot.ts';

export interface Side {
  readonly browser: ExtensionBrowser;
  readonly view: Follower;
}

export interface Duo {
  readonly laptop: Side;
  readonly desktop: Side;
  readonly signaling: SignalingServer;
  close(): Promise<void>;
}

export interface PairedDuo extends Duo {
  /** Desktop, as Laptop knows it, and the other way round. */
  readonly desktopId: string;
  readonly laptopId: string;
}

export interface DuoOptions {
  readonly extension?: string;
  readonly signalingUrl?: string;
  readonly launch?: Partial<LaunchOptions>;
  /** So many lanes in every session; what brings most when absent. */
  readonly lanes?: number;
}

export async function startDuo(options: DuoOptions = {}): Promise<Duo> {
  const signaling = await startSignaling();
  const extension = options.extension ?? (await ensureBuild(TEST_GRANTED));
  const side = (name: string) => startSide(name, signaling, { ...options, extension });
  const [laptop, desktop] = await Promise.all([side('Laptop'), side('Desktop')]);
  return {
    laptop,
    desktop,
    signaling,
    close: async () => {
      await Promise.all([laptop.browser.close(), desktop.browser.close(), signaling.stop()]);
    },
  };
}

/** One more browser on the same server, known to nobody. */
export async function startSide(
  name: string,
  signaling: SignalingServer,
  options: DuoOptions = {},
): Promise<Side> {
  const extension = options.extension ?? (await ensureBuild(TEST_GRANTED));
  const browser = await ExtensionBrowser.launch({ ...options.launch, extension, name });
  await configure(browser, {
    signalingUrl: options.signalingUrl ?? signaling.url,
    deviceName: name,
  });
  if (options.lanes !== undefined) await fixLanes(browser, options.lanes);
  const view = await Follower.open(browser);
  await view.until('a connection to the server', (seen) => seen.signaling.state === 'online');
  return { browser, view };
}

/** As `startDuo`, then paired through the popups; both know the other to be online. */
export async function startPairedDuo(options: DuoOptions = {}): Promise<PairedDuo> {
  const duo = await startDuo(options);
  await pair(duo.desktop.browser, duo.laptop.browser);
  const [desktop, laptop] = await Promise.all([
    untilOnline(duo.laptop, 'Desktop'),
    untilOnline(duo.desktop, 'Laptop'),
  ]);
  return { ...duo, desktopId: desktop.deviceId, laptopId: laptop.deviceId };
}

export async function untilOnline({ view }: Side, name: string): Promise<DeviceView> {
  return await view.until(`${name} online`, ({ devices }) =>
    devices.find((device) => device.name === name && device.presence === 'online'),
  );
}

/** Ids of the transfers a side knows, to tell a new one from those before. */
export async function knownTransfers({ view }: Side): Promise<ReadonlySet<string>> {
  return new Set((await view.read()).transfers.map(({ transferId }) => transferId));
}

/** The one transfer that is not in `known`, once it is in one of `states`. */
export async function untilTransfer(
  { view }: Side,
  known: ReadonlySet<string>,
  states: readonly TransferView['state'][],
  timeoutMs?: number,
): Promise<TransferView> {
  return await view.until(
    `a new transfer that is ${states.join(' or ')}`,
    ({ transfers }) =>
      transfers.find(({ transferId, state }) => !known.has(transferId) && states.includes(state)),
    timeoutMs === undefined ? {} : { timeoutMs },
  );
}

export async function setRule(
  side: Side,
  deviceId: string,
  rule: DeviceView['rule'],
): Promise<void> {
  // A pairing is told a moment before its device is: a rule for one that is not there is refused.
  const device = ({ devices }: Snapshot) => devices.find((one) => one.deviceId === deviceId);
  await side.view.until('the device', (snapshot) => device(snapshot) !== undefined);
  await intend(side.browser, { type: 'device/rule', deviceId, rule });
  await side.view.until(`the rule "${rule}"`, (snapshot) => device(snapshot)?.rule === rule);
}

/** Back to two browsers that know nobody and have no pairing under way or told. */
export async function forgetEverything(...sides: readonly Side[]): Promise<void> {
  for (const { browser, view } of sides) {
    await intend(browser, { type: 'pair/cancel' });
    for (const { deviceId } of (await view.read()).devices) {
      await intend(browser, { type: 'device/remove', deviceId });
    }
    await view.until('no device and no pairing', ({ devices, pairing }) => {
      return devices.length === 0 && isOver(pairing);
    });
  }
}

function isOver(pairing: PairingView): boolean {
  return pairing.state === 'idle' || (pairing.state === 'failed' && pairing.reason === 'cancelled');
}

/** Why a pairing failed, once it did; calling one off oneself is no failure. */
export async function untilPairingFails(
  { view }: Side,
  what: string,
  timeoutMs = 45_000,
): Promise<PairingFailure> {
  return await view.until(
    what,
    ({ pairing }) => pairing.state === 'failed' && pairing.reason !== 'cancelled' && pairing.reason,
    { timeoutMs },
  );
}

/** Every test file ends with it: nothing alarming was printed by page, worker or offscreen. */
export function expectCalm(...sides: readonly Side[]): void {
  for (const { browser } of sides) expect(browser.console.alarms, browser.name).toEqual([]);
}
