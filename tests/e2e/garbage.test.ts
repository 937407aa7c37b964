import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noise } from '../support/bytes.ts';
import { sha256, untilReceived } from '../support/downloads.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
  type Side,
} from '../support/duo.ts';
import { offscreenPage } from '../support/lanes.ts';
import { sendFiles } from '../support/send-page.ts';
import { until } from '../support/wait.ts';

/**
 * Garbage is collected when the engine wants it least: a browser may forget what it was asked when
 * the object it was asked of is gone, and a transfer then stands still.
 */

const MIB = 1024 * 1024;
/** A pack, a file of two chunks, one that has a journal: each opens a file of the disk its own way. */
const SIZES = { 'pack.bin': 5_000, 'chunks.bin': 300_000, 'journal.bin': 24 * MIB };

let duo: PairedDuo;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-garbage-'));
  duo = await startPairedDuo({ launch: { args: ['--js-flags=--expose-gc'] } });
  await setRule(duo.desktop, duo.laptopId, 'always');
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});

async function send(name: string, size: number): Promise<void> {
  const known = await knownTransfers(duo.laptop);
  const bytes = noise(name, size);
  await writeFile(join(folder, name), bytes);
  const device = { deviceId: duo.desktopId, name: 'Desktop' };
  await sendFiles(duo.laptop.browser, device, [join(folder, name)]);
  await untilTransfer(duo.laptop, known, ['delivered'], 60_000);
  const { downloads } = duo.desktop.browser;
  await untilReceived(downloads, { sha256: sha256(bytes), size });
}

/** Collects all garbage in the engine's worker, again and again, between any two of its tasks. */
async function collectGarbage({ browser }: Side): Promise<void> {
  const page = await offscreenPage(browser);
  const worker = await until('the engine', () => page.workers()[0]);
  // Not `evaluate`, which waits for a worker that began before it was attached to.
  const expression = 'if (typeof gc !== "function") throw 1; setInterval(gc, 1)';
  const { exceptionDetails } = await worker.client.send('Runtime.evaluate', { expression });
  expect(exceptionDetails).toBeUndefined();
}

it('files arrive however often garbage is collected on either side', async () => {
  await send('before.bin', 1_000);
  await Promise.all([collectGarbage(duo.laptop), collectGarbage(duo.desktop)]);
  for (const [name, size] of Object.entries(SIZES)) await send(name, size);
});
