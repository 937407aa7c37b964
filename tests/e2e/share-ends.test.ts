import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../lib/messaging/snapshot.ts';
import type { ShareEnd } from '../../lib/share/states.ts';
import { find, press, readable, textOf } from '../support/accessible.ts';
import { expectCalm, untilOnline, type PairedDuo, type Side } from '../support/duo.ts';
import { OTHER, servePages, STEADY, type SharedPages } from '../support/shared-page.ts';
import {
  capturedTabs,
  closePopup,
  knownShares,
  setShareRule,
  shareTab,
  startShareDuo,
  startViewer,
  untilChange,
  untilColour,
  untilSharing,
  untilWatching,
  viewerOf,
  type Sharing,
} from '../support/shares.ts';
import {
  captures,
  endOf,
  markOf,
  noteEnds,
  shareDocument,
  shown,
  watchCaptures,
  watchShown,
} from '../support/share-traces.ts';
import { intend } from '../support/snapshot.ts';
import { startSites, type Sites } from '../support/sites.ts';
import { until } from '../support/wait.ts';
import { notices, pressNotice, runCommand, untilNotice } from '../support/worker-events.ts';

/** How a share ends, and that nothing of it is left anywhere. */

const PICTURES = fileURLToPath(new URL('../.artefacts', import.meta.url));
/** From what a person does to what the views of both sides say. */
const SOON_MS = 1_000;
const UNMARKED = 'Tallow Send';
/** Places of the picture: the half of the page that changes every second, and the one that stays. */
const CHANGING_PLACE = [0.25, 0.5] as const;
const STEADY_PLACE = [0.75, 0.5] as const;

let duo: PairedDuo;
let sites: Sites;
let pages: SharedPages;
let page: Page;
let laptopDocument: Page;
let desktopDocument: Page;

beforeAll(async () => {
  [duo, sites] = await Promise.all([
    startShareDuo(),
    startSites(),
    mkdir(PICTURES, { recursive: true }),
  ]);
  pages = servePages(sites.page);
  page = await duo.laptop.browser.openUrl(pages.first);
  [laptopDocument, desktopDocument] = await Promise.all([
    shareDocument(duo.laptop.browser),
    shareDocument(duo.desktop.browser),
    noteEnds(duo.laptop),
    noteEnds(duo.desktop),
    setShareRule(duo.desktop, duo.laptopId, 'always'),
  ]);
  await watchCaptures(laptopDocument);
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), sites.close()]);
});

async function viewers(): Promise<Page[]> {
  const { browser } = duo.desktop;
  const targets = browser.browser.targets();
  const url = browser.url('viewer.html');
  const open = targets.filter((each) => each.type() === 'page' && each.url().startsWith(url));
  return await Promise.all(open.map((target) => target.asPage()));
}

interface Live {
  readonly shareId: string;
  readonly tabId: number;
  readonly viewer: Page;
}

/** Shares a page with Desktop, whose rule accepts it, until it is seen there. */
async function share(from = page): Promise<Live> {
  const known = await knownShares(duo.laptop);
  const { popup } = await shareTab(duo.laptop, from, 'Desktop');
  const [sharing, { shareId }] = await Promise.all([
    untilSharing(duo.laptop, ['live'], { known }),
    untilWatching(duo.desktop, ['watching'], { known }),
  ]);
  await closePopup(popup);
  const viewer = await viewerOf(duo.desktop.browser, shareId);
  await watchShown(desktopDocument, shareId);
  expect((await shown(desktopDocument)).at(-1)).toEqual(['live', 'live']);
  expect((await captures(laptopDocument)).at(-1)).toEqual(['live', 'live']);
  const tabId = tabOf(sharing);
  expect(await capturedTabs(duo.laptop.browser)).toContain(tabId);
  return { shareId, tabId, viewer };
}

function tabOf({ sourceId }: Sharing): number {
  return Number(sourceId.replace('tab:', ''));
}

