/** A share as people begin it, with clocks at the button's click and at the first picture. */
import type { Page, Target } from 'puppeteer';
import { press } from '../tests/support/accessible.ts';
import type { PairedDuo, Side } from '../tests/support/duo.ts';
import { closePopup, type Sharing, untilSharing, untilWatching } from '../tests/support/shares.ts';
import { Follower, intend } from '../tests/support/snapshot.ts';
import { until, within } from '../tests/support/wait.ts';
import type { Place, ShownLine } from './plain-share.ts';

const TIMEOUT_MS = 30_000;
const CLICKED_AT = 'benchClickedAt';

interface World {
  withoutTransform?: typeof RTCRtpScriptTransform;
}

export interface OurShareOptions {
  /** `clear`: Laptop's browser seems not to have the transform that encrypts frames. */
  readonly frames: 'encrypted' | 'clear';
}

export class OurShare {
  readonly page: Page;
  /** From the click on "Share this tab with …" to the first frame that the viewer's page presents. */
  readonly clickToFrameMs: number;
  readonly tabId: number;
  readonly #duo: PairedDuo;
  readonly #shareId: string;

  private constructor(
    duo: PairedDuo,
    page: Page,
    { shareId, sourceId }: Sharing,
    clickToFrameMs: number,
  ) {
    this.#duo = duo;
    this.page = page;
    this.#shareId = shareId;
    this.tabId = Number(sourceId.slice('tab:'.length));
    this.clickToFrameMs = clickToFrameMs;
  }

  /** Of a tab that is not shared; no viewer may be open. */
  static async start(duo: PairedDuo, tab: Page, { frames }: OurShareOptions): Promise<OurShare> {
    const { laptop, desktop } = duo;
    await follow(laptop, desktop);
    if (frames === 'clear') await hideTransform(laptop);
    const popup = await laptop.browser.popup(tab);
    await popup.evaluate(noteClick, CLICKED_AT);
    const isViewer = (target: Target) =>
      target.url().startsWith(desktop.browser.url('viewer.html'));
    const opened = desktop.browser.browser.waitForTarget(isViewer, { timeout: TIMEOUT_MS });
    const shown = opened.then(async (target) => await firstFrame(await target.asPage()));
    // Where the click comes to nothing that is what is told.
    shown.catch(() => undefined);
    await press(popup, 'button', 'Share this tab with Desktop');
    if (frames === 'clear') {
      const { shareId } = await untilWatching(desktop, ['asked']);
      await intend(desktop.browser, { type: 'share/accept', shareId });
      await untilSharing(laptop, ['unprotected']);
      await intend(laptop.browser, { type: 'share/unprotected', shareId });
    }
    const frame = await within('a first frame', TIMEOUT_MS, shown);
    const sharing = await untilSharing(laptop, ['live']);
    const { protection } = await untilWatching(desktop, ['watching']);
    const expected = frames === 'encrypted' ? 'protected' : 'unprotected';
    if (protection.type !== expected) throw new Error(`the share is ${protection.type}`);
    if (frames === 'clear') await bringTransformBack(laptop);
    await closePopup(popup);
    const driver = await laptop.browser.driver();
    const clickedAt = await driver.evaluate((key) => Number(localStorage.getItem(key)), CLICKED_AT);
    // Followers are told of each second's statistics; nobody would be there to listen.
    await Promise.all([laptop.view.close(), desktop.view.close()]);
    const page = await (await opened).asPage();
    return new OurShare(duo, page, sharing, frame - clickedAt);
  }

  async line(): Promise<ShownLine> {
    const { desktop } = this.#duo;
    await follow(desktop);
    const found = await desktop.view.until('statistics of the share', ({ shares }) => {
      const line = shares.find(({ shareId }) => shareId === this.#shareId)?.line;
      return line?.size != null && { codec: line.codec, size: line.size };
    });
    await desktop.view.close();
    return found;
  }

  /** Where the viewer's page has its picture. */
  async place(): Promise<Place> {
    return await this.page.evaluate(() => {
      const video = document.querySelector('video');
      if (video === null) throw new Error('no video');
      const { left, top, width, height } = video.getBoundingClientRect();
      return {
        window: { width: outerWidth, height: outerHeight },
        picture: { left, top, width, height },
      };
    });
  }

  /** Resolves when both sides know, and the viewer's page is closed. */
  async stop(): Promise<void> {
    const { laptop, desktop } = this.#duo;
    await follow(laptop, desktop);
    const shareId = this.#shareId;
    await intend(laptop.browser, { type: 'share/stop', shareId });
    for (const { view } of [laptop, desktop]) {
      await view.until('the end of the share', ({ shares }) =>
        shares.every((share) => share.shareId !== shareId || share.state.type === 'ended'),
      );
    }
    await this.page.close();
  }
}

/** A follower that was closed reads on by the same driver page. */
async function follow(...sides: readonly Side[]): Promise<void> {
  await Promise.all(sides.map(({ browser }) => Follower.open(browser)));
}

async function hideTransform({ browser }: Side): Promise<void> {
  await inOffscreen({ browser }, () => {
    const world = globalThis as World & { RTCRtpScriptTransform?: typeof RTCRtpScriptTransform };
    if (world.RTCRtpScriptTransform === undefined) throw new Error('it has none');
    world.withoutTransform = world.RTCRtpScriptTransform;
    delete world.RTCRtpScriptTransform;
  });
}

async function bringTransformBack({ browser }: Side): Promise<void> {
  await inOffscreen({ browser }, () => {
    const { withoutTransform } = globalThis as World;
    Object.assign(globalThis, { RTCRtpScriptTransform: withoutTransform });
  });
}

async function inOffscreen({ browser }: Pick<Side, 'browser'>, script: () => void): Promise<void> {
  const target = await until('the document of connections', () => browser.offscreenTarget());
  await (await target.asPage()).evaluate(script);
}

/**
 * When the first frame of the page's video is to be seen, in milliseconds since 1970.
 *
 * @throws Error where frames had been shown before anyone looked
 */
async function firstFrame(page: Page): Promise<number> {
  const seen = await until('the page', async () => {
    try {
      return await page.evaluate(waitForFrame);
    } catch (error) {
      // The document of before its address was loaded.
      if (String(error).includes('context')) return undefined;
      throw error;
    }
  });
  if (seen.before > 0) throw new Error(`${seen.before} frames were shown already`);
  return seen.at;
}

/* What follows runs in the pages. */

function noteClick(key: string): void {
  addEventListener(
    'click',
    ({ timeStamp }) => localStorage.setItem(key, String(performance.timeOrigin + timeStamp)),
    { capture: true, once: true },
  );
}

function waitForFrame(): Promise<{ readonly at: number; readonly before: number }> {
  return new Promise((resolve) => {
    const look = () => {
      const video = document.querySelector('video');
      const before = video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
      video?.requestVideoFrameCallback((_, { expectedDisplayTime }) =>
        resolve({ at: performance.timeOrigin + expectedDisplayTime, before }),
      );
      return video !== null;
    };
    if (look()) return;
    const watch = new MutationObserver(() => {
      if (look()) watch.disconnect();
    });
    watch.observe(document, { childList: true, subtree: true });
  });
}
