import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sendItemId } from '../../lib/platform/menu-items.ts';
import { press } from '../support/accessible.ts';
import { noise } from '../support/bytes.ts';
import { receivedFiles, sha256, untilReceived } from '../support/downloads.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilOnline,
  untilTransfer,
  type PairedDuo,
  type Side,
} from '../support/duo.ts';
import { sendFiles } from '../support/send-page.ts';
import { Follower, readOnce } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';

/** The service worker may die at any moment, the server too: nothing is lost by it. */

const BYTES = noise('worker life', 12 * 1024 * 1024);
const WANTED = { sha256: sha256(BYTES), size: BYTES.length };
const SERVER_BACK_MS = 60_000;

let duo: PairedDuo;
let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-life-'));
  path = join(folder, 'long.bin');
  await writeFile(path, BYTES);
  duo = await startPairedDuo();
  await setRule(duo.desktop, duo.laptopId, 'always');
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});

let sends = 0;

async function sendFile(): Promise<void> {
  // Another date each time: what was delivered before would be there already ([TR18]).
  await utimes(path, new Date(), new Date(1_700_000_000_000 + ++sends * 60_000));
  const device = { deviceId: duo.desktopId, name: 'Desktop' };
  await sendFiles(duo.laptop.browser, device, [path]);
}

/** Kills the worker while nothing of the tests would wake it, and follows again afterwards. */
async function killWorkerOf({ browser, view }: Side): Promise<void> {
  await view.close();
  await browser.killWorker();
}

async function follow({ browser }: Side): Promise<void> {
  await Follower.open(browser);
}

async function expectDelivered(
  known: ReadonlySet<string>,
  knownThere: ReadonlySet<string>,
  before: readonly string[],
): Promise<void> {
  const sent = await untilTransfer(duo.laptop, known, ['delivered', 'failed'], 60_000);
  expect(sent.state).toBe('delivered');
  await untilTransfer(duo.desktop, knownThere, ['saved'], 30_000);
  await until('the file saved', async () => {
    return (await receivedFiles(duo.desktop.browser.downloads)).length === before.length + 1;
  });
  await untilReceived(duo.desktop.browser.downloads, WANTED);
}

it('sends after both workers were killed', async () => {
  await Promise.all([killWorkerOf(duo.laptop), killWorkerOf(duo.desktop)]);
  // Waking it is all that an opened popup or a click in the menu does.
  const [mine, theirs] = await Promise.all([
    readOnce(duo.laptop.browser),
    readOnce(duo.desktop.browser),
  ]);
  expect(mine.devices.map(({ name }) => name)).toEqual(['Desktop']);
  expect(theirs.devices.map(({ name }) => name)).toEqual(['Laptop']);
  await Promise.all([follow(duo.laptop), follow(duo.desktop)]);
  await Promise.all([untilOnline(duo.laptop, 'Desktop'), untilOnline(duo.desktop, 'Laptop')]);

  const before = await receivedFiles(duo.desktop.browser.downloads);
  const [known, knownThere] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  await sendFile();
  await expectDelivered(known, knownThere, before);
});

it('has its context menu after the worker was killed', async () => {
  await killWorkerOf(duo.laptop);
  await follow(duo.laptop);
  await untilOnline(duo.laptop, 'Desktop');
  // An item that is not there cannot be updated: the browser says so.
  const problemWithItem = () =>
    duo.laptop.browser.inWorker(
      (id) =>
        new Promise<string>((resolve) => {
          chrome.contextMenus.update(id, {}, () => {
            resolve(chrome.runtime.lastError?.message ?? '');
          });
        }),
      sendItemId('image', duo.desktopId),
    );
  // The new worker builds the menu anew.
  await until('the menu item', async () => (await problemWithItem()) === '');
});

it('a transfer goes on while both workers are killed', async () => {
  const before = await receivedFiles(duo.desktop.browser.downloads);
  const [known, knownThere] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  await sendFile();
  await untilTransfer(duo.desktop, knownThere, ['transferring']);
  await Promise.all([duo.laptop.browser.killWorker(), duo.desktop.browser.killWorker()]);
  await expectDelivered(known, knownThere, before);
});

it('what was delivered stays told after the workers were killed again', async () => {
  await Promise.all([killWorkerOf(duo.laptop), killWorkerOf(duo.desktop)]);
  await Promise.all([follow(duo.laptop), follow(duo.desktop)]);
  const [mine, theirs] = [await duo.laptop.view.read(), await duo.desktop.view.read()];
  expect(mine.transfers.filter(({ state }) => state === 'delivered')).toHaveLength(2);
  expect(theirs.transfers.filter(({ state }) => state === 'saved')).toHaveLength(2);
});

it('a transfer goes on while the server is away, and the devices meet again afterwards', async () => {
  const before = await receivedFiles(duo.desktop.browser.downloads);
  const [known, knownThere] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  await sendFile();
  await untilTransfer(duo.desktop, knownThere, ['transferring']);
  await duo.signaling.stop();
  await expectDelivered(known, knownThere, before);
  await duo.laptop.view.until('the loss of the server', ({ signaling }) => {
    return signaling.state !== 'online';
  });

  await duo.signaling.start();
  for (const side of [duo.laptop, duo.desktop]) {
    await side.view.until(
      'the other device online again',
      ({ devices }) => devices[0]?.presence === 'online',
      { timeoutMs: SERVER_BACK_MS },
    );
  }
  const again = await receivedFiles(duo.desktop.browser.downloads);
  const [knownNow, knownThereNow] = [
    await knownTransfers(duo.laptop),
    await knownTransfers(duo.desktop),
  ];
  await sendFile();
  await expectDelivered(knownNow, knownThereNow, again);
});

it('[TR12] an offer that was shown before the worker died can still be accepted', async () => {
  await setRule(duo.desktop, duo.laptopId, 'ask');
  const before = await receivedFiles(duo.desktop.browser.downloads);
  const [known, knownThere] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  await sendFile();
  await untilTransfer(duo.desktop, knownThere, ['offered']);
  await duo.desktop.browser.killWorker();
  const popup = await duo.desktop.browser.open('popup.html');
  await press(popup, 'button', 'Accept');
  await expectDelivered(known, knownThere, before);
  await popup.close();
});
