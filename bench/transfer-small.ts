/** Two thousand small files: files a second until all are stored, and until all are saved. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noise } from '../tests/support/bytes.ts';
import type { PairedDuo } from '../tests/support/duo.ts';
import { timedSend } from './timed-send.ts';

const KIB = 1024;
const FILES = 2_000;
const RUNS = 3;

export interface SmallFigures {
  /** Files a second from the first byte until `stored`, a run each. */
  readonly stored: readonly number[];
  /** The same from the click on Send. */
  readonly fromClick: readonly number[];
  /** From the receiver's first byte until the browser has saved the last one. */
  readonly saved: readonly number[];
}

/** Sizes from 1 to 20 KiB, the same each time; contents of their own. */
export async function writeSmallFiles(
  folder: string,
  name: string,
  count = FILES,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const SPREAD = 19 * KIB + 1;
  return await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const path = join(folder, `small-${at}.bin`);
      await writeFile(path, noise(`${name} ${at}`, KIB + ((at * 7_919) % SPREAD)));
      return path;
    }),
  );
}

export async function measureSmall(duo: PairedDuo, folder: string): Promise<SmallFigures> {
  const [stored, fromClick, saved]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < RUNS; run += 1) {
    const own = join(folder, `small-${run}`);
    const paths = await writeSmallFiles(own, `small ${Date.now()}`);
    const timed = await timedSend(duo, paths, 300_000);
    await rm(own, { recursive: true });
    const perSecond = (ms: number) => FILES / (ms / 1000);
    stored.push(perSecond(timed.storedMs));
    fromClick.push(perSecond(timed.clickToStoredMs));
    saved.push(perSecond(timed.savedMs));
    console.log(
      `  ${FILES} files: stored after ${timed.storedMs} ms, from the click ${timed.clickToStoredMs}, saved after ${timed.savedMs}`,
    );
  }
  return { stored, fromClick, saved };
}
