import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'puppeteer';
import { chooseMenuItem } from '../support/context-menu.ts';
import { RECEIVED_FOLDER, receivedFiles, sha256, untilReceived } from '../support/downloads.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import {
  LONG_PICTURE,
  BLOB_PICTURE,
  INLINE_PICTURE,
  SELECTION,
  startSites,
  type Sites,
} from '../support/sites.ts';
import { intend } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';
import { runCommand } from '../support/worker-events.ts';
import type { MenuClick } from '../support/context-menu.ts';
import type { TransferView } from '../../lib/messaging/snapshot.ts';

/** What a person right-clicks on a page, from the menu to the other device. */

let duo: PairedDuo;
let sites: Sites;
let page: Page;

beforeAll(async () => {
  [duo, sites] = await Promise.all([startPairedDuo(), startSites()]);
  await setRule(duo.desktop, duo.laptopId, 'always');
  page = await duo.laptop.browser.openUrl(sites.pageUrl);
  // The toolbar button grants this tab, as a real click in the context menu would.
  await (await duo.laptop.browser.popup(page)).close();
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), sites.close()]);
});

/** Chooses the item and waits for both ends; gives the two views of the transfer. */
async function send(
  click: Omit<MenuClick, 'deviceId'>,
): Promise<{ sent: TransferView; received: TransferView }> {
  const [before, beforeThere] = await Promise.all([
    knownTransfers(duo.laptop),
    knownTransfers(duo.desktop),
  ]);
  await chooseMenuItem(duo.laptop.browser, page, { ...click, deviceId: duo.desktopId });
  const ended = ['delivered', 'failed', 'declined', 'cancelled'] as const;
  const sent = await untilTransfer(duo.laptop, before, ended);
  const received = await untilTransfer(duo.desktop, beforeThere, ['saved', 'stored', 'failed']);
  expect(sent).toMatchObject({ state: 'delivered', transferId: received.transferId });
  return { sent, received };
}

/** Paths that elements of the page have in the page's own terms. */
async function sourceOf(id: string): Promise<string> {
  return await page.$eval(`#${id}`, (element) => (element as HTMLImageElement).src);
}

async function expectSaved(bytes: Buffer): Promise<void> {
  const wanted = { sha256: sha256(bytes), size: bytes.length };
  await untilReceived(duo.desktop.browser.downloads, wanted);
}

describe('images', () => {
  it('of another origin without CORS that was granted before', async () => {
    const { sent } = await send({ kind: 'image', srcUrl: await sourceOf('other') });
    expect(sent).toMatchObject({ kind: 'image', title: 'cat.png' });
    expect(sent).not.toHaveProperty('note');
    await expectSaved(sites.other.bytes('/cat.png'));
  });

  it('of the page’s own origin', async () => {
    await send({ kind: 'image', srcUrl: await sourceOf('own') });
    await expectSaved(sites.page.bytes('/dog.png'));
  });

  it('in a data: URL', async () => {
    await send({ kind: 'image', srcUrl: await sourceOf('inline') });
    await expectSaved(INLINE_PICTURE);
  });

  it('in a blob: URL', async () => {
    await send({ kind: 'image', srcUrl: await sourceOf('blob') });
    await expectSaved(BLOB_PICTURE);
  });

  it('in a data: URL so long that the browser does not say it', async () => {
    const url = `data:image/png;base64,${LONG_PICTURE.toString('base64')}`;
    await page.evaluate(async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      document.body.append(image);
    }, url);
    await send({ kind: 'image', srcUrl: '' });
    await expectSaved(LONG_PICTURE);
  });

  it('that is gone from its site: the link goes and the person is told', async () => {
    const url = `${sites.other.origin}/no-such-picture.png`;
    const { sent } = await send({ kind: 'image', srcUrl: url });
    expect(sent).toMatchObject({ kind: 'link', title: url });
    expect(sent.note ?? sent.reason).toBeDefined();
  });

  it('of an origin that is not granted, where nobody can be asked: the link goes', async () => {
    // The page's own address under another port: granted neither by the build nor by the click.
    const stranger = await startSites();
    try {
      const url = stranger.page.serve('/strange.png', {
        type: 'image/png',
        body: INLINE_PICTURE,
      });
      const { sent } = await send({ kind: 'image', srcUrl: url });
      expect(sent).toMatchObject({ kind: 'link', note: 'link-instead' });
    } finally {
      await stranger.close();
    }
  });
});

it('sends a video of another site', async () => {
  const { sent } = await send({ kind: 'video', srcUrl: await sourceOf('video') });
  expect(sent).toMatchObject({ kind: 'video', title: 'clip.webm' });
  await expectSaved(sites.other.bytes('/clip.webm'));
});

it('sends a sound that the page plays', async () => {
  await send({ kind: 'audio', srcUrl: await sourceOf('audio') });
  await expectSaved(sites.page.bytes('/tone.wav'));
});

it('[TR13] sends a link, which opens on a click', async () => {
  const linkUrl = `${sites.other.origin}/article?q=1#part`;
  const { received } = await send({ kind: 'link', linkUrl });
  expect(received).toMatchObject({ kind: 'link', title: linkUrl });
  await expectOpens(received, linkUrl);
});

it('[TR13] sends the selected text as it stands on the page, which is copied on a click', async () => {
  await page.$eval('#selection', (element) => getSelection()?.selectAllChildren(element));
  const { received } = await send({
    kind: 'selection',
    // The menu knows it without its line breaks.
    selectionText: SELECTION.replaceAll(/\s+/gu, ' '),
  });
  expect(received).toMatchObject({ kind: 'text' });
  const { browser } = duo.desktop;
  await intend(browser, { type: 'transfer/open', transferId: received.transferId });
  const reader = await browser.openUrl(sites.pageUrl);
  await browser.browser
    .defaultBrowserContext()
    .overridePermissions(sites.page.origin, ['clipboard-read']);
  await reader.bringToFront();
  let copied = '';
  await until(
    'the text in the clipboard',
    async () => {
      copied = await reader.evaluate(() => navigator.clipboard.readText());
      return copied === SELECTION;
    },
    { describe: () => copied },
  );
  await reader.close();
});

it('[TR13] sends the page', async () => {
  const { received } = await send({ kind: 'page' });
  expect(received).toMatchObject({ kind: 'page' });
  await expectOpens(received, sites.pageUrl);
});

it('[TR13] the keyboard shortcut sends the page in front to the device of the last send', async () => {
  const known = await knownTransfers(duo.desktop);
  await page.bringToFront();
  await runCommand(duo.laptop.browser, 'send-page');
  const received = await untilTransfer(duo.desktop, known, ['saved', 'stored']);
  expect(received.kind).toBe('page');
  await expectOpens(received, sites.pageUrl);
});

async function expectOpens({ transferId }: TransferView, url: string): Promise<void> {
  const { browser } = duo.desktop;
  await intend(browser, { type: 'transfer/open', transferId });
  const target = await browser.browser.waitForTarget((candidate) => candidate.url() === url);
  await (await target.page())?.close();
}

it('nothing but the files that were sent lies in the folder', async () => {
  const names = await receivedFiles(duo.desktop.browser.downloads);
  expect(names.toSorted()).toEqual(expect.arrayContaining(['cat.png', 'dog.png', 'tone.wav']));
  expect(names, RECEIVED_FOLDER).toHaveLength(7);
});
