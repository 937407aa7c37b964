import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { press, readable } from '../support/accessible.ts';
import { noise } from '../support/bytes.ts';
import { RECEIVED_FOLDER, receivedFiles, sha256 } from '../support/downloads.ts';
import { drop } from '../support/drop.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import { filePicker, untilHandedOver } from '../support/send-page.ts';
import { until } from '../support/wait.ts';

/** Thousands of small files with their folders. */

const KIB = 1024;
const SMALL_FILES = 2_000;
/** Folders side by side, and how deep they go. */
const FOLDERS = 40;
const DEPTH = 5;
/** The browser itself saves a few hundred a second, on a machine with nothing else to do. */
const SAVED_WITHIN_MS = 120_000;

let duo: PairedDuo;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-bulk-'));
  duo = await startPairedDuo();
  await setRule(duo.desktop, duo.laptopId, 'always');
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});

/**
 * Folders side by side, one in the other, with names in several scripts. Named as pictures: of other
 * kinds Chromium would ask Safe Browsing, and hold each for seconds where nobody answers.
 */
async function writeTree(root: string): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  const SPREAD = 19 * KIB + 1;
  const names = ['día', 'фото', '写真', 'صور', 'a b'];
  for (let at = 0; at < SMALL_FILES; at += 1) {
    const branch = at % FOLDERS;
    const levels = Array.from({ length: at % (DEPTH + 1) }, (_, level) => names[level] ?? '');
    const path = join(root, `branch ${branch}`, ...levels, `${at}.jpg`);
    const bytes = noise(`bulk ${at}`, KIB + ((at * 7_919) % SPREAD));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    hashes.set(relative(dirname(root), path), sha256(bytes));
  }
  return hashes;
}

it(
  `[TR16] ${SMALL_FILES} small files in folders up to five deep arrive whole, each in its place`,
  { timeout: SAVED_WITHIN_MS + 60_000 },
  async () => {
    const root = join(folder, 'many');
    const wanted = await writeTree(root);
    const [known, there] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
    const page = await duo.laptop.browser.open(`send.html?device=${duo.desktopId}`);
    await filePicker(page, 'Desktop');
    await drop(page, root);
    await until('all files', async () => /2,?000 files ready/u.test(await readable(page)), {
      timeoutMs: 60_000,
    });
    await press(page, 'button', 'Send');
    await untilHandedOver(page);
    await page.close();
    await untilTransfer(duo.laptop, known, ['delivered'], SAVED_WITHIN_MS);
    await untilTransfer(duo.desktop, there, ['saved'], SAVED_WITHIN_MS);
    const { downloads } = duo.desktop.browser;
    const files = await receivedFiles(downloads);
    const got = new Map<string, string>();
    for (const path of files) {
      const bytes = await readFile(join(downloads, RECEIVED_FOLDER, path));
      got.set(path, createHash('sha256').update(bytes).digest('hex'));
    }
    expect(got).toEqual(wanted);
  },
);
