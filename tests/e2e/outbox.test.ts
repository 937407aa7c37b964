import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Snapshot, TransferView } from '../../lib/messaging/snapshot.ts';
import { find, press, readable } from '../support/accessible.ts';
import { noise } from '../support/bytes.ts';
import { chooseMenuItem } from '../support/context-menu.ts';
import { receivedFiles, sha256, untilReceived } from '../support/downloads.ts';
import { drop } from '../support/drop.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilOnline,
  type PairedDuo,
  type Side,
} from '../support/duo.ts';
import { filePicker, sendFiles, untilHandedOver } from '../support/send-page.ts';
import { startSites, type Sites } from '../support/sites.ts';
import { Follower, intend, sendIntent } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';

/** What is sent to a device that is away: it waits here, whatever happens to this browser. */

const MIB = 1024 * 1024;
const LARGE_BYTES = 65 * MIB;

let folder: string;
let sites: Sites;
let duo: PairedDuo;
let laptop: Side;
let desktop: Side;
/** Transfers of the tests before. */
let known: ReadonlySet<string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-outbox-'));
  [sites, duo] = await Promise.all([startSites(), startPairedDuo()]);
  ({ laptop, desktop } = duo);
  await setRule(desktop, duo.laptopId, 'always');
});
afterAll(async () => {
  expectCalm(laptop, desktop);
  await Promise.all([laptop.browser.close(), desktop.browser.close(), duo.close()]);
  await Promise.all([sites.close(), rm(folder, { recursive: true })]);
});
beforeEach(async () => {
  known = await knownTransfers(laptop);
});

/**
 * The receiver's browser is closed; its profile stays. For some seconds it still counts as online:
 * what is sent in these is tried first, and then waits.
 */
async function desktopGoes(): Promise<void> {
  await desktop.browser.browser.close();
}

async function untilAway(): Promise<void> {
  await laptop.view.until('Desktop offline', ({ devices }) =>
    devices.every(({ presence }) => presence === 'offline'),
  );
}

async function desktopComes(): Promise<void> {
  const browser = await desktop.browser.restart();
  desktop = { browser, view: await Follower.open(browser) };
  await untilOnline(laptop, 'Desktop');
}

/** The sender's browser is killed, and started again with the same profile. */
async function laptopCrashes(): Promise<void> {
  const browser = await laptop.browser.crash();
  laptop = { browser, view: await Follower.open(browser) };
}

function fresh({ transfers }: Pick<Snapshot, 'transfers'>): TransferView[] {
  return transfers.filter(({ transferId }) => !known.has(transferId));
}

async function untilState(state: TransferView['state'], count = 1): Promise<TransferView[]> {
  return await laptop.view.until(
    `${count} transfers that are ${state}`,
    (seen) => {
      const found = fresh(seen).filter((transfer) => transfer.state === state);
      return found.length === count && found;
    },
    { timeoutMs: 90_000 },
  );
}

/** The copies are on the disk. */
async function untilKept(bytes: number): Promise<void> {
  await laptop.view.until(`${bytes} bytes kept`, ({ outbox }) => outbox?.usedBytes === bytes);
}

