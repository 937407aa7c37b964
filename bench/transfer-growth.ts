/** By how much a renderer of the extension grows while a large file goes over. */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { noise } from '../tests/support/bytes.ts';
import type { PairedDuo } from '../tests/support/duo.ts';
import { peakBytes, residentBytes, resetPeak } from '../tests/support/memory.ts';
import { timedSend } from './timed-send.ts';

const MIB = 1024 * 1024;
const MB = 1_000_000;
const TIMEOUT_MS = 10 * 60_000;

export interface Growth {
  readonly senderMB: number;
  readonly receiverMB: number;
}

/** Peak while it goes over, less what there was right before. */
export async function measureGrowth(duo: PairedDuo, folder: string, mib: number): Promise<Growth> {
  const path = join(folder, `growth-${mib}.bin`);
  const file = await open(path, 'w');
  for (let part = 0; part < mib; part += 1) await file.write(noise(`growth ${mib} ${part}`, MIB));
  await file.close();
  const browsers = [duo.laptop.browser, duo.desktop.browser];
  const before = browsers.map((browser) => residentBytes(browser));
  for (const browser of browsers) resetPeak(browser);
  const { storedMs } = await timedSend(duo, [path], TIMEOUT_MS);
  const [senderMB = Number.NaN, receiverMB = Number.NaN] = browsers.map(
    (browser, at) => (peakBytes(browser) - (before[at] ?? Number.NaN)) / MB,
  );
  await rm(path);
  console.log(
    `  ${mib} MiB in ${Math.round(storedMs / 1000)} s: sender +${senderMB.toFixed(0)} MB, receiver +${receiverMB.toFixed(0)} MB`,
  );
  return { senderMB, receiverMB };
}
