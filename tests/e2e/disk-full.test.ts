import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession } from 'puppeteer';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { readable } from '../support/accessible.ts';
import { ensureBuild, TEST_GRANTED } from '../support/builds.ts';
import { noise } from '../support/bytes.ts';
import { sha256, untilReceived } from '../support/downloads.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import { sendFiles } from '../support/send-page.ts';
import { until } from '../support/wait.ts';

/** A receiver without room, before the first byte and in the middle. */

const MIB = 1024 * 1024;
const FILE_BYTES = 24 * MIB;
/** Headers, tags, and what was under way when the room ran out. */
const TWICE_AT_MOST = 16 * MIB;

let duo: PairedDuo;
let folder: string;
let session: CDPSession;
let seen: { readonly sender: ReadonlySet<string>; readonly receiver: ReadonlySet<string> };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-full-'));
});
afterEach(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await duo.close();
});
afterAll(() => rm(folder, { recursive: true }));

async function start(extension: string): Promise<void> {
  duo = await startPairedDuo({ extension });
  await setRule(duo.desktop, duo.laptopId, 'always');
  session = await (await duo.desktop.browser.driver()).createCDPSession();
  const [sender, receiver] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  seen = { sender, receiver };
}

/**
 * The build without the permission that lifts quotas. With it the browser tells how much is free, and
 * writes beyond that; without it is the other way round: what a test sets is in force, and not told.
 */
async function withinQuota(): Promise<string> {
  const extension = join(folder, 'extension');
  await cp(await ensureBuild(TEST_GRANTED), extension, { recursive: true });
  const path = join(extension, 'manifest.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as { permissions: string[] };
  expect(manifest.permissions).toContain('unlimitedStorage');
  const permissions = manifest.permissions.filter((name) => name !== 'unlimitedStorage');
  await writeFile(path, JSON.stringify({ ...manifest, permissions }));
  return extension;
}

/** Leaves the receiver so many bytes; null: as many as there are. */
async function leave(bytes: number | null): Promise<void> {
  const origin = `chrome-extension://${duo.desktop.browser.extensionId}`;
  if (bytes === null) {
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    return;
  }
  const { usage } = await session.send('Storage.getUsageAndQuota', { origin });
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + bytes });
}

async function send(...names: readonly string[]): Promise<readonly Buffer[]> {
  const contents = names.map((name) => noise(name, FILE_BYTES));
  const paths = names.map((name) => join(folder, name));
  for (const [at, path] of paths.entries()) await writeFile(path, contents[at] ?? '');
  await sendFiles(duo.laptop.browser, { deviceId: duo.desktopId, name: 'Desktop' }, paths);
  return contents;
}

async function untilNeedsRoom(): Promise<void> {
  const waiting = await untilTransfer(duo.desktop, seen.receiver, ['needs-you'], 60_000);
  expect(waiting.reason).toBe('make-room');
  const popup = await duo.desktop.browser.open('popup.html');
  await until('the words', async () => (await readable(popup)).includes('room'));
  await popup.close();
}

async function expectAllOf(contents: readonly Buffer[]): Promise<void> {
  const sent = await untilTransfer(duo.laptop, seen.sender, ['delivered', 'failed'], 60_000);
  expect(sent.reason ?? sent.state).toBe('delivered');
  await untilTransfer(duo.desktop, seen.receiver, ['saved'], 60_000);
  const twice = (sent.wireBytes ?? Infinity) - contents.length * FILE_BYTES;
  expect(twice, 'bytes sent twice').toBeLessThan(TWICE_AT_MOST);
  for (const bytes of contents) {
    const wanted = { sha256: sha256(bytes), size: bytes.length };
    await untilReceived(duo.desktop.browser.downloads, wanted);
  }
}

it('too little room from the start: nothing is taken, it says so, and goes when there is room', async () => {
  await start(await ensureBuild(TEST_GRANTED));
  await leave(MIB);
  const contents = await send('start.bin');
  await untilNeedsRoom();
  const { transfers } = await duo.laptop.view.read();
  const waiting = transfers.find(({ transferId }) => !seen.sender.has(transferId));
  expect(waiting?.wireBytes ?? 0).toBe(0);
  await leave(null);
  await expectAllOf(contents);
});

it('the disk fills up in the middle: what is there stays, and the rest goes when there is room', async () => {
  await start(await withinQuota());
  const contents = await send('first.bin', 'second.bin', 'third.bin');
  await duo.desktop.view.until('the first file under way', ({ transfers }) =>
    transfers.some(
      ({ transferId, doneBytes }) => !seen.receiver.has(transferId) && doneBytes > 0.2 * FILE_BYTES,
    ),
  );
  // A file has its room from its start on: those that follow find none.
  await leave(MIB);
  await untilNeedsRoom();
  await untilTransfer(duo.laptop, seen.sender, ['paused'], 30_000);
  await leave(null);
  await expectAllOf(contents);
});
