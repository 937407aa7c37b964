import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { find, press, readable } from '../support/accessible.ts';
import { chooseShareItem } from '../support/context-menu.ts';
import { expectCalm, type PairedDuo } from '../support/duo.ts';
import {
  playTone,
  servePages,
  STEADY,
  stopTone,
  type SharedPages,
} from '../support/shared-page.ts';
import {
  acceptShare,
  closePopup,
  loudness,
  openSharePage,
  shareTab,
  startShareDuo,
  untilColour,
  untilSharing,
  untilWatching,
} from '../support/shares.ts';
import { intend } from '../support/snapshot.ts';
import { startSites, type Sites } from '../support/sites.ts';
import { until } from '../support/wait.ts';

/** What can be shared in which way, what cannot, and what the popup says of it. */

const PICTURES = fileURLToPath(new URL('../.artefacts', import.meta.url));
const HEARD = 0.1;
const SILENT = 0.001;
/** Said of every such page, whether the browser tells its address or not. */
const CANNOT = 'Pages of the browser, of its store and of extensions cannot be shared.';
/** From an end at one side until the other knows. */
const END_MS = 1_000;

let duo: PairedDuo;
let sites: Sites;
let pages: SharedPages;
let page: Page;

beforeAll(async () => {
  sites = await startSites();
  pages = servePages(sites.page);
  // What a person would choose in the browser's own picker.
  const args = [`--auto-select-tab-capture-source-by-title=${pages.firstTitle}`];
  duo = await startShareDuo({ launch: { args } });
  page = await duo.laptop.browser.openUrl(pages.first);
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), sites.close()]);
});

async function noticesOf(name: string): Promise<string[]> {
  const shown = await duo.laptop.browser.inWorker(() => chrome.notifications.getAll());
  return Object.keys(shown).filter((id) => id === name);
}

describe('a page that cannot be shared', () => {
  it.each([
    ['of the browser', () => 'chrome://version/'],
    ['of the extension itself', () => duo.laptop.browser.url('send.html')],
    ['of the extensions’ store', () => 'https://chromewebstore.google.com/detail'],
    ['that shows a source', () => `view-source:${pages.second}`],
  ])('%s: the popup says so', async (_, url) => {
    const tab = await openAnyhow(url());
    const popup = await duo.laptop.browser.popup(tab);
    await press(popup, 'button', 'Share this tab with Desktop');
    await until('the sentence', async () => (await readable(popup)).includes(CANNOT));
    await closePopup(popup);
    await tab.close();
  });

  it('is said by a notification to who asked in the menu', async () => {
    const tab = await openAnyhow('chrome://version/');
    expect(await noticesOf('tell:share')).toEqual([]);
    await chooseShareItem(duo.laptop.browser, tab, duo.desktopId);
    await until('the notice', async () => (await noticesOf('tell:share')).length === 1);
    await tab.close();
    expect((await duo.laptop.view.read()).shares).toEqual([]);
  });

  /** Its name may not resolve here: what counts is the address. */
  async function openAnyhow(url: string): Promise<Page> {
    const tab = await duo.laptop.browser.browser.newPage();
    await tab.goto(url).catch(() => undefined);
    return tab;
  }
});

describe('the popup while a tab is shared', () => {
  let popup: Page;

  beforeAll(async () => {
    ({ popup } = await shareTab(duo.laptop, page, 'Desktop'));
    const { viewer } = await acceptShare(duo.desktop);
    await untilColour(viewer, [0.75, 0.5], STEADY);
    await untilSharing(duo.laptop, ['live']);
    await closePopup(popup);
    popup = await duo.laptop.browser.popup(page);
  });

  it('names it, says that it is protected, and keeps a quality', async () => {
    await find(popup, 'status', `Sharing ${pages.firstTitle} with Desktop`);
    expect(await readable(popup)).toContain('Protected: ML-KEM-768 + X25519');
    const quality = await find(popup, 'combobox', 'Quality');
    await quality.select('720p');
    const content = await find(popup, 'combobox', 'Best for');
    await content.select('motion');
    const chosen = { quality: '720p', content: 'motion' };
    await duo.laptop.view.until(
      'the choice',
      ({ settings: { share } }) => JSON.stringify(share) === JSON.stringify(chosen),
    );
    await intend(duo.laptop.browser, { type: 'settings/set', settings: { historyDays: 30 } });
    const { settings } = await duo.laptop.view.read();
    expect(settings).toMatchObject({ historyDays: 30, share: chosen });
  });

  it.each(['light', 'dark'] as const)('fits its window in %s', async (scheme) => {
    await popup.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: scheme },
      { name: 'prefers-reduced-motion', value: 'reduce' },
    ]);
    const overflow = await popup.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    await mkdir(PICTURES, { recursive: true });
    const name = scheme === 'light' ? 'popup-sharing.png' : 'popup-sharing-dark.png';
    await popup.screenshot({ path: join(PICTURES, name) as `${string}.png` });
  });

  it('stops it for both, and keeps nothing in its list', async () => {
    await press(popup, 'button', 'Stop sharing');
    const stoppedAt = Date.now();
    await Promise.all([
      untilSharing(duo.laptop, ['ended']),
      untilWatching(duo.desktop, ['ended'], { timeoutMs: END_MS }),
    ]);
    expect(Date.now() - stoppedAt).toBeLessThan(END_MS);
    await until('no share in the list', async () => (await popup.$('li.share')) === null);
    await closePopup(popup);
  });
});

describe('what was chosen in the browser’s own picker', () => {
  /** From the popup to a picture at the other device. */
  async function shareChosen(): Promise<{ chooser: Page; viewer: Page }> {
    const chooser = await openSharePage(duo.laptop, page, 'Desktop');
    await press(chooser, 'button', 'Choose what to share');
    const { viewer } = await acceptShare(duo.desktop);
    await untilColour(viewer, [0.75, 0.5], STEADY);
    return { chooser, viewer };
  }

  it('is shown by the other device, with its sound, for as long as its page is open', async () => {
    const { chooser, viewer } = await shareChosen();
    expect(await untilSharing(duo.laptop, ['live'])).toMatchObject({
      source: 'screen',
      title: 'a tab',
      protection: { type: 'protected' },
      audio: true,
    });
    await find(chooser, 'status', 'Sharing a tab with Desktop');
    expect(await loudness(viewer)).toBeLessThan(SILENT);
    await playTone(page);
    await until('the tone', async () => (await loudness(viewer)) > HEARD);
    await stopTone(page);

    await chooser.close();
    const closedAt = Date.now();
    await untilWatching(duo.desktop, ['ended']);
    expect(Date.now() - closedAt).toBeLessThan(END_MS);
    const { state } = await untilSharing(duo.laptop, ['ended']);
    expect(state).toMatchObject({ reason: 'closed' });
  });

  it('is over where it is stopped on that page, and what is captured with it', async () => {
    const { chooser } = await shareChosen();
    await press(chooser, 'button', 'Stop sharing');
    await untilWatching(duo.desktop, ['ended']);
    await until('nothing in its list', async () => (await chooser.$('li.share')) === null);
    await chooser.close();
  });

  it('is over when what is captured is closed', async () => {
    const { chooser } = await shareChosen();
    await page.close();
    await untilWatching(duo.desktop, ['ended']);
    const { state } = await untilSharing(duo.laptop, ['ended']);
    expect(state).toMatchObject({ reason: 'closed' });
    await chooser.close();
  });
});