async function expectMarked(tabId: number, title: string): Promise<void> {
  const { browser } = duo.laptop;
  await until('the mark', async () => (await markOf(browser, tabId)).title === title);
  for (const of of [tabId, null]) {
    const { text, colour } = await markOf(browser, of);
    expect(text).toBe('ON');
    const [red = 0, green = 255, blue = 255] = colour;
    expect(red).toBeGreaterThan(150);
    expect(Math.max(green, blue)).toBeLessThan(80);
  }
}

async function untilUnmarked(tabId: number | null): Promise<void> {
  await until('no mark', async () => {
    const { text, title } = await markOf(duo.laptop.browser, tabId);
    return text === '' && title === UNMARKED;
  });
}

type End = Omit<ShareEnd, 'type'>;

/** The share that was stopped at this time is over on both sides, and what it had is let go. */
async function expectOver(
  { shareId }: Live,
  at: number,
  { here, there }: { readonly here: End; readonly there: End },
): Promise<void> {
  const took = async (wait: Promise<unknown>) => {
    await wait;
    return Date.now() - at;
  };
  const times = await Promise.all([
    endOf(duo.laptop, shareId).then((end) => end - at),
    endOf(duo.desktop, shareId).then((end) => end - at),
    took(untilEnded('what was captured', () => captures(laptopDocument))),
    took(untilEnded('what was shown', () => shown(desktopDocument))),
    took(untilNoneCaptured()),
  ]);
  expect(Math.max(...times), times.join(' ')).toBeLessThan(SOON_MS);
  for (const [{ view }, end] of [
    [duo.laptop, here],
    [duo.desktop, there],
  ] as const) {
    const { shares } = await view.read();
    const over = shares.find((one) => one.shareId === shareId);
    expect(over?.state).toEqual({ type: 'ended', ...end });
  }
  await untilUnmarked(null);
  await until('no notification', async () => {
    return (await notices(duo.laptop.browser, `share-on:${shareId}`)).length === 0;
  });
}

async function untilEnded(what: string, states: () => Promise<string[][]>): Promise<void> {
  await until(what, async () => (await states()).flat().every((state) => state === 'ended'));
}

async function untilNoneCaptured(): Promise<void> {
  await until('no captured tab', async () => {
    return (await capturedTabs(duo.laptop.browser)).length === 0;
  });
}

/** A press of what is there already; gives the time of it. */
async function pressAt(where: Page, name: string): Promise<number> {
  const button = await find(where, 'button', name);
  const at = Date.now();
  await button.click();
  return at;
}

const SHARER_STOPS = {
  here: { reason: 'stopped', by: 'me' },
  there: { reason: 'stopped', by: 'peer' },
} as const;
const VIEWER_STOPS = {
  here: { reason: 'stopped', by: 'peer' },
  there: { reason: 'stopped', by: 'me' },
} as const;

