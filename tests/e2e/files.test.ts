import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { find, press } from '../support/accessible.ts';
import { noise } from '../support/bytes.ts';
import { RECEIVED_FOLDER, receivedFiles, sha256, untilReceived } from '../support/downloads.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import { filePicker, sendFiles, untilHandedOver } from '../support/send-page.ts';
import { until } from '../support/wait.ts';
import { pressNotice, untilNotice } from '../support/worker-events.ts';

/** Files from the extension's own page, and the other side's answer to the offer. */

const LARGE = noise('large', 32 * 1024 * 1024);
const SMALL = noise('small', 1234);
const HOSTILE_NAME = '../../etc/con.txt\u202Egnp.exe';
const HOSTILE_BYTES = noise('hostile', 70_000);

let duo: PairedDuo;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-files-'));
  await Promise.all([
    writeFile(join(folder, 'empty.txt'), ''),
    writeFile(join(folder, 'large.bin'), LARGE),
    writeFile(join(folder, 'small.bin'), SMALL),
  ]);
  duo = await startPairedDuo();
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});

async function sendSmall(): Promise<void> {
  const device = { deviceId: duo.desktopId, name: 'Desktop' };
  await sendFiles(duo.laptop.browser, device, [join(folder, 'small.bin')]);
}

it('[TR12] an offer waits for Accept in the popup; then the file arrives', async () => {
  const [known, knownThere] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  await sendSmall();
  await untilTransfer(duo.desktop, knownThere, ['offered']);
  await untilTransfer(duo.laptop, known, ['waiting-for-accept']);
  expect(await receivedFiles(duo.desktop.browser.downloads)).toEqual([]);

  const popup = await duo.desktop.browser.open('popup.html');
  const list = await find(popup, 'list', 'Transfers');
  expect(await list.evaluate((node) => node.textContent)).toContain('Laptop wants to send you');
  await press(popup, 'button', 'Accept');
  await untilTransfer(duo.laptop, known, ['delivered']);
  await untilReceived(duo.desktop.browser.downloads, {
    sha256: sha256(SMALL),
    size: SMALL.length,
  });
  await popup.close();
});

it('[TR12] Accept on the notification, pressed twice, takes the file once', async () => {
  const [known, knownThere] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  const before = await receivedFiles(duo.desktop.browser.downloads);
  await sendSmall();
  const { transferId } = await untilTransfer(duo.desktop, knownThere, ['offered']);
  const { browser } = duo.desktop;
  const shown = await untilNotice(browser, transferId);
  await pressNotice(browser, shown, 0);
  await pressNotice(browser, shown, 0);
  await untilTransfer(duo.laptop, known, ['delivered']);
  await untilTransfer(duo.desktop, knownThere, ['saved']);
  const after = await receivedFiles(duo.desktop.browser.downloads);
  expect(after).toHaveLength(before.length + 1);
});

it('Decline is told to the sender, and nothing is stored', async () => {
  const [known, knownThere] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  const before = await receivedFiles(duo.desktop.browser.downloads);
  await sendSmall();
  await untilTransfer(duo.desktop, knownThere, ['offered']);
  const popup = await duo.desktop.browser.open('popup.html');
  await press(popup, 'button', 'Decline');
  await untilTransfer(duo.laptop, known, ['declined']);
  await untilTransfer(duo.desktop, knownThere, ['declined']);
  expect(await receivedFiles(duo.desktop.browser.downloads)).toEqual(before);
  await popup.close();
});

it('[BP2] [TR7] three files under "always accept": empty, 32 MiB, and one with a hostile name', async () => {
  await setRule(duo.desktop, duo.laptopId, 'always');
  const [known, knownThere] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  const page = await duo.laptop.browser.open(`send.html?device=${duo.desktopId}`);
  const input = await filePicker(page, 'Desktop');
  await input.uploadFile(join(folder, 'empty.txt'), join(folder, 'large.bin'));
  await input.evaluate(
    (node, name, base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name));
      node.files = transfer.files;
      node.dispatchEvent(new Event('change', { bubbles: true }));
    },
    HOSTILE_NAME,
    HOSTILE_BYTES.toString('base64'),
  );
  await press(page, 'button', 'Send');
  await untilHandedOver(page);
  await page.close();

  const sent = await untilTransfer(duo.laptop, known, ['delivered', 'failed'], 90_000);
  expect(sent).toMatchObject({
    state: 'delivered',
    count: 3,
    totalBytes: LARGE.length + HOSTILE_BYTES.length,
  });
  await untilTransfer(duo.desktop, knownThere, ['saved']);
  const { downloads } = duo.desktop.browser;
  await untilReceived(downloads, { sha256: sha256(LARGE), size: LARGE.length });
  const hostile = await untilReceived(downloads, {
    sha256: sha256(HOSTILE_BYTES),
    size: HOSTILE_BYTES.length,
  });
  expect(hostile.startsWith(join(downloads, RECEIVED_FOLDER))).toBe(true);
  expect(basename(hostile)).not.toMatch(/[\u202a-\u202e\u2066-\u2069/\\]|\.\./u);
  expect(basename(hostile)).not.toMatch(/^con\./iu);
  const names = await receivedFiles(downloads);
  expect(names).toContain('empty.txt');
  expect((await stat(join(downloads, RECEIVED_FOLDER, 'empty.txt'))).size).toBe(0);
});

