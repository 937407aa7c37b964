import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOf } from '../support/accessible.ts';
import { expectCalm, type PairedDuo } from '../support/duo.ts';
import {
  CHANGING,
  OTHER,
  playTone,
  servePages,
  STEADY,
  stopTone,
  type SharedPages,
} from '../support/shared-page.ts';
import {
  acceptShare,
  closePopup,
  framesShown,
  loudness,
  shareTab,
  startShareDuo,
  untilColour,
  untilSharing,
  untilWatching,
} from '../support/shares.ts';
import { startSites, type Sites } from '../support/sites.ts';
import { until } from '../support/wait.ts';

/** A tab of Laptop's, shared by the real popup, as Desktop's viewer shows it. */

/** A tone at half the loudest is a third of the loudest on average; silence is none at all. */
const HEARD = 0.1;
const SILENT = 0.001;

let duo: PairedDuo;
let sites: Sites;
let pages: SharedPages;
let page: Page;

beforeAll(async () => {
  [duo, sites] = await Promise.all([startShareDuo(), startSites()]);
  pages = servePages(sites.page);
  page = await duo.laptop.browser.openUrl(pages.first);
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), sites.close()]);
});

describe('a tab shared with a device that asks', () => {
  let viewer: Page;

  beforeAll(async () => {
    const { popup } = await shareTab(duo.laptop, page, 'Desktop');
    ({ viewer } = await acceptShare(duo.desktop));
    await untilSharing(duo.laptop, ['live']);
    await closePopup(popup);
  });

  it('[SH3][SH4] is shown there with its colours, protected, and says so on both sides', async () => {
    await untilColour(viewer, [0.75, 0.5], STEADY);
    for (const share of [
      await untilSharing(duo.laptop, ['live']),
      await untilWatching(duo.desktop, ['watching']),
    ]) {
      expect(share.protection).toEqual({ type: 'protected' });
      expect(share.title).toBe(pages.firstTitle);
    }
    const details = await textOf(viewer, 'status', 'Stream details');
    expect(details).toContain('Protected: ML-KEM-768 + X25519');
  });

  it('follows a page that changes its colour every second', async () => {
    for (const colour of CHANGING) await untilColour(viewer, [0.25, 0.5], colour);
  });

  it('brings the tab’s sound, and nothing while it is silent', async () => {
    expect(await loudness(viewer)).toBeLessThan(SILENT);
    await playTone(page);
    await until('the tone', async () => (await loudness(viewer)) > HEARD);
    await stopTone(page);
    await until('silence', async () => (await loudness(viewer)) < SILENT);
  });

  it('goes on with another tab in front', async () => {
    const other = await duo.laptop.browser.openUrl(pages.second);
    await other.bringToFront();
    const before = await framesShown(viewer);
    for (const colour of CHANGING) await untilColour(viewer, [0.25, 0.5], colour);
    expect(await framesShown(viewer)).toBeGreaterThan(before);
    await untilColour(viewer, [0.75, 0.5], STEADY);
    await other.close();
  });

  it('goes on through navigation, under the name of what it shows', async () => {
    await page.goto(pages.second);
    await untilColour(viewer, [0.25, 0.5], OTHER);
    await page.goto(pages.first);
    await untilColour(viewer, [0.75, 0.5], STEADY);
  });
});
