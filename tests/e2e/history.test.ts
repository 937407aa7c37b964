import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElementHandle, Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byName, find, press, readable } from '../support/accessible.ts';
import type { ExtensionBrowser } from '../support/browser.ts';
import { noise } from '../support/bytes.ts';
import { RECEIVED_FOLDER } from '../support/downloads.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import { sendFiles } from '../support/send-page.ts';
import { Follower, intend } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';

/** The history of both sides, as a person uses it. */

const PICTURES = ['Ölfarben.png', 'second.png', 'third.png'];
const TEXT = 'Meet at 7 in front of the old cinema';

let duo: PairedDuo;
let folder: string;
/** Desktop, after a restart another one. */
let desktop: ExtensionBrowser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallow-history-'));
  for (const name of PICTURES) await writeFile(join(folder, name), noise(name, 5000));
  duo = await startPairedDuo();
  desktop = duo.desktop.browser;
  await setRule(duo.desktop, duo.laptopId, 'always');
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await desktop.close();
  await Promise.all([duo.close(), rm(folder, { recursive: true })]);
});

/** The entries of the open page, newest first, as a person reads them. */
async function entries(page: Page): Promise<string[]> {
  const list = await find(page, 'list', 'History');
  const items = await list.$$('::-p-aria([role="listitem"])');
  const words = items.map((item) =>
    item.evaluate((node) => (node instanceof HTMLElement ? node.innerText : '')),
  );
  return (await Promise.all(words)).map((text) => text.replaceAll(/\s+/gu, ' ').trim());
}

async function untilEntries(page: Page, ...wanted: readonly RegExp[]): Promise<string[]> {
  let seen: string[] = [];
  return await until(
    `entries ${wanted.map(String).join(', ')}`,
    async () => {
      seen = await entries(page);
      return (
        seen.length === wanted.length && wanted.every((one, n) => one.test(seen[n] ?? '')) && seen
      );
    },
    { describe: () => seen },
  );
}

/** A button of the entry that says `what`. */
async function button(page: Page, what: string, name: string): Promise<ElementHandle<Element>> {
  return await until(`"${name}" of ${what}`, async () => {
    const list = await find(page, 'list', 'History');
    for (const item of await list.$$('::-p-aria([role="listitem"])')) {
      const words = await item.evaluate((node) => node.textContent ?? '');
      if (words.includes(what)) return await item.$(byName('button', name));
    }
    return undefined;
  });
}

async function search(page: Page, typed: string): Promise<void> {
  const box = await find(page, 'searchbox', 'Search history');
  await box.click({ count: 3 });
  await page.keyboard.press('Backspace');
  await page.keyboard.type(typed);
}

async function sendText(text: string): Promise<void> {
  const known = await knownTransfers(duo.laptop);
  await intend(duo.laptop.browser, { type: 'send/text', deviceId: duo.desktopId, text });
  await untilTransfer(duo.laptop, known, ['delivered']);
}

