/** One file from the laptop to the desktop, through whatever routers there are just now. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConnectionPath } from '../../../lib/ice/path.ts';
import type { TransferView } from '../../../lib/messaging/snapshot.ts';
import { byName } from '../accessible.ts';
import { noise } from '../bytes.ts';
import { sha256, untilReceived } from '../downloads.ts';
import { knownTransfers, setRule, untilOnline, type Side } from '../duo.ts';
import { pair } from '../pair.ts';
import { sendFiles } from '../send-page.ts';
import { intend } from '../snapshot.ts';
import { until } from '../wait.ts';
import type { LabDuo, Move } from './duo.ts';
import type { LabPair, RelayWay } from './expected.ts';
import { SERVER, type Home, type Traffic } from './lab.ts';
import { LAB_SIGNALING_URL } from './servers.ts';

/** Nothing listens there. */
const NO_SIGNALING = `http://${SERVER}:9`;

const MIB = 1024 * 1024;
export const FILE_BYTES = 4 * MIB;
/** Every try without a way through, and the waits between them ([IC4], [IC10]). */
const NO_PATH_MS = 100_000;
const OVER_MS = 90_000;

/** Ways to the relay that a device may know. */
export type Relays = readonly RelayWay[];

export interface LabIds {
  readonly laptopId: string;
  readonly desktopId: string;
}

/** Pairs the two through their popups and lets the desktop take what comes. */
export async function pairLab({ laptop, desktop }: LabDuo): Promise<LabIds> {
  await pair(desktop.browser, laptop.browser);
  const there = await untilOnline(laptop, 'Desktop');
  const back = await untilOnline(desktop, 'Laptop');
  await setRule(desktop, back.deviceId, 'always');
  return { laptopId: back.deviceId, desktopId: there.deviceId };
}

export interface MoveOptions {
  readonly privacy?: Readonly<{ laptop?: boolean; desktop?: boolean }>;
  readonly move?: Move;
}

/** As after a move: other routers, no connection from before, and both there again. */
export async function moveTo(
  duo: LabDuo,
  [a, b]: LabPair,
  relays: Relays,
  { privacy = {}, move = 'noticed' }: MoveOptions = {},
): Promise<void> {
  const turnServers = relays.map((way) => duo.turn.lines[way]).join('\n');
  const sides = ['laptop', 'desktop'] as const;
  const both = (act: (side: Side, name: (typeof sides)[number]) => Promise<unknown>) =>
    Promise.all(sides.map((name) => act(duo[name], name)));
  // Signaling is left while the old routers are there: a socket that just falls silent stays in its
  // rooms for half a minute, which has tests of its own.
  await both(({ browser }) => browser.closeOffscreen());
  await both(async ({ browser, view }, name) => {
    const privacyMode = privacy[name] ?? false;
    const settings = { turnServers, privacyMode, signalingUrl: NO_SIGNALING };
    await intend(browser, { type: 'settings/set', settings });
    await view.until('to be offline', ({ devices }) => devices[0]?.presence === 'offline');
  });
  await duo.setModes({ a, b }, move);
  await both(({ browser }) => {
    const settings = { signalingUrl: LAB_SIGNALING_URL };
    return intend(browser, { type: 'settings/set', settings });
  });
  await Promise.all([untilOnline(duo.laptop, 'Desktop'), untilOnline(duo.desktop, 'Laptop')]);
}

export interface Trip {
  readonly sent: TransferView;
  /** As each side tells it once bytes went over. */
  readonly laptopPath: ConnectionPath;
  readonly desktopPath: ConnectionPath;
  /** Words of the device's item in the laptop's popup. */
  readonly words: string;
  /** Bytes on the outside of the laptop's and of the desktop's router. */
  readonly laptopTraffic: Traffic;
  readonly desktopTraffic: Traffic;
}

let trips = 0;

