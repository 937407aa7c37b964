/** What a share leaves in a browser: when it ended, its tracks, the marks on the toolbar button. */
import type { Page } from 'puppeteer';
import type { ShareStreams } from '../../lib/messaging/share-streams.ts';
import type { ShareView } from '../../lib/share/views.ts';
import type { ExtensionBrowser } from './browser.ts';
import type { Side } from './duo.ts';
import { offscreenPage } from './lanes.ts';
import { intend } from './snapshot.ts';
import { until } from './wait.ts';

interface EndsWorld {
  ends?: Record<string, number>;
}

/** From now on notes when the views of this browser are told that a share is over. */
export async function noteEnds({ browser }: Side): Promise<void> {
  const page = await browser.driver();
  await page.evaluate(() => {
    const ends: Record<string, number> = {};
    Object.assign(globalThis, { ends });
    const port = chrome.runtime.connect({ name: 'view' });
    port.onMessage.addListener((message: unknown) => {
      const { snapshot, parts } = message as Record<
        'snapshot' | 'parts',
        { shares?: ShareView[] } | undefined
      >;
      for (const { shareId, state } of (snapshot ?? parts)?.shares ?? []) {
        if (state.type === 'ended') ends[shareId] ??= Date.now();
      }
    });
  });
}

/** When the views were told that it is over, ms since 1970 by the browser's clock. */
export async function endOf({ browser }: Side, shareId: string): Promise<number> {
  const page = await browser.driver();
  return await until(`${browser.name}: the end of a share`, () =>
    page.evaluate((id) => (globalThis as EndsWorld).ends?.[id], shareId),
  );
}

interface TracksWorld {
  captures?: MediaStreamTrack[][];
  shown?: MediaStreamTrack[][];
  tallowShares?: ShareStreams;
}

/** The offscreen document, which stays while there is a session. */
export async function shareDocument(owner: ExtensionBrowser): Promise<Page> {
  await intend(owner, { type: 'offscreen/ensure' });
  return await offscreenPage(owner);
}

/** From now on remembers what this offscreen document captures. */
export async function watchCaptures(document: Page): Promise<void> {
  await document.evaluate(() => {
    const all: MediaStreamTrack[][] = [];
    Object.assign(globalThis, { captures: all });
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      all.push(stream.getTracks());
      return stream;
    };
  });
}

type TrackState = MediaStreamTrack['readyState'];

/** The tracks of each capture since `watchCaptures`. */
export async function captures(document: Page): Promise<TrackState[][]> {
  return await statesOf(document, 'captures');
}

async function statesOf(document: Page, which: 'captures' | 'shown'): Promise<TrackState[][]> {
  return await document.evaluate(
    (name) =>
      ((globalThis as TracksWorld)[name] ?? []).map((tracks) =>
        tracks.map(({ readyState }) => readyState),
      ),
    which,
  );
}

/** From now on remembers the tracks that this share shows from this offscreen document. */
export async function watchShown(document: Page, shareId: string): Promise<void> {
  await document.evaluate((id) => {
    const world = globalThis as TracksWorld;
    const tracks = world.tallowShares?.stream(id)?.getTracks() ?? [];
    world.shown = [...(world.shown ?? []), tracks];
  }, shareId);
}

/** The tracks of each share for which `watchShown` was called. */
export async function shown(document: Page): Promise<TrackState[][]> {
  return await statesOf(document, 'shown');
}

export interface Mark {
  readonly text: string;
  readonly title: string;
  /** Red, green, blue, opacity. */
  readonly colour: readonly number[];
}

/** The toolbar button as it is while this tab is in front; null: while another is. */
export async function markOf(owner: ExtensionBrowser, tabId: number | null): Promise<Mark> {
  const page = await owner.driver();
  return await page.evaluate(async (id) => {
    const of = id === null ? {} : { tabId: id };
    const [text, title, colour] = await Promise.all([
      chrome.action.getBadgeText(of),
      chrome.action.getTitle(of),
      chrome.action.getBadgeBackgroundColor(of),
    ]);
    return { text, title, colour: [...colour] };
  }, tabId);
}
