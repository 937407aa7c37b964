/** Two thousand small files: files a second until all are stored, and until all are saved. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noise } from '../tests/support/bytes.ts';
import type { PairedDuo } from '../tests/support/duo.ts';
import { timedSend } from './timed-send.ts';

const KIB = 1024;
const FILES = 2_000;

export interface SmallRun {
  /** Files a second from the first byte until `stored`. */
  readonly stored: number;
  /** The same from the click on Send. */
  readonly fromClick: number;
  /** From the receiver's first byte until the browser has saved the last one. */
  readonly saved: number;
}

/**
 * Sizes from 1 to 20 KiB, the same each time; contents of their own. Named as pictures: a file of a
 * kind that Chromium would ask Safe Browsing about is held for seconds where nobody answers.
 */
export async function writeSmallFiles(
  folder: string,
  name: string,
  count = FILES,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const SPREAD = 19 * KIB + 1;
  return await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const path = join(folder, `small-${at}.jpg`);
      await writeFile(path, noise(`${name} ${at}`, KIB + ((at * 7_919) % SPREAD)));
      return path;
    }),
  );
}

/** In browsers that have saved nothing yet: each download makes the next ones slower. */
export async function measureSmall(duo: PairedDuo, folder: string): Promise<SmallRun> {
  const own = join(folder, 'small');
  const paths = await writeSmallFiles(own, `small ${Date.now()}`);
  const { storedMs, clickToStoredMs, savedMs } = await timedSend(duo, paths, 300_000);
  await rm(own, { recursive: true });
  console.log(
    `  ${FILES} files: stored after ${storedMs} ms, from the click ${clickToStoredMs}, saved after ${savedMs}`,
  );
  const perSecond = (ms: number) => FILES / (ms / 1000);
  return {
    stored: perSecond(storedMs),
    fromClick: perSecond(clickToStoredMs),
    saved: perSecond(savedMs),
  };
}