/** Writes a file that no trip had before, and sends it. */
export async function beginTrip(
  { laptop }: LabDuo,
  { desktopId }: LabIds,
  folder: string,
  bytes: number = FILE_BYTES,
): Promise<{ transferId: string; wanted: { sha256: string; size: number } }> {
  trips += 1;
  const content = noise(`trip ${trips}`, bytes);
  const path = join(folder, `trip-${trips}.bin`);
  await writeFile(path, content);
  const known = await knownTransfers(laptop);
  await sendFiles(laptop.browser, { deviceId: desktopId, name: 'Desktop' }, [path]);
  const transferId = await laptop.view.until(
    'the new transfer',
    ({ transfers }) => transfers.find((one) => !known.has(one.transferId))?.transferId,
  );
  return { transferId, wanted: { sha256: sha256(content), size: bytes } };
}

/** Waits for this one transfer, whatever else is under way. */
export async function untilOver(
  { view }: Side,
  transferId: string,
  timeoutMs: number,
): Promise<TransferView> {
  return await view.until(
    'the end of the transfer',
    ({ transfers }) =>
      transfers.find(
        (one) =>
          one.transferId === transferId && ['delivered', 'failed'].includes(one.state) && one,
      ),
    { timeoutMs },
  );
}

/** Sends a file, waits until it lies in the desktop's downloads with the same SHA-256. */
export async function trip(duo: LabDuo, ids: LabIds, folder: string): Promise<Trip> {
  const { transferId, wanted } = await beginTrip(duo, ids, folder);
  const sent = await untilOver(duo.laptop, transferId, OVER_MS);
  if (sent.state === 'failed') throw new Error(`the transfer failed: ${sent.reason}`);
  await untilReceived(duo.desktop.browser.downloads, wanted);
  const [laptopPath, desktopPath] = await Promise.all([
    untilPath(duo.laptop, ids.desktopId),
    untilPath(duo.desktop, ids.laptopId),
  ]);
  const words = await pathWords(duo.laptop, 'Desktop');
  const [laptopTraffic, desktopTraffic] = await Promise.all([
    duo.lab.traffic('a'),
    duo.lab.traffic('b'),
  ]);
  return { sent, laptopPath, desktopPath, words, laptopTraffic, desktopTraffic };
}

/** Sends a file that cannot arrive, and gives how the laptop says so. */
export async function deadEnd(duo: LabDuo, ids: LabIds, folder: string): Promise<TransferView> {
  const { transferId } = await beginTrip(duo, ids, folder);
  return await untilOver(duo.laptop, transferId, NO_PATH_MS);
}

export async function untilPath({ view }: Side, deviceId: string): Promise<ConnectionPath> {
  return await view.until('a measured path', ({ devices }) => {
    const path = devices.find((device) => device.deviceId === deviceId)?.path;
    return path?.rttMs === null ? undefined : path;
  });
}

/** What the popup says of the way to a device that is connected: it tells the round trip. */
async function pathWords({ browser }: Side, name: string): Promise<string> {
  const popup = await browser.open('popup.html');
  try {
    return await until(`the path to ${name} in words`, async () => {
      const items = await popup.$$(`${byName('list', 'Devices')} >>> li`);
      for (const item of items) {
        const text = await item.evaluate((node) => (node as HTMLElement).innerText);
        if (text.includes(name) && /\d ?ms/u.test(text)) return text;
      }
      return undefined;
    });
  } finally {
    await popup.close();
  }
}

/** Real time of a network that is gone: what is measured here is that nothing gives up. */
export async function whileCut({ lab }: LabDuo, ms: number): Promise<void> {
  await lab.cut('a');
  await pause(ms);
  await lab.mend('a');
}

/** Whether any address of that home, public or private, stands in a text. The laptop's is a. */
export function tellsAddressOf(duo: LabDuo, text: string, home: Home = 'a'): boolean {
  return duo.lab.addressesOf(home).some((address) => text.includes(address));
}
