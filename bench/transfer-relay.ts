/**
 * One lane and adaptive lanes through a relay with a longer way before it. One side's datagrams take
 * the long way, and both may use the relay only.
 */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ViewUpdate } from '../lib/messaging/snapshot.ts';
import { noise } from '../tests/support/bytes.ts';
import { setRule, startPairedDuo, type PairedDuo } from '../tests/support/duo.ts';
import { sendFiles } from '../tests/support/send-page.ts';
import { intend } from '../tests/support/snapshot.ts';
import { ShapedRelay } from '../tests/support/shaped-relay.ts';
import { startTurn } from '../tests/support/turn.ts';
import { within } from '../tests/support/wait.ts';
import { median } from './bootstrap.ts';
import { setLanes } from './timed-send.ts';

const MIB = 1024 * 1024;
/** More than any line here carries in a run: what is left over is cancelled. */
const FILE_MIB = 640;
const RAMP_MS = 10_000;
const STEADY_MS = 20_000;
/** Each run's steady part is compared in pieces with that of the run beside it. */
const WINDOW_MS = 5_000;
const WINDOWS = STEADY_MS / WINDOW_MS;
/** Four of them give sixteen pairs of windows. */
const RUN_PAIRS = 4;
/** Of the steady rate, when a run counts as risen. */
const RISEN = 0.8;

export interface RelayFigures {
  /** Adaptive over one lane, a pair of windows each. */
  readonly ratios: readonly number[];
  /** Bytes a second, medians over the windows. */
  readonly oneLane: number;
  readonly adaptive: number;
  /** Until the first second at 80 % of the run's own steady rate, medians. */
  readonly rampMs: { readonly oneLane: number; readonly adaptive: number };
}

interface RelayRun {
  readonly windows: readonly number[];
  readonly rampMs: number;
}

export async function measureRelay(
  addedRoundTripMs: number,
  folder: string,
): Promise<RelayFigures> {
  const turn = await startTurn();
  const port = Number(new URL(turn.url.replace('turn:', 'turn://')).port);
  const relay = await ShapedRelay.start(port, addedRoundTripMs);
  const duo = await startPairedDuo();
  const path = join(folder, 'relay.bin');
  try {
    await setRule(duo.desktop, duo.laptopId, 'always');
    const far = turn.url.replace(`:${port}`, `:${relay.port}`);
    for (const [{ browser }, url] of [
      [duo.laptop, far],
      [duo.desktop, turn.url],
    ] as const) {
      const turnServers = `${url} ${turn.username} ${turn.credential}`;
      await intend(browser, { type: 'settings/set', settings: { privacyMode: true, turnServers } });
    }
    const one: RelayRun[] = [];
    const adaptive: RelayRun[] = [];
    for (let pair = 0; pair < RUN_PAIRS; pair += 1) {
      const order = pair % 2 === 0 ? ([1, null] as const) : ([null, 1] as const);
      for (const lanes of order) {
        await setLanes(duo, lanes);
        const run = await steadyRun(duo, path);
        (lanes === 1 ? one : adaptive).push(run);
        console.log(
          `  ${addedRoundTripMs} ms, ${lanes === 1 ? 'one lane' : 'adaptive'}: ` +
            `${run.windows.map((rate) => (rate / 1e6).toFixed(2)).join(' ')} MB/s, ` +
            `risen after ${(run.rampMs / 1000).toFixed(1)} s`,
        );
      }
    }
    const [oneWindows, adaptiveWindows] = [one, adaptive].map((runs) =>
      runs.flatMap(({ windows }) => windows),
    ) as [number[], number[]];
    return {
      ratios: adaptiveWindows.map((rate, at) => rate / (oneWindows[at] ?? Number.NaN)),
      oneLane: median(oneWindows),
      adaptive: median(adaptiveWindows),
      rampMs: {
        oneLane: median(one.map(({ rampMs }) => rampMs)),
        adaptive: median(adaptive.map(({ rampMs }) => rampMs)),
      },
    };
  } finally {
    await Promise.all([duo.close(), rm(path, { force: true })]);
    await relay.stop();
    await turn.stop();
  }
}

/** Sends more than fits into the time, looks at what arrived when, and calls the rest off. */
async function steadyRun(duo: PairedDuo, path: string): Promise<RelayRun> {
  const file = await open(path, 'w');
  // Each run's own bytes: what a device has already is not sent again.
  await file.write(noise(`relay ${Date.now()}`, MIB));
  await file.truncate(FILE_MIB * MIB);
  await file.close();
  const page = await duo.desktop.browser.driver();
  const watched = page.evaluate(watchArrival, RAMP_MS + STEADY_MS);
  await sendFiles(duo.laptop.browser, { deviceId: duo.desktopId, name: 'Desktop' }, [path]);
  const { transferId, points } = await within('the relayed run', 120_000, watched);
  await intend(duo.laptop.browser, { type: 'transfer/cancel', transferId });
  for (const { view } of [duo.laptop, duo.desktop]) {
    await view.until('its end', ({ transfers }) =>
      transfers.some((one) => one.transferId === transferId && one.state === 'cancelled'),
    );
  }
  const at = (ms: number) => bytesAt(points, ms);
  const windows = Array.from({ length: WINDOWS }, (_, index) => {
    const from = RAMP_MS + index * WINDOW_MS;
    return (at(from + WINDOW_MS) - at(from)) / (WINDOW_MS / 1000);
  });
  const steady = (at(RAMP_MS + STEADY_MS) - at(RAMP_MS)) / (STEADY_MS / 1000);
  let rampMs = 0;
  while (rampMs < RAMP_MS && at(rampMs + 1000) - at(rampMs) < RISEN * steady) rampMs += 100;
  return { windows, rampMs };
}

interface Point {
  /** Since the first byte. */
  readonly ms: number;
  readonly bytes: number;
}

/** Between two looks the bytes came evenly. */
function bytesAt(points: readonly Point[], ms: number): number {
  let before: Point = { ms: -1, bytes: 0 };
  for (const point of points) {
    if (point.ms >= ms) {
      const part = (ms - before.ms) / (point.ms - before.ms);
      return before.bytes + part * (point.bytes - before.bytes);
    }
    before = point;
  }
  return before.bytes;
}

/** Runs in the receiver's page: what the newest transfer has, from its first byte on. */
function watchArrival(ms: number): Promise<{ transferId: string; points: Point[] }> {
  return new Promise((resolve) => {
    const points: Point[] = [];
    const known = new Set<string>();
    let start: number | undefined;
    const port = chrome.runtime.connect({ name: 'view' });
    port.onMessage.addListener((message: unknown) => {
      const update = message as ViewUpdate;
      const transfers = update.type === 'full' ? update.snapshot.transfers : update.parts.transfers;
      if (update.type === 'full')
        for (const { transferId } of transfers ?? []) known.add(transferId);
      const found = transfers?.find(({ transferId }) => !known.has(transferId));
      if (found === undefined || found.doneBytes === 0) return;
      start ??= performance.now();
      points.push({ ms: performance.now() - start, bytes: found.doneBytes });
      if (performance.now() - start <= ms) return;
      port.disconnect();
      resolve({ transferId: found.transferId, points });
    });
  });
}