async function write(name: string, bytes: Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

async function expectArrives(bytes: Buffer): Promise<string> {
  const wanted = { sha256: sha256(bytes), size: bytes.length };
  return await untilReceived(desktop.browser.downloads, wanted, 90_000);
}

const toDesktop = () => ({ deviceId: duo.desktopId, name: 'Desktop' });

it('[TR12] a picture, files and a text outlive a crash of the browser, and go by themselves', async () => {
  const [small, larger] = [noise('small', 20_000), noise('larger', 5 * MIB)];
  const paths = [await write('small.bin', small), await write('größer 🐦.bin', larger)];
  const page = await laptop.browser.openUrl(sites.pageUrl);
  await (await laptop.browser.popup(page)).close();
  await desktopGoes();
  await untilAway();
  const srcUrl = await page.$eval('#other', (element) => (element as HTMLImageElement).src);
  await chooseMenuItem(laptop.browser, page, { kind: 'image', srcUrl, deviceId: duo.desktopId });
  await sendFiles(laptop.browser, toDesktop(), paths);
  const text = 'see you at seven';
  await intend(laptop.browser, { type: 'send/text', deviceId: duo.desktopId, text });
  await untilState('waiting-for-device', 3);
  const picture = sites.other.bytes('/cat.png');
  await untilKept(small.length + larger.length + picture.length + text.length);

  await laptopCrashes();
  await untilState('waiting-for-device', 3);
  await desktopComes();
  await untilState('delivered', 3);
  for (const bytes of [small, larger, picture]) await expectArrives(bytes);
  await desktop.view.until('the text', (seen) =>
    seen.transfers.some(({ title, state }) => title === text && state === 'saved'),
  );
  await untilKept(0);
});

it('[TR12] what waits outlives the document that holds it', async () => {
  const bytes = noise('document', 3 * MIB);
  const path = await write('document.bin', bytes);
  await desktopGoes();
  await sendFiles(laptop.browser, toDesktop(), [path]);
  await untilKept(bytes.length);
  await laptop.browser.closeOffscreen();
  await desktopComes();
  await untilState('delivered');
  await expectArrives(bytes);
});

it('a dropped folder goes with its tree, its large files included, after they were allowed again', async () => {
  const trip = join(folder, 'trip');
  await mkdir(join(trip, 'a', 'b', 'c', 'd', 'e'), { recursive: true });
  const [deep, film] = [noise('deep', 1000), noise('film', LARGE_BYTES)];
  await writeFile(join(trip, 'a', 'b', 'c', 'd', 'e', 'deep.url'), deep);
  await writeFile(join(trip, 'film.mkv'), film);
  await writeFile(join(trip, 'empty.txt'), '');
  await desktopGoes();
  const page = await laptop.browser.open(`send.html?device=${duo.desktopId}`);
  await filePicker(page, 'Desktop');
  await drop(page, trip);
  await until('three files', async () => (await readable(page)).includes('3 files ready'));
  expect(await readable(page)).not.toContain('larger than');
  await press(page, 'button', 'Send');
  await untilHandedOver(page);
  // With the page the browser's leave to read the folder ends.
  await page.close();
  await untilKept(deep.length);

  await laptopCrashes();
  // The small ones need nobody: they would go now.
  const waiting = await laptop.view.until('the film to need a person', (seen) =>
    fresh(seen).find(({ files }) => files?.some(({ state }) => state === 'needs-you')),
  );
  const allowing = await openSources(waiting);
  await find(allowing, 'button', 'Allow');
  // Said once the page knows which files it is about.
  await until('what can be done', async () => (await readable(allowing)).includes('be dropped'));
  // The browser's own question cannot be answered in a test without a screen; a drop allows as well.
  await drop(allowing, join(trip, 'film.mkv'));
  await until('that it goes on', async () => (await readable(allowing)).includes('It goes on'));
  await allowing.close();
  await desktopComes();
  await untilState('delivered');
  // Where it is saved the browser gives a file of such a name another ending.
  expect(await expectArrives(deep)).toContain(join('trip', 'a', 'b', 'c', 'd', 'e', 'deep.'));
  expect(await expectArrives(film)).toContain(join('trip', 'film.mkv'));
  const places = await receivedFiles(desktop.browser.downloads);
  expect(places).toContain(join('trip', 'empty.txt'));
});

it('a large file without a handle says so, asks to be chosen again after a crash, and goes on', async () => {
  const film = noise('film', LARGE_BYTES);
  const path = await write('film.mkv', film);
  await desktopGoes();
  const page = await laptop.browser.open(`send.html?device=${duo.desktopId}`);
  await (await filePicker(page, 'Desktop')).uploadFile(path);
  await until('the warning', async () =>
    (await readable(page)).includes('you will be asked to choose it again'),
  );
  await press(page, 'button', 'Send');
  await untilHandedOver(page);
  await page.close();
  await laptop.view.until('the note', (seen) => fresh(seen)[0]?.note === 'not-kept');

  await laptopCrashes();
  const [waiting] = await untilState('needs-you');
  expect(waiting).toMatchObject({ reason: 'choose-file' });
  await desktopComes();
  const choosing = await openSources(waiting);
  await (await filePicker(choosing, 'Choose files')).uploadFile(path);
  await until('that it goes on', async () => (await readable(choosing)).includes('It goes on'));
  await choosing.close();
  await untilState('delivered');
  await expectArrives(film);
});

it('a full outbox keeps what waits, takes no more from pages, and says so', async () => {
  const [first, second] = [noise('first', 3 * MIB), noise('second', 2 * MIB)];
  const paths = [await write('first.bin', first), await write('second.bin', second)];
  const page = await laptop.browser.openUrl(sites.pageUrl);
  await (await laptop.browser.popup(page)).close();
  await desktopGoes();
  const picture = sites.other.bytes('/cat.png');
  const quota = 5 * Math.floor(first.length + picture.length / 2);
  await limitStorage(quota);
  await sendFiles(laptop.browser, toDesktop(), paths.slice(0, 1));
  await untilKept(first.length);
  expect((await laptop.view.read()).outbox).toEqual({
    usedBytes: first.length,
    quotaBytes: quota / 5,
  });
  await sendFiles(laptop.browser, toDesktop(), paths.slice(1));
  await laptop.view.until('the note', (seen) =>
    fresh(seen).some(({ title, note }) => title === 'second.bin' && note === 'not-kept'),
  );
  const srcUrl = await page.$eval('#other', (element) => (element as HTMLImageElement).src);
  await chooseMenuItem(laptop.browser, page, { kind: 'image', srcUrl, deviceId: duo.desktopId });
  const [refused] = await untilState('failed');
  expect(refused).toMatchObject({ kind: 'image', reason: 'outbox-full' });
  const sending = await laptop.browser.open(`send.html?device=${duo.desktopId}`);
  await until('the usage', async () => (await readable(sending)).includes('The outbox holds'));
  await sending.close();

  await desktopComes();
  await untilState('delivered', 2);
  await Promise.all([expectArrives(first), expectArrives(second)]);
});

it('[TR18] what was dropped is sent once more without choosing it again, and without its bytes', async () => {
  const bytes = noise('again', 2 * MIB);
  const page = await laptop.browser.open(`send.html?device=${duo.desktopId}`);
  await filePicker(page, 'Desktop');
  await drop(page, await write('again.bin', bytes));
  await until('the file', async () => (await readable(page)).includes('1 file ready'));
  await press(page, 'button', 'Send');
  const [first] = await untilState('delivered');
  await expectArrives(bytes);
  if (!first) throw new Error('it was delivered');
  await intend(laptop.browser, { type: 'transfer/send-again', transferId: first.transferId });
  const sent = await untilState('delivered', 2);
  expect(sent.map(({ alreadyThere }) => alreadyThere)).toEqual([1, undefined]);
  // With the last page the browser's leave ends, and a document made anew has to ask a person.
  await laptop.browser.showOnly('about:blank');
  await laptop.browser.closeOffscreen();
  laptop = { browser: laptop.browser, view: await Follower.open(laptop.browser) };
  const answer = await sendIntent(laptop.browser, {
    type: 'transfer/send-again',
    transferId: first.transferId,
  });
  expect(answer).toEqual({ ok: false, code: 'needs-permission' });
});

/** As the button in the list of transfers does. */
async function openSources(transfer: TransferView | undefined): Promise<Page> {
  if (!transfer) throw new Error('a transfer was found');
  const { transferId } = transfer;
  const { browser } = laptop.browser;
  await intend(laptop.browser, { type: 'open/sources', transferId });
  const target = await browser.waitForTarget((one) => one.url().includes(`transfer=${transferId}`));
  return await target.asPage();
}

/** For as long as the page is open; a new document asks for its share of it. */
async function limitStorage(quotaSize: number): Promise<void> {
  const page = await laptop.browser.open('icon/128.png');
  const session = await page.createCDPSession();
  const origin = laptop.browser.url('').slice(0, -1);
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
  await laptop.browser.closeOffscreen();
}