describe('a share that is on', () => {
  it('[SH3] was accepted by the device’s rule, is shown by badge, tab and popup, and ends by “Stop sharing”', async () => {
    const live = await share();
    expect(await notices(duo.desktop.browser, 'share-ask')).toEqual([]);
    await expectMarked(live.tabId, 'Sharing this tab with Desktop');
    await untilColour(live.viewer, STEADY_PLACE, STEADY);
    await until('the figures', async () => {
      const details = await textOf(live.viewer, 'status', 'Stream details');
      return /^\d+ × \d+ · \d+ fps · .*bit\/s · .* delay · Direct, same network/.test(details);
    });
    await live.viewer.screenshot({ path: join(PICTURES, 'share-viewer.png') as `${string}.png` });

    const popup = await duo.laptop.browser.popup(page);
    await find(popup, 'status', `Sharing ${pages.firstTitle} with Desktop`);
    await popup.screenshot({ path: join(PICTURES, 'share-popup.png') as `${string}.png` });
    const at = await pressAt(popup, 'Stop sharing');
    await expectOver(live, at, SHARER_STOPS);
    await untilUnmarked(live.tabId);
    await closePopup(popup);
  });

  it('keeps its mark and goes by another title after navigation, and ends by its notification', async () => {
    const live = await share();
    for (const [url, title] of [
      [pages.second, pages.secondTitle],
      [pages.first, pages.firstTitle],
    ] as const) {
      await page.goto(url);
      for (const { view } of [duo.laptop, duo.desktop]) {
        await view.until(`the title "${title}"`, ({ shares }) =>
          shares.some((one) => one.shareId === live.shareId && one.title === title),
        );
      }
      await expectMarked(live.tabId, 'Sharing this tab with Desktop');
    }
    const { browser } = duo.laptop;
    const notice = await untilNotice(browser, `share-on:${live.shareId}`);
    await expectOver(live, await pressNotice(browser, notice, 0), SHARER_STOPS);
  });

  it('ends by the command, as does one of another tab, in a window of its own', async () => {
    const other = await duo.laptop.browser.openUrl(pages.second);
    const both = [await share(), await share(other)];
    for (const { tabId } of both) await expectMarked(tabId, 'Sharing this tab with Desktop');
    const [first, second] = both.map(({ viewer }) => viewer);
    if (first === undefined || second === undefined) throw new Error('no windows');
    await untilColour(first, STEADY_PLACE, STEADY);
    await untilColour(second, STEADY_PLACE, OTHER);

    const at = await runCommand(duo.laptop.browser, 'stop-sharing');
    for (const each of both) await expectOver(each, at, SHARER_STOPS);
    for (const { tabId } of both) await untilUnmarked(tabId);
    // Both windows stay: the next share is shown in one of them.
    await other.close();
  });

  it('ends by the viewer’s “Stop”, which the sharer is told', async () => {
    const live = await share();
    const videos = await Promise.all((await viewers()).map((viewer) => viewer.$('video')));
    expect(videos.filter((video) => video !== null)).toHaveLength(1);
    await expectOver(live, await pressAt(live.viewer, 'Stop'), VIEWER_STOPS);
    await untilNotice(duo.laptop.browser, `share-over:${live.shareId}`);
  });

  it('goes on in a window that is loaded again and in a second one, and ends with the last', async () => {
    const live = await share();
    await live.viewer.reload();
    const second = await duo.desktop.browser.open(`viewer.html?share=${live.shareId}`);
    for (const viewer of [second, live.viewer]) await untilColour(viewer, STEADY_PLACE, STEADY);
    expect(await second.$eval('video', (video) => video.muted)).toBe(true);
    await live.viewer.close();
    // From one to the next is a second.
    for (const _ of ['first', 'next']) await untilChange(second, CHANGING_PLACE);

    const at = Date.now();
    await second.close();
    await expectOver(live, at, {
      here: { reason: 'closed', by: 'peer' },
      there: { reason: 'closed', by: 'me' },
    });
    await untilNotice(duo.laptop.browser, `share-over:${live.shareId}`);
  });

  it('ends with its tab', async () => {
    const live = await share();
    const at = Date.now();
    await page.close();
    await expectOver(live, at, {
      here: { reason: 'closed', by: 'me' },
      there: { reason: 'closed', by: 'peer' },
    });
    page = await duo.laptop.browser.openUrl(pages.first);
  });
});