describe('a text and three pictures that were sent', () => {
  let sent: Page;
  let received: Page;

  it('are in the history of both sides, while it is open', async () => {
    const popup = await duo.laptop.browser.open('popup.html');
    await press(popup, 'button', 'History');
    const target = await duo.laptop.browser.browser.waitForTarget((one) =>
      one.url().endsWith('/history.html'),
    );
    sent = await target.asPage();
    await popup.close();
    received = await desktop.open('history.html');
    await until('the empty history', async () =>
      (await readable(received)).includes('Nothing here yet'),
    );
    await sendText(TEXT);
    const device = { deviceId: duo.desktopId, name: 'Desktop' };
    const known = await knownTransfers(duo.laptop);
    await sendFiles(
      duo.laptop.browser,
      device,
      PICTURES.map((name) => join(folder, name)),
    );
    await untilTransfer(duo.laptop, known, ['delivered']);
    const [first] = await untilEntries(
      sent,
      /^Today Ölfarben\.png and 2 more Delivered · To Desktop · 15 KiB · .* Send again$/,
      /^Meet at 7 .* Delivered · To Desktop · .* Copy Send again$/,
    );
    expect(first).toMatch(/\d:\d\d [AP]M/);
    await untilEntries(
      received,
      /^Today Ölfarben\.png and 2 more Saved · From Laptop · 15 KiB · .* Show in folder$/,
      /^Meet at 7 .* Received · From Laptop · .* Copy$/,
    );
  });

  it('are found by name, also by one that is not shown, without regard to accents and case', async () => {
    await search(sent, 'OLF');
    await untilEntries(sent, /Ölfarben/);
    await search(sent, 'third desk');
    await untilEntries(sent, /Also has third\.png/);
    await search(sent, 'cinema');
    await untilEntries(sent, /Meet at 7/);
    await search(sent, 'cinema third');
    await untilEntries(sent);
    expect(await readable(sent)).toContain('Nothing found');
    await press(sent, 'button', 'Clear filters');
    await untilEntries(sent, /Ölfarben/, /Meet/);
  });

  it('are found by device and by day', async () => {
    const day = async (ms: number) => {
      await sent.evaluate((at) => {
        const field = document.querySelector<HTMLInputElement>('input[type=date]');
        if (!field) throw new Error('no field for the day');
        const date = new Date(at);
        date.setMinutes(date.getMinutes() - date.getTimezoneOffset());
        field.value = date.toISOString().slice(0, 10);
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }, ms);
    };
    await day(Date.now() - 24 * 60 * 60 * 1000);
    await untilEntries(sent);
    await day(Date.now());
    await untilEntries(sent, /Ölfarben/, /Meet/);
    await (await find(sent, 'combobox', 'Device')).select(duo.desktopId);
    await untilEntries(sent, /Ölfarben/, /Meet/);
    await press(sent, 'button', 'Clear filters');
  });

  it('"Show in folder" asks the browser to show the saved file', async () => {
    await desktop.inWorker(() => {
      const world = globalThis as typeof globalThis & { shown?: number[] };
      world.shown = [];
      chrome.downloads.show = (id: number) => void world.shown?.push(id);
    });
    await (await button(received, 'Ölfarben', 'Show in folder')).click();
    const shown = await until('the call', async () => {
      const ids = await desktop.inWorker(
        () => (globalThis as typeof globalThis & { shown?: number[] }).shown ?? [],
      );
      return ids.length > 0 && ids;
    });
    const paths = await desktop.inWorker(
      async (ids: number[]) =>
        (await Promise.all(ids.map((id) => chrome.downloads.search({ id }))))
          .flat()
          .map(({ filename }) => filename),
      shown,
    );
    expect(paths).toEqual([expect.stringMatching(/Tallow Send[\\/]Ölfarben\.png$/)]);
  });

  it('"Send again" sends the text once more', async () => {
    const there = await knownTransfers(duo.desktop);
    await (await button(sent, 'Meet at 7', 'Send again')).click();
    const again = await untilTransfer(duo.desktop, there, ['saved']);
    expect(again).toMatchObject({ kind: 'text', title: TEXT });
    await untilEntries(sent, /Meet/, /Ölfarben/, /Meet/);
    await untilEntries(received, /Meet/, /Ölfarben/, /Meet/);
  });

  it('"Send again" of files that nobody can read any more opens where they are chosen', async () => {
    // Copies go with their delivery, and an `<input>` gives no handle.
    await (await button(sent, 'Ölfarben', 'Send again')).click();
    const { browser } = duo.laptop.browser;
    const target = await browser.waitForTarget((one) => one.url().includes('/send.html?'));
    const page = await target.asPage();
    await until('what is to be chosen', async () =>
      (await readable(page)).includes('To send Ölfarben.png and 2 more again, choose it here.'),
    );
    expect(await readable(sent)).toContain('Choose them again');
    await page.close();
  });

  it('"Remove" takes one out, and it does not come back', async () => {
    await (await button(received, 'Meet at 7', 'Remove')).click();
    await untilEntries(received, /Ölfarben/, /Meet/);
    await desktop.closeOffscreen();
    await desktop.killWorker();
    await intend(desktop, { type: 'offscreen/ensure' });
    await duo.desktop.view.until('the document again', ({ transfers }) => transfers.length > 0);
    await received.reload();
    await untilEntries(received, /Ölfarben/, /Meet/);
  });

  it('are there after a restart of the browser, and a file that was deleted is said to be gone', async () => {
    desktop = await desktop.restart();
    received = await desktop.open('history.html');
    const there = /Ölfarben.* Show in folder$/;
    await untilEntries(received, there, /Meet/);
    await rm(join(desktop.downloads, RECEIVED_FOLDER), { recursive: true });
    await received.reload();
    const gone = /Ölfarben.* No longer where it was saved\.$/;
    await untilEntries(received, gone, /Meet/);
  });

  it('"Clear history" empties it, and the list of transfers, after a question', async () => {
    await press(received, 'button', 'Clear history');
    await press(received, 'button', 'Keep');
    await untilEntries(received, /Ölfarben/, /Meet/);
    await press(received, 'button', 'Clear history');
    await press(received, 'button', 'Clear');
    await untilEntries(received);
    await until('the empty history', async () =>
      (await readable(received)).includes('Nothing here yet'),
    );
    const view = await Follower.open(desktop);
    await view.until('no transfers', ({ transfers }) => transfers.length === 0);
    desktop = await desktop.restart();
    const after = await Follower.open(desktop);
    await intend(desktop, { type: 'offscreen/ensure' });
    await after.until('the device', ({ devices }) => devices.length === 1);
    received = await desktop.open('history.html');
    await untilEntries(received);
  });
});

