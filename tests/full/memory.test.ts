import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
import { peakBytes, resetPeak } from '../support/memory.ts';
import { sendFiles } from '../support/send-page.ts';

const MIB = 1024 * 1024;
const SMALL_MIB = 32;
const LARGE_MIB = 384;
/** Noise of collectors and caches; a held file would add `LARGE_MIB - SMALL_MIB`. */
const TOLERANCE_MIB = 96;
const TIMEOUT_MS = 6 * 60_000;

let duo: PairedDuo;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-memory-'));
  duo = await startPairedDuo();
  await setRule(duo.desktop, duo.laptopId, 'always');
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});

/** Peak memory in MiB of both ends while a file of that size goes over. */
async function peaksFor(sizeMib: number): Promise<{ sender: number; receiver: number }> {
  const path = join(folder, `${sizeMib}.bin`);
  const handle = await open(path, 'w');
  for (let part = 0; part < sizeMib; part += 1) await handle.write(noise(`memory ${part}`, MIB));
  await handle.close();
  const { laptop, desktop, desktopId } = duo;
  resetPeak(laptop.browser);
  resetPeak(desktop.browser);
  const known = await knownTransfers(laptop);
  await sendFiles(laptop.browser, { deviceId: desktopId, name: 'Desktop' }, [path]);
  const sent = await untilTransfer(laptop, known, ['delivered', 'failed'], TIMEOUT_MS);
  expect(sent.state).toBe('delivered');
  const wanted = { sha256: await sha256OfFile(path), size: sizeMib * MIB };
  await untilReceived(desktop.browser.downloads, wanted);
  return { sender: peakBytes(laptop.browser) / MIB, receiver: peakBytes(desktop.browser) / MIB };
}

it('neither end holds a file in memory: a large one needs no more than a small one', async () => {
  await peaksFor(SMALL_MIB);
  const small = await peaksFor(SMALL_MIB);
  const large = await peaksFor(LARGE_MIB);
  console.log(`peak MiB: ${JSON.stringify({ small, large })}`);
  expect(large.receiver).toBeLessThan(small.receiver + TOLERANCE_MIB);
  expect(large.sender).toBeLessThan(small.sender + TOLERANCE_MIB);
});
