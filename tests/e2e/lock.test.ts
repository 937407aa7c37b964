import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TransferView } from '../../lib/messaging/snapshot.ts';
import { press, readable, type } from '../support/accessible.ts';
import { noise } from '../support/bytes.ts';
import { receivedFiles, sha256, untilReceived } from '../support/downloads.ts';
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
import { pressNotice, untilNotice } from '../support/worker-events.ts';

/** A password for one transfer, typed in at both ends as a person does. */

const BYTES = noise('locked', 300_000);
const PASSWORD = 'Ärger im Büro';

let duo: PairedDuo;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-lock-'));
  await writeFile(join(folder, 'locked.bin'), BYTES);
  duo = await startPairedDuo();
  // What is always accepted is asked about all the same.
  await setRule(duo.desktop, duo.laptopId, 'always');
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});

async function sendLocked(): Promise<void> {
  const page = await duo.laptop.browser.open(`send.html?device=${duo.desktopId}`);
  // High enough that nothing lies below the bar at the window's edge.
  await page.setViewport({ width: 900, height: 1200 });
  await (await filePicker(page, 'Desktop')).uploadFile(join(folder, 'locked.bin'));
  await press(page, 'switch', 'Ask for a password');
  await press(page, 'button', 'Send');
  await until('a word about the empty field', async () =>
    (await readable(page)).includes('Type a password first'),
  );
  await type(page, 'Password for this transfer', PASSWORD);
  await press(page, 'button', 'Send');
  await untilHandedOver(page);
  await page.close();
}

/** Types one in, and waits until it was tried. */
async function answer(popup: Page, transferId: string, password: string): Promise<TransferView> {
  const { transfers } = await duo.desktop.view.read();
  const tries = triesOf(transfers.find((one) => one.transferId === transferId));
  await type(popup, 'Password', password);
  await press(popup, 'button', 'Accept');
  return await duo.desktop.view.until('a verdict', ({ transfers }) => {
    const now = transfers.find((one) => one.transferId === transferId);
    return now?.lock?.type !== 'checking' && triesOf(now) !== tries ? now : undefined;
  });
}

function triesOf(transfer: TransferView | undefined): number | string | undefined {
  if (transfer?.state !== 'offered') return transfer?.state;
  return transfer.lock?.type === 'locked' || transfer.lock?.type === 'checking'
    ? transfer.lock.triesLeft
    : transfer.lock?.type;
}

it('[PW5] wrong once, right then: the file arrives, and nothing before', async () => {
  const [known, knownThere] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  await sendLocked();
  const { transferId, lock } = await untilTransfer(duo.desktop, knownThere, ['offered']);
  expect(lock).toEqual({ type: 'locked', triesLeft: 5 });

  const popup = await duo.desktop.browser.open('popup.html');
  expect((await answer(popup, transferId, 'Ärger')).lock).toEqual({ type: 'locked', triesLeft: 4 });
  await until('the popup to say so', async () =>
    (await readable(popup)).includes('That was not the password. 4 tries are left.'),
  );
  expect(await receivedFiles(duo.desktop.browser.downloads)).toEqual([]);

  // The same letters, composed in another way.
  await answer(popup, transferId, PASSWORD.normalize('NFD'));
  await untilTransfer(duo.laptop, known, ['delivered']);
  await untilReceived(duo.desktop.browser.downloads, { sha256: sha256(BYTES), size: BYTES.length });
  await popup.close();
});

it('[PW5] five wrong ones: it fails with its reason on both sides', async () => {
  const [known, knownThere] = [await knownTransfers(duo.laptop), await knownTransfers(duo.desktop)];
  const before = await receivedFiles(duo.desktop.browser.downloads);
  await sendLocked();
  const { transferId } = await untilTransfer(duo.desktop, knownThere, ['offered']);
  const popup = await duo.desktop.browser.open('popup.html');
  for (let left = 4; left >= 1; left--) {
    const { lock } = await answer(popup, transferId, `guess ${left}`);
    expect(lock).toEqual({ type: 'locked', triesLeft: left });
  }
  await answer(popup, transferId, 'the last guess');
  for (const side of [duo.laptop, duo.desktop]) {
    const ended = await untilTransfer(side, side === duo.laptop ? known : knownThere, ['failed']);
    expect(ended.reason).toBe('locked-out');
  }
  await until('the popup to say so', async () =>
    (await readable(popup)).includes('The password was wrong five times'),
  );
  expect(await receivedFiles(duo.desktop.browser.downloads)).toEqual(before);
  await popup.close();
});

it('[PW1] the notification’s button leads to where the password is typed in', async () => {
  const knownThere = await knownTransfers(duo.desktop);
  await sendLocked();
  const { transferId } = await untilTransfer(duo.desktop, knownThere, ['offered']);
  const { browser } = duo.desktop;
  await pressNotice(browser, await untilNotice(browser, transferId), 0);
  const target = await browser.browser.waitForTarget((each) =>
    each.url().startsWith(browser.url('popup.html')),
  );
  const popup = await target.asPage();
  await until('the field for the password', async () =>
    (await readable(popup)).includes('Laptop sends this under a password'),
  );
  await press(popup, 'button', 'Decline');
  await untilTransfer(duo.desktop, knownThere, ['declined']);
});
