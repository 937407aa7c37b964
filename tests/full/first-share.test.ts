import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingParts } from '../../scripts/system/parts.ts';
import { find, press, readable } from '../support/accessible.ts';
import { ensureBuild, TEST } from '../support/builds.ts';
import { expectCalm, startPairedDuo, type PairedDuo, type Side } from '../support/duo.ts';
import { OTHER, servePages, STEADY, type SharedPages } from '../support/shared-page.ts';
import {
  acceptShare,
  framesShown,
  shareTab,
  untilColour,
  untilSharing,
  untilWatching,
} from '../support/shares.ts';
import { Follower } from '../support/snapshot.ts';
import { startSites, type Sites } from '../support/sites.ts';
import { until } from '../support/wait.ts';
import { Screen } from '../support/xvfb.ts';

/** What only a real window proves of sharing: the browser's questions, its menu, its keys, its "Stop". */

const QUESTION_SHOWN_S = '1.5';
/** The last of the page's own menu are "Inspect", "View page source" and the extension's submenu. */
const SHARE_ITEM = ['Up', 'Up', 'Up', 'Right', 'Down', 'Return'] as const;

/** Of the bar that the browser shows while a screen is shared, as parts of its width and height. */
const ON_STOP_SHARING = { x: 0.73, y: 0.46 };

const missing = missingParts(['chromium', 'xvfb', 'xdotool', 'openbox']);

describe.skipIf(missing.length > 0)('sharing in a real window', () => {
  let screen: Screen;
  let duo: PairedDuo;
  let laptop: Side;
  let sites: Sites;
  let pages: SharedPages;
  let page: Page;

  beforeAll(async () => {
    screen = await Screen.start();
    sites = await startSites();
    pages = servePages(sites.page);
    // Nothing granted beforehand: the browser has to ask.
    duo = await startPairedDuo({
      extension: await ensureBuild(TEST),
      launch: {
        window: { display: screen.display, x: 0, y: 0, width: 900, height: 900 },
        args: ['--auto-select-desktop-capture-source=Entire screen'],
      },
    });
    ({ laptop } = duo);
    await laptop.view.close();
    await laptop.browser.allowLoadingAnew();
    // No page of the extension is open, as with most people.
    page = await laptop.browser.showOnly(pages.first);
  });
  afterAll(async () => {
    expectCalm(laptop, duo.desktop);
    await Promise.all([duo.close(), sites.close()]);
    await screen.close();
  });

  /**
   * Both browsers are on one screen: keys and mouse must meet the right one. A viewer has the name of
   * what it shows, too.
   */
  async function raise(target: Page): Promise<void> {
    await target.bringToFront();
    const title = `^${await target.title()} - Chromium$`;
    const [window] = await until(`the window "${title}"`, async () => {
      const found = await screen.windows(title);
      return found.length > 0 && found;
    });
    await screen.xdotool('windowactivate', '--sync', String(window));
  }

  /** Presses the popup's button over `page`, and these keys once the browser asks. */
  async function pressAndAnswer(...keys: string[]): Promise<void> {
    await raise(page);
    await shareTab(laptop, page, 'Desktop');
    await screen.xdotool('sleep', QUESTION_SHOWN_S, 'key', '--delay', '200', ...keys);
  }

  async function untilViewer(colour = STEADY): Promise<void> {
    const { viewer } = await acceptShare(duo.desktop);
    await untilColour(viewer, [0.75, 0.5], colour);
  }

  it('Deny: nothing is shared, and the next press asks again', async () => {
    // The question's focus is on Deny.
    await pressAndAnswer('Return');
    expect((await duo.desktop.view.read()).shares).toEqual([]);
  });

  it('Allow: one more click on the button shares the tab', async () => {
    const before = laptop.browser.offscreenTarget();
    await pressAndAnswer('Tab', 'Return');
    await until('the extension to be loaded anew', () => {
      const document = laptop.browser.offscreenTarget();
      return document === undefined || document !== before;
    });
    await until('the worker', () => laptop.browser.workerRuns());
    await laptop.browser.popup(page);
    await untilViewer();
    laptop = { ...laptop, view: await Follower.open(laptop.browser) };
    expect(await untilSharing(laptop, ['live'])).toMatchObject({ title: pages.firstTitle });
    const notices = await laptop.browser.inWorker(() => chrome.notifications.getAll());
    expect(Object.keys(notices)).not.toContain('tell:share');
  });

  it('a key stops it', async () => {
    await raise(page);
    await screen.xdotool('key', 'alt+shift+e');
    await untilSharing(laptop, ['ended']);
  });

  it('from then on a press is enough', async () => {
    page = await laptop.browser.openUrl(pages.second);
    await raise(page);
    await shareTab(laptop, page, 'Desktop');
    await untilViewer(OTHER);
    await raise(page);
    await screen.xdotool('key', 'alt+shift+e');
    await untilSharing(laptop, ['ended']);
  });

  it('so is a key', async () => {
    await raise(page);
    await screen.xdotool('key', 'alt+shift+d');
    await untilViewer(OTHER);
    await raise(page);
    await screen.xdotool('key', 'alt+shift+e');
    await untilSharing(laptop, ['ended']);
  });

  it('the page’s own menu has it, beside the way to send the page', async () => {
    await raise(page);
    await screen.rightClick({ x: 450, y: 400 });
    await screen.menuKeys(...SHARE_ITEM);
    await untilViewer(OTHER);
  });

  it('with a page of the extension open the tab is chosen in the browser’s own picker', async () => {
    const { desktop } = duo;
    page = await desktop.browser.openUrl(pages.second);
    await raise(page);
    await shareTab(desktop, page, 'Laptop');
    await screen.xdotool('sleep', QUESTION_SHOWN_S, 'key', '--delay', '200', 'Tab', 'Return');
    const target = await desktop.browser.browser.waitForTarget((each) =>
      each.url().startsWith(desktop.browser.url('share.html')),
    );
    const chooser = await target.asPage();
    await find(chooser, 'button', 'Choose what to share');
    expect(await readable(chooser)).toContain('choose this one yourself');
    await press(chooser, 'button', 'Choose what to share');
    const { viewer } = await acceptShare(laptop);
    expect(await untilSharing(desktop, ['live'])).toMatchObject({ title: 'the whole screen' });
    await until('frames', async () => (await framesShown(viewer)) > 3);

    const [bar] = await until('the browser’s own "Stop sharing"', async () => {
      const found = await screen.windows('is sharing your screen');
      return found.length > 0 && found;
    });
    await screen.click(await screen.within(bar ?? '', ON_STOP_SHARING));
    const { state } = await untilSharing(desktop, ['ended']);
    expect(state).toMatchObject({ reason: 'closed' });
    await untilWatching(laptop, ['ended']);
    await until('nothing in its list', async () => (await chooser.$('li.share')) === null);
  });
});