describe('five thousand entries', () => {
  it('are shown, searched and gone through without waiting', async () => {
    const page = await duo.laptop.browser.open('history.html');
    await page.evaluate(async (deviceId) => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open('tallow-history');
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error('the database does not open'));
      });
      const names = Array.from({ length: 50 }, (_, n) => `a folder/Ein Bild von früher ${n}.jpeg`);
      const transaction = database.transaction('transfers', 'readwrite');
      for (let n = 0; n < 5000; n += 1) {
        const endedAt = Date.now() - 60_000 - n * 1_200_000;
        transaction.objectStore('transfers').put({
          transferId: n.toString(16).padStart(32, '0'),
          direction: 'in',
          state: 'saved',
          deviceId,
          deviceName: 'Desktop',
          kind: 'files',
          title: `scan ${n}.pdf`,
          names: n % 10 === 0 ? names : [`scan ${n}.pdf`],
          count: 1,
          totalBytes: n,
          createdAt: endedAt,
          endedAt,
          downloadId: n,
        });
      }
      await new Promise((resolve) => {
        transaction.oncomplete = resolve;
      });
      database.close();
    }, duo.desktopId);
    await page.reload();
    await until('the first page', async () => (await entries(page)).length === 50);
    await press(page, 'button', 'Show more');
    await until('the second page', async () => (await entries(page)).length === 100);
    const start = performance.now();
    await search(page, 'SCAN 4999.');
    await untilEntries(page, /scan 4999\.pdf/);
    const took = performance.now() - start;
    expect(took).toBeLessThan(5000);
    await page.close();
  });
});

it('a history of a newer version is left as it is and said, and new entries wait', async () => {
  const page = await duo.laptop.browser.open('history.html');
  await untilSome(page);
  await page.evaluate(async () => {
    // Waits until background and this page have let go of it.
    const request = indexedDB.open('tallow-history', 99);
    await new Promise((resolve, reject) => {
      request.onsuccess = resolve;
      request.onerror = () => reject(new Error('the database does not open'));
    });
    request.result.close();
  });
  await sendText('while it is of a newer version');
  await page.reload();
  const said = async (where: Page) =>
    (await readable(where)).includes('written by a newer version of Tallow Send');
  await until('the page to say so', () => said(page));
  const popup = await duo.laptop.browser.open('popup.html');
  await until('the popup to say so', () => said(popup));
  await popup.close();
  expect(
    (await page.evaluate(() => indexedDB.databases())).map(({ version }) => version),
  ).toContain(99);
  // As if the person had put it right.
  await page.evaluate(async () => {
    const request = indexedDB.deleteDatabase('tallow-history');
    await new Promise((resolve) => {
      request.onsuccess = resolve;
    });
  });
  await sendText('when all is well again');
  await press(page, 'button', 'Try again');
  await untilEntries(page, /^Today when all is well/, /^while it is of a newer/);
  await page.close();
});

async function untilSome(page: Page): Promise<void> {
  await until('entries', async () => (await entries(page)).length > 0);
}