it.each(['Laptop', 'Desktop'] as const)(
  '%s pauses a file on its way, both show it, and it goes on from there',
  async (who) => {
    const [known, knownThere] = [
      await knownTransfers(duo.laptop),
      await knownTransfers(duo.desktop),
    ];
    const name = `pause-${who}.bin`;
    const bytes = noise(name, 48 * 1024 * 1024);
    await writeFile(join(folder, name), bytes);
    const side = who === 'Laptop' ? duo.laptop : duo.desktop;
    const popup = await side.browser.open('popup.html');
    const device = { deviceId: duo.desktopId, name: 'Desktop' };
    await sendFiles(duo.laptop.browser, device, [join(folder, name)]);
    await press(popup, 'button', 'Pause');
    const [mine, theirs] = await Promise.all([
      untilTransfer(duo.laptop, known, ['paused']),
      untilTransfer(duo.desktop, knownThere, ['paused']),
    ]);
    expect([mine.pausedBy, theirs.pausedBy]).toEqual(
      who === 'Laptop' ? ['me', 'peer'] : ['peer', 'me'],
    );
    await press(popup, 'button', 'Resume');
    await untilTransfer(duo.laptop, known, ['delivered']);
    await untilReceived(duo.desktop.browser.downloads, {
      sha256: sha256(bytes),
      size: bytes.length,
    });
    await popup.close();
  },
);

it('[BP3] a second file of the same name does not replace the first', async () => {
  const [known, before] = [
    await knownTransfers(duo.laptop),
    await receivedFiles(duo.desktop.browser.downloads),
  ];
  await sendSmall();
  await untilTransfer(duo.laptop, known, ['delivered']);
  await until('one file more', async () => {
    const now = await receivedFiles(duo.desktop.browser.downloads);
    return now.length === before.length + 1 && before.every((name) => now.includes(name));
  });
});

it('a chosen folder arrives as it is, with its folders', async () => {
  const known = await knownTransfers(duo.laptop);
  const trip = join(folder, 'trip');
  await mkdir(join(trip, 'day 1', 'maps'), { recursive: true });
  await writeFile(join(trip, 'notes.txt'), SMALL);
  await writeFile(join(trip, 'day 1', 'maps', 'north.bin'), HOSTILE_BYTES);
  const page = await duo.laptop.browser.open(`send.html?device=${duo.desktopId}`);
  await filePicker(page, 'Desktop');
  const folders = await page.$$('input[webkitdirectory]');
  expect(folders).toHaveLength(1);
  await folders[0]?.uploadFile(trip);
  await press(page, 'button', 'Send');
  await untilHandedOver(page);
  await page.close();
  await untilTransfer(duo.laptop, known, ['delivered']);
  const there = join(duo.desktop.browser.downloads, RECEIVED_FOLDER, 'trip');
  const paths = [join(there, 'notes.txt'), join(there, 'day 1', 'maps', 'north.bin')];
  await until('the folder', () => paths.every((path) => existsSync(path)));
  expect(paths.map((path) => sha256(readFileSync(path)))).toEqual([
    sha256(SMALL),
    sha256(HOSTILE_BYTES),
  ]);
});

it('receives with no page of the extension open', async () => {
  const { browser } = duo.desktop;
  const before = await receivedFiles(browser.downloads);
  await browser.showOnly('about:blank');
  const pages = await browser.browser.pages();
  expect(pages.map((page) => page.url())).toEqual(['about:blank']);
  await sendSmall();
  await until('the file', async () => {
    return (await receivedFiles(browser.downloads)).length === before.length + 1;
  });
  await untilReceived(browser.downloads, { sha256: sha256(SMALL), size: SMALL.length });
});
