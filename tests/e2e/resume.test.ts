import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { press, readable } from '../support/accessible.ts';
import { noise } from '../support/bytes.ts';
import { FragileDuo } from '../support/crashes.ts';
import { receivedFiles, sha256, untilReceived } from '../support/downloads.ts';
import { drop } from '../support/drop.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import { filePicker, sendFiles, untilHandedOver } from '../support/send-page.ts';
import { intend } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';

/** Browsers that are killed in the middle of a file: the rest goes, and only the rest. */

const MIB = 1024 * 1024;
const FILE_BYTES = 48 * MIB;
/** Past what is copied into the outbox. */
const LARGE_BYTES = 96 * MIB;
/** [TR17] What a journal may be behind, once for each crash of these tests; the rest is there. */
const TWICE_AT_MOST = 16 * MIB;
/** What sealing adds to each of the smallest chunks. */
const SEALS = (LARGE_BYTES / 65_536) * 16;

let paired: PairedDuo;
let duo: FragileDuo;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-resume-'));
  paired = await startPairedDuo();
  duo = new FragileDuo(paired);
  await setRule(duo.desktop, paired.laptopId, 'always');
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});

async function write(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** Sends one file and gives its transfer's id once the receiver has begun with it. */
async function begin(path: string): Promise<string> {
  const there = await knownTransfers(duo.desktop);
  await sendFiles(duo.laptop.browser, { deviceId: paired.desktopId, name: 'Desktop' }, [path]);
  return (await untilTransfer(duo.desktop, there, ['transferring'])).transferId;
}

/** Both ends counted what went, in all their lives; the receiver's count misses none that arrived. */
function expectOnlyTheRest(wireBytes: number | undefined, size: number): void {
  expect(wireBytes).toBeGreaterThan(0);
  expect((wireBytes ?? 0) - size - SEALS, 'bytes sent twice').toBeLessThan(TWICE_AT_MOST);
}

it('[TR12] [TR17] the receiver is killed at 30 % and the sender at 60 %: only the rest goes', async () => {
  const bytes = noise('killed', FILE_BYTES);
  const transferId = await begin(await write('killed.bin', bytes));
  await duo.untilDone('desktop', transferId, 0.3 * FILE_BYTES);
  await duo.crash('desktop');
  await duo.untilDone('desktop', transferId, 0.6 * FILE_BYTES);
  await duo.crash('laptop');
  const sent = await duo.untilState('laptop', transferId, 'delivered');
  const received = await duo.untilState('desktop', transferId, 'saved');
  expectOnlyTheRest(sent.wireBytes, FILE_BYTES);
  expectOnlyTheRest(received.wireBytes, FILE_BYTES);
  await untilReceived(duo.desktop.browser.downloads, { sha256: sha256(bytes), size: FILE_BYTES });
});

it('[TR12] a file too large for the outbox: the sender is asked for it again, then the rest goes', async () => {
  const bytes = noise('picked', LARGE_BYTES);
  const path = await write('picked.bin', bytes);
  const page = await duo.laptop.browser.open(`send.html?device=${paired.desktopId}`);
  await filePicker(page, 'Desktop');
  await drop(page, path);
  await until('the file', async () => (await readable(page)).includes('picked.bin'));
  const there = await knownTransfers(duo.desktop);
  await press(page, 'button', 'Send');
  await untilHandedOver(page);
  await page.close();
  const { transferId } = await untilTransfer(duo.desktop, there, ['transferring']);
  await duo.untilDone('desktop', transferId, 0.3 * LARGE_BYTES);
  await duo.crash('desktop');
  await duo.untilDone('desktop', transferId, 0.6 * LARGE_BYTES);
  await duo.crash('laptop');
  const waiting = await duo.untilState('laptop', transferId, 'needs-you');
  expect(waiting.reason).toBe('allow-file');
  await intend(duo.laptop.browser, { type: 'open/sources', transferId });
  const target = await duo.laptop.browser.browser.waitForTarget((one) =>
    one.url().includes(`transfer=${transferId}`),
  );
  const allowing = await target.asPage();
  // Said once the page knows which files it is about; the row above speaks of allowing before that.
  await until('what can be done', async () => (await readable(allowing)).includes('be dropped'));
  // The browser's own question cannot be answered in a test without a screen; a drop allows as well.
  await drop(allowing, path);
  await until('that it goes on', async () => (await readable(allowing)).includes('It goes on'));
  await allowing.close();
  const sent = await duo.untilState('laptop', transferId, 'delivered', 180_000);
  const received = await duo.untilState('desktop', transferId, 'saved');
  expectOnlyTheRest(sent.wireBytes, LARGE_BYTES);
  expectOnlyTheRest(received.wireBytes, LARGE_BYTES);
  await untilReceived(duo.desktop.browser.downloads, { sha256: sha256(bytes), size: LARGE_BYTES });
});

it('[RC9] the server is restarted in the middle: nothing is sent twice', async () => {
  const bytes = noise('server', FILE_BYTES);
  const transferId = await begin(await write('server.bin', bytes));
  await duo.untilDone('desktop', transferId, 0.2 * FILE_BYTES);
  await paired.signaling.stop();
  await duo.untilDone('desktop', transferId, 0.5 * FILE_BYTES);
  await paired.signaling.start();
  const sent = await duo.untilState('laptop', transferId, 'delivered');
  await duo.untilState('desktop', transferId, 'saved');
  expect((sent.wireBytes ?? Infinity) - FILE_BYTES).toBeLessThan(SEALS);
  await untilReceived(duo.desktop.browser.downloads, { sha256: sha256(bytes), size: FILE_BYTES });
});

it('what arrived was saved once', async () => {
  const files = await receivedFiles(duo.desktop.browser.downloads);
  expect(files).toEqual(['killed.bin', 'picked.bin', 'server.bin']);
});
