/** `npm run bench [-- --json FILE]`: the figures of the README, medians of five in one run. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { parseArgs } from 'node:util';
import { bundleSizes } from '../scripts/checks/bundle-size.ts';
import { ensureParts } from '../scripts/system/parts.ts';
import type { TransferView } from '../lib/messaging/snapshot.ts';
import { ExtensionBrowser } from '../tests/support/browser.ts';
import { ensureBuild, PRODUCT, TEST_GRANTED } from '../tests/support/builds.ts';
import { noise, png } from '../tests/support/bytes.ts';
import { chooseMenuItem } from '../tests/support/context-menu.ts';
import { peakBytes, resetPeak } from '../tests/support/memory.ts';
import type { Side } from '../tests/support/duo.ts';
import { configure, pair } from '../tests/support/pair.ts';
import { sendFiles } from '../tests/support/send-page.ts';
import { startSignaling } from '../tests/support/server.ts';
import { startSites } from '../tests/support/sites.ts';
import { Follower, intend } from '../tests/support/snapshot.ts';
import { rawThroughput } from './raw-link.ts';
import { type Marks, printMedians, round, Samples } from './samples.ts';

const RUNS = 5;
const IMAGE_BYTES = 1024 * 1024;
const FILE_BYTES = 64 * 1024 * 1024;
const FILE_TIMEOUT_MS = 180_000;
const MIB = 1024 * 1024;
const MB = 1_000_000;

/** What each figure is held against; the first marks of the project. */
const MARKS = {
  pairMs: { unit: 'ms', mark: undefined, says: 'pairing: Connect pressed to words on both sides' },
  coldFirstByteMs: { unit: 'ms', mark: '< 1000', says: 'click to first byte, no session' },
  warmFirstByteMs: { unit: 'ms', mark: '< 150', says: 'click to first byte, session open' },
  imageSavedMs: { unit: 'ms', mark: undefined, says: 'click to saved, 1 MiB image' },
  throughputRatio: { unit: '', mark: '≥ 0.7', says: '64 MiB file to delivered, against raw' },
  receiverPeakMB: { unit: 'MB', mark: undefined, says: 'peak memory of the receiving renderer' },
  popupGzipKiB: { unit: 'KiB', mark: '< 60', says: 'popup script, gzipped' },
  backgroundGzipKiB: { unit: 'KiB', mark: undefined, says: 'background script, gzipped' },
  offscreenGzipKiB: { unit: 'KiB', mark: undefined, says: 'offscreen scripts, gzipped' },
} as const satisfies Marks;

type Figure = keyof typeof MARKS;

class Bench extends Samples<Figure> {
  readonly #laptop: Side;
  readonly #desktop: Side;

  constructor(laptop: Side, desktop: Side) {
    super();
    this.#laptop = laptop;
    this.#desktop = desktop;
  }

