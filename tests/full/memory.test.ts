import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { noise } from '../support/bytes.ts';
import { sha256OfFile, untilReceived } from '../support/downloads.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import { peakBytes, residentBytes, resetPeak } from '../support/memory.ts';
import { sendFiles } from '../support/send-page.ts';

/** Neither end holds a file in memory, however large it is. */

const MIB = 1024 * 1024;
const MB = 1_000_000;
/** Chunks under way, what is read ahead, and what the collectors have not taken yet. */
const GROWTH_BYTES = 120 * MB;
/** At the 2 MB/s of a machine with everything else to do. */
const TIMEOUT_MS = 9 * 60_000;

let duo: PairedDuo;
let folder: string;

// Browsers of its own for each: memory that an earlier file left behind would hide growth.
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-memory-'));
  duo = await startPairedDuo();
  await setRule(duo.desktop, duo.laptopId, 'always');
});
afterEach(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});

it.each([512, 1024])('%i MiB: each side grows by less than 120 MB', async (mib) => {
  const path = join(folder, 'large.bin');
  const file = await open(path, 'w');
  for (let part = 0; part < mib; part += 1) await file.write(noise(`memory ${part}`, MIB));
  await file.close();
  const { laptop, desktop, desktopId } = duo;
  const browsers = [laptop.browser, desktop.browser];
  const known = await knownTransfers(laptop);
  const before = browsers.map((browser) => residentBytes(browser));
  for (const browser of browsers) resetPeak(browser);
  await sendFiles(laptop.browser, { deviceId: desktopId, name: 'Desktop' }, [path]);
  const sent = await untilTransfer(laptop, known, ['delivered', 'failed'], TIMEOUT_MS);
  expect(sent.reason ?? sent.state).toBe('delivered');
  await untilReceived(
    desktop.browser.downloads,
    { sha256: await sha256OfFile(path), size: mib * MIB },
    TIMEOUT_MS,
  );
  const grown = browsers.map((browser, at) => peakBytes(browser) - (before[at] ?? 0));
  console.log(`${mib} MiB: ${grown.map((bytes) => `+${Math.round(bytes / MB)} MB`).join(', ')}`);
  for (const bytes of grown) expect(bytes).toBeLessThan(GROWTH_BYTES);
});
