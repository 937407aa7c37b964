/** One transfer with clocks around it, followed in the pages so that watching costs next to nothing. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import type { Snapshot, TransferView, ViewUpdate } from '../lib/messaging/snapshot.ts';
import { press } from '../tests/support/accessible.ts';
import type { ExtensionBrowser } from '../tests/support/browser.ts';
import { noise } from '../tests/support/bytes.ts';
import { knownTransfers, type PairedDuo } from '../tests/support/duo.ts';
import { filePicker, untilHandedOver } from '../tests/support/send-page.ts';
import { until } from '../tests/support/wait.ts';
import { CpuMeter } from './cpu-meter.ts';

export interface TimedSend {
  readonly sent: TransferView;
  readonly received: TransferView;
  /** From the click on Send until the sender was told that all of it is stored. */
  readonly clickToStoredMs: number;
  /** From the first byte on the wire until then. */
  readonly storedMs: number;
  /** From the receiver's first byte until the browser had saved everything. */
  readonly savedMs: number;
  /** CPU seconds of all processes of each browser, from the first byte until `stored`. */
  readonly cpu: SentCpu;
  /** The same from the click on. */
  readonly cpuFromClick: SentCpu;
}

export interface SentCpu {
  readonly sender: number;
  readonly receiver: number;
}

/** Sends files from Laptop to Desktop and waits until they are saved there. */
export async function timedSend(
  { laptop, desktop, desktopId }: PairedDuo,
  paths: readonly string[],
  timeoutMs = 180_000,
): Promise<TimedSend> {
  const [known, knownThere] = await Promise.all([knownTransfers(laptop), knownTransfers(desktop)]);
  const page = await laptop.browser.open(`send.html?device=${desktopId}`);
  const picker = await filePicker(page, 'Desktop');
  await picker.uploadFile(...paths);
  const stored = ended(laptop.browser, known, 'delivered', timeoutMs);
  const saved = ended(desktop.browser, knownThere, 'saved', timeoutMs);
  // Where the sender's end never comes nobody waits for this one.
  saved.catch(() => undefined);
  const meter = new CpuMeter([laptop.browser, desktop.browser]);
  const clickedAt = Date.now();
  await press(page, 'button', 'Send');
  await untilHandedOver(page);
  await page.close();
  const sent = await stored;
  const [first, last] = [sent.firstByteAt ?? Number.NaN, sent.endedAt ?? Number.NaN];
  const cpu = sides(meter.between(first, last));
  const cpuFromClick = sides(meter.between(clickedAt, last));
  const received = await saved;
  return {
    sent,
    received,
    clickToStoredMs: last - clickedAt,
    storedMs: last - first,
    savedMs: (received.endedAt ?? Number.NaN) - (received.firstByteAt ?? Number.NaN),
    cpu,
    cpuFromClick,
  };
}

function sides([sender = Number.NaN, receiver = Number.NaN]: readonly number[]): SentCpu {
  return { sender, receiver };
}

/** As `timedSend`, with a file of that size that neither side has seen before. */
export async function timedFile(
  duo: PairedDuo,
  folder: string,
  name: string,
  bytes: number,
  timeoutMs?: number,
): Promise<TimedSend> {
  const path = join(folder, `${name}.bin`);
  await writeFile(path, noise(`${name} ${Date.now()}`, bytes));
  try {
    return await timedSend(duo, [path], timeoutMs);
  } finally {
    await rm(path);
  }
}

/** The one transfer that is not in `known`, when it is `state`. @throws Error when it failed */
async function ended(
  owner: ExtensionBrowser,
  known: ReadonlySet<string>,
  state: TransferView['state'],
  timeoutMs: number,
): Promise<TransferView> {
  const page = await owner.driver();
  await page.evaluate(follow, [...known], [state, 'failed', 'cancelled', 'declined']);
  const found = await until(
    `${owner.name}: a transfer that is ${state}`,
    () => page.evaluate(waitForIt, LOOK_MS),
    { timeoutMs },
  );
  if (found.state !== state) throw new Error(`${owner.name}: ${found.state}, ${found.reason}`);
  return found;
}

/** Each look is a message to the browser: a few a minute cost nothing, and none lasts too long for it. */
const LOOK_MS = 30_000;

interface World {
  ended?: Promise<TransferView>;
}

/** Runs in the page. */
async function waitForIt(ms: number): Promise<TransferView | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ms));
  return await Promise.race([(globalThis as World).ended, late]);
}

/** Runs in the page: from now on waits for the new transfer to be in one of `states`. */
function follow(known: readonly string[], states: readonly string[]): void {
  const { promise, resolve } = Promise.withResolvers<TransferView>();
  (globalThis as World).ended = promise;
  const connect = () => {
    const port = chrome.runtime.connect({ name: 'view' });
    port.onMessage.addListener((message: unknown) => {
      const update = message as ViewUpdate;
      const parts: Partial<Snapshot> = update.type === 'full' ? update.snapshot : update.parts;
      const found = parts.transfers?.find(
        ({ transferId, state }) => !known.includes(transferId) && states.includes(state),
      );
      if (found === undefined) return;
      port.disconnect();
      resolve(found);
    });
    // The worker behind it may end and come back.
    port.onDisconnect.addListener(connect);
  };
  connect();
}

/** Lanes of every session from now on; `null`: as many as they bring. Documents close, and open anew. */
export async function setLanes(
  { laptop, desktop }: PairedDuo,
  count: number | null,
): Promise<void> {
  for (const { browser } of [laptop, desktop]) {
    const page: Page = await browser.driver();
    await page.evaluate((lanes) => {
      if (lanes === null) localStorage.removeItem('lanes');
      else localStorage.setItem('lanes', String(lanes));
    }, count);
  }
  await Promise.all([laptop, desktop].map(({ browser }) => browser.closeOffscreen()));
  for (const { view } of [laptop, desktop]) {
    await view.until('no connection', ({ devices }) => devices[0]?.connection === 'none');
  }
}