  /** Pairs anew; the device that stays is the last one. */
  async pair(): Promise<void> {
    for (const { browser, view } of [this.#laptop, this.#desktop]) {
      for (const { deviceId } of (await view.read()).devices) {
        await intend(browser, { type: 'device/remove', deviceId });
      }
      await view.until('no device', ({ devices }) => devices.length === 0);
    }
    const { pairMs } = await pair(this.#desktop.browser, this.#laptop.browser);
    this.add('pairMs', pairMs);
  }

  /** Runs one send and gives the receiver's view of it, saved, and the sender's, delivered. */
  async transfer(
    begin: () => Promise<number>,
  ): Promise<{ clickedAt: number; sent: TransferView; received: TransferView }> {
    const [known, knownThere] = await Promise.all([
      ids(this.#laptop.view),
      ids(this.#desktop.view),
    ]);
    const clickedAt = await begin();
    const [sent, received] = await Promise.all([
      ended(this.#laptop.view, known, 'delivered'),
      ended(this.#desktop.view, knownThere, 'saved'),
    ]);
    return { clickedAt, sent, received };
  }
}

async function ids(view: Follower): Promise<ReadonlySet<string>> {
  return new Set((await view.read()).transfers.map(({ transferId }) => transferId));
}

async function ended(
  view: Follower,
  known: ReadonlySet<string>,
  state: TransferView['state'],
): Promise<TransferView> {
  const found = await view.until(
    `a transfer that is ${state}`,
    ({ transfers }) =>
      transfers.find(
        (transfer) => !known.has(transfer.transferId) && [state, 'failed'].includes(transfer.state),
      ),
    { timeoutMs: FILE_TIMEOUT_MS },
  );
  if (found.state === 'failed') throw new Error(`the transfer failed: ${found.reason}`);
  return found;
}

async function measure(): Promise<Record<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'tallow-bench-'));
  const [signaling, sites, extension] = [
    await startSignaling({ NAMEPLATES_PER_TEN_MINUTES: '100' }),
    await startSites(),
    await ensureBuild(TEST_GRANTED),
  ];
  const open = async (name: string): Promise<Side> => {
    const browser = await ExtensionBrowser.launch({ extension, name });
    await configure(browser, { signalingUrl: signaling.url, deviceName: name });
    const view = await Follower.open(browser);
    await view.until('the server', (seen) => seen.signaling.state === 'online');
    return { browser, view };
  };
  const [laptop, desktop] = await Promise.all([open('Laptop'), open('Desktop')]);
  try {
    const bench = new Bench(laptop, desktop);
    for (let run = 0; run < RUNS; run += 1) await bench.pair();

    const device = await laptop.view.until('Desktop online', ({ devices }) =>
      devices.find(({ presence }) => presence === 'online'),
    );
    const back = await desktop.view.until('Laptop', ({ devices }) => devices[0]);
    await intend(desktop.browser, { type: 'device/rule', deviceId: back.deviceId, rule: 'always' });
    const srcUrl = sites.other.serve('/image.png', {
      type: 'image/png',
      body: png('bench', IMAGE_BYTES),
    });
    const page = await laptop.browser.openUrl(sites.pageUrl);
    const sendImage = async () => {
      const clickedAt = Date.now();
      await chooseMenuItem(laptop.browser, page, {
        kind: 'image',
        deviceId: device.deviceId,
        srcUrl,
      });
      return clickedAt;
    };
    for (let run = 0; run < RUNS; run += 1) {
      // No session and no document to hold one, on either side.
      await Promise.all([laptop, desktop].map(({ browser }) => browser.closeOffscreen()));
      const cold = await bench.transfer(sendImage);
      bench.add('coldFirstByteMs', (cold.received.firstByteAt ?? Number.NaN) - cold.clickedAt);
      const warm = await bench.transfer(sendImage);
      bench.add('warmFirstByteMs', (warm.received.firstByteAt ?? Number.NaN) - warm.clickedAt);
      bench.add('imageSavedMs', (warm.received.endedAt ?? Number.NaN) - warm.clickedAt);
    }

    const path = join(folder, 'file.bin');
    await writeFile(path, noise('bench', FILE_BYTES));
    for (let run = 0; run < RUNS; run += 1) {
      // Alternated: on a shared machine neighbouring runs see the same weather.
      const raw = await rawThroughput(laptop.browser, desktop.browser, FILE_BYTES);
      resetPeak(desktop.browser);
      const { sent } = await bench.transfer(() => sendFiles(laptop.browser, device, [path]));
      const ms = (sent.endedAt ?? Number.NaN) - (sent.firstByteAt ?? Number.NaN);
      console.log(
        `  raw ${round(raw / MIB)} MiB/s, ours ${round(FILE_BYTES / ms / 1048.576)} MiB/s`,
      );
      bench.add('throughputRatio', FILE_BYTES / (ms / 1000) / raw);
      bench.add('receiverPeakMB', peakBytes(desktop.browser) / MB);
    }
    const sizes = bundleSizes(await ensureBuild(PRODUCT));
    for (const figure of ['popupGzipKiB', 'backgroundGzipKiB', 'offscreenGzipKiB'] as const) {
      bench.add(figure, sizes[figure]);
    }
    return bench.medians(Object.keys(MARKS) as Figure[]);
  } finally {
    await Promise.all([laptop.browser.close(), desktop.browser.close()]);
    await Promise.all([signaling.stop(), sites.close(), rm(folder, { recursive: true })]);
  }
}

const { values } = parseArgs({ args: argv.slice(2), options: { json: { type: 'string' } } });
if (ensureParts(['chromium'], console.log).length > 0) throw new Error('no Chromium found');
const medians = await measure();
printMedians(`Medians of ${RUNS}`, MARKS, medians);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(medians)}\n`);