it('[SH2] a receiver declines: the sharer hears it, and captures nothing', async () => {
  await setShareRule(duo.desktop, duo.laptopId, 'ask');
  const pressed = await shareTab(duo.laptop, page, 'Desktop');
  const asked = await untilWatching(duo.desktop, ['asked']);
  await untilNotice(duo.desktop.browser, `share-ask:${asked.shareId}`);
  expect((await markOf(duo.desktop.browser, null)).text).toBe('1');
  const answering = await duo.desktop.browser.open('popup.html');
  await press(answering, 'button', 'Decline');
  const { state } = await untilSharing(duo.laptop, ['ended']);
  expect(state).toMatchObject({ reason: 'declined', by: 'peer' });
  await closePopup(pressed.popup);
  const popup = await duo.laptop.browser.popup(page);
  await until('the word of it', async () => {
    return (await readable(popup)).includes('Desktop declined to watch');
  });
  await untilNotice(duo.laptop.browser, `share-over:${asked.shareId}`);
  await untilNoneCaptured();
  await untilEnded('what was captured', () => captures(laptopDocument));
  await untilUnmarked(null);
  await until('nothing that is asked', async () => {
    const { text } = await markOf(duo.desktop.browser, null);
    return text === '' && (await notices(duo.desktop.browser, 'share-ask')).length === 0;
  });
  await Promise.all([popup.close(), answering.close()]);
  await setShareRule(duo.desktop, duo.laptopId, 'always');
});

describe('two devices', () => {
  let tablet: Side;
  let tabletId: string;

  beforeAll(async () => {
    tablet = await startViewer('Tablet', duo);
    tabletId = (await untilOnline(duo.laptop, 'Tablet')).deviceId;
    const { devices } = await tablet.view.read();
    await setShareRule(tablet, devices[0]?.deviceId ?? '', 'always');
  });
  afterAll(async () => {
    expectCalm(tablet);
    await tablet.browser.close();
  });

  it('watch one capture, each once however often it is pressed, one goes on without the other, and ends with its device', async () => {
    const before = (await captures(laptopDocument)).length;
    const popup = await duo.laptop.browser.popup(page);
    const button = await find(popup, 'button', 'Share this tab with Desktop');
    await button.click({ count: 2 });
    const onDesktop = await untilWatching(duo.desktop, ['watching']);
    const tabId = tabOf(await untilSharing(duo.laptop, ['live']));
    await closePopup(popup);
    const again = await shareTab(duo.laptop, page, 'Tablet');
    const onTablet = await untilWatching(tablet, ['watching']);
    await closePopup(again.popup);
    // Answered once it is done, or found to be done.
    const { desktopId: deviceId } = duo;
    await intend(duo.laptop.browser, { type: 'share/tab', deviceId, tabId });
    const sharing = (await duo.laptop.view.read()).shares.filter(
      ({ role, state }) => role === 'sharer' && state.type !== 'ended',
    );
    expect(sharing.map(({ shareId }) => shareId)).toEqual([onDesktop.shareId, onTablet.shareId]);
    expect(await capturedTabs(duo.laptop.browser)).toEqual([tabId]);
    expect(await captures(laptopDocument)).toHaveLength(before + 1);
    await expectMarked(tabId, 'Sharing this tab with Desktop, Tablet');
    const [atDesktop, atTablet] = await Promise.all([
      viewerOf(duo.desktop.browser, onDesktop.shareId),
      viewerOf(tablet.browser, onTablet.shareId),
    ]);
    for (const viewer of [atDesktop, atTablet]) await untilColour(viewer, STEADY_PLACE, STEADY);

    await press(atDesktop, 'button', 'Stop');
    await untilWatching(duo.desktop, ['ended']);
    await expectMarked(tabId, 'Sharing this tab with Tablet');
    await untilChange(atTablet, CHANGING_PLACE);
    expect(await capturedTabs(duo.laptop.browser)).toEqual([tabId]);

    await intend(duo.laptop.browser, { type: 'device/remove', deviceId: tabletId });
    const isOn = ({ shares }: Snapshot) => shares.some(({ state }) => state.type !== 'ended');
    for (const { view } of [duo.laptop, tablet]) {
      await view.until('no share', (snapshot) => !isOn(snapshot));
    }
    await untilNoneCaptured();
    await untilEnded('what was captured', () => captures(laptopDocument));
    await untilUnmarked(tabId);
    await untilUnmarked(null);
  });
});
