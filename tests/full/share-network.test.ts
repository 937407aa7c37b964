import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingParts } from '../../scripts/system/parts.ts';
import { find, press } from '../support/accessible.ts';
import { expectCalm, type PairedDuo, type Side } from '../support/duo.ts';
import { CHANGING, servePages, STEADY } from '../support/shared-page.ts';
import { ShapedRelay } from '../support/shaped-relay.ts';
import {
  acceptShare,
  closePopup,
  framesShown,
  shareTab,
  startShareDuo,
  untilColour,
  untilSharing,
  untilWatching,
} from '../support/shares.ts';
import { SilentProxy } from '../support/silent-proxy.ts';
import { startSites, type Sites } from '../support/sites.ts';
import { Follower, intend } from '../support/snapshot.ts';
import { serveTextPage, stripeContrast, turnEvery } from '../support/text-page.ts';
import { startTurn, type LoopbackTurn } from '../support/turn.ts';
import { until } from '../support/wait.ts';

/** A share over a bad line: all of it goes through a relay behind a line that obeys the test. */

const PICTURES = fileURLToPath(new URL('../.artefacts', import.meta.url));
const CUT_MS = 10_000;
const WINDOW_MS = 10_000;
/** A share that must go down a long way has so long for it. */
const SETTLE_MS = 10_000;
/** Somebody turns a page: every letter is another one. */
const TURN_MS = 5_000;
/** Of stripes of two pixels: two thirds of black and white have run into one grey. */
const READABLE = 100;

interface Figures {
  /** Shown a second. */
  readonly fps: number;
  /** Bits a second that the sharer says it sends. */
  readonly bitrate: number;
  /** And that the line carried, with all headers. */
  readonly carried: number;
  /** Part of its datagrams that found the queue full. */
  readonly lost: number;
  /** Of the finest pattern that is shown, the least that was seen. */
  readonly contrast: number;
}

const missing = missingParts(['coturn']);

describe.skipIf(missing.length > 0)('a share over a line that gets worse', () => {
  let duo: PairedDuo;
  let sites: Sites;
  let turn: LoopbackTurn;
  let relay: ShapedRelay;
  let proxy: SilentProxy;
  let page: Page;
  let viewer: Page;
  let shareId: string;

  beforeAll(async () => {
    [duo, sites, turn] = await Promise.all([
      startShareDuo({ launch: { args: ['--window-size=1300,900'] } }),
      startSites(),
      startTurn(),
    ]);
    const port = Number(new URL(turn.url.replace('turn:', 'turn://')).port);
    relay = await ShapedRelay.start(port);
    proxy = await SilentProxy.start(duo.signaling.url);
    const near = turn.url.replace(`:${port}`, `:${relay.port}`);
    const { username, credential } = turn;
    await intend(duo.laptop.browser, {
      type: 'settings/set',
      settings: {
        privacyMode: true,
        turnServers: `${near} ${username} ${credential}`,
        signalingUrl: proxy.url,
      },
    });
    await intend(duo.desktop.browser, {
      type: 'settings/set',
      settings: { privacyMode: true, turnServers: `${turn.url} ${username} ${credential}` },
    });
    await mkdir(PICTURES, { recursive: true });
  });
  afterAll(async () => {
    expectCalm(duo.laptop, duo.desktop);
    await Promise.all([duo.close(), sites.close(), turn.stop(), relay.stop(), proxy.close()]);
  });

  async function share(url: string): Promise<void> {
    page = await duo.laptop.browser.openUrl(url);
    const { popup } = await shareTab(duo.laptop, page, 'Desktop');
    const accepted = await acceptShare(duo.desktop);
    viewer = accepted.viewer;
    shareId = accepted.share.shareId;
    await untilSharing(duo.laptop, ['live']);
    await closePopup(popup);
  }

  async function untilEnded({ view }: Side): Promise<void> {
    await view.until('its end', ({ shares }) =>
      shares.some((one) => one.shareId === shareId && one.state.type === 'ended'),
    );
  }

  async function stop(): Promise<void> {
    await intend(duo.laptop.browser, { type: 'share/stop', shareId });
    await Promise.all([untilEnded(duo.laptop), untilEnded(duo.desktop)]);
    await page.close();
  }

  describe('without its service workers', () => {
    beforeAll(async () => {
      await share(servePages(sites.page).first);
    });

    it('goes over the relay', async () => {
      await untilColour(viewer, [0.75, 0.5], STEADY);
      const { line } = await duo.desktop.view.until('a line', ({ shares }) =>
        shares.find((one) => one.shareId === shareId && one.line !== null),
      );
      expect(line?.path?.kind).toBe('relay');
      expect((await relay.counts()).up.bits).toBeGreaterThan(0);
    });

    it('frames go on when the workers of both sides are killed, and both list the share anew', async () => {
      for (const { view, browser } of [duo.laptop, duo.desktop]) {
        await view.close();
        await browser.killWorker();
      }
      const before = await framesShown(viewer);
      for (const colour of CHANGING.slice(0, 2)) await untilColour(viewer, [0.25, 0.5], colour);
      expect(await framesShown(viewer)).toBeGreaterThan(before);
      await Promise.all([duo.laptop, duo.desktop].map(({ browser }) => Follower.open(browser)));
      expect((await untilSharing(duo.laptop, ['live'])).shareId).toBe(shareId);
      expect((await untilWatching(duo.desktop, ['watching'])).shareId).toBe(shareId);
    });

    it('is stopped from a popup of the new worker', async () => {
      const popup = await duo.laptop.browser.popup(page);
      await find(popup, 'status', 'Sharing Changing colours with Desktop');
      await press(popup, 'button', 'Stop sharing');
      await Promise.all([untilEnded(duo.laptop), untilEnded(duo.desktop)]);
      await closePopup(popup);
      await page.close();
    });
  });

  describe('that is narrow, or cut', () => {
    beforeEach(async () => {
      await share(serveTextPage(sites.page));
    });
    // One that was on a narrow line takes its time: the next begins anew.
    afterEach(async () => {
      await relay.limit(null);
      await stop();
    });

    it('[SH11] has at least 3 frames a second of what can be read below 300 kbit/s', async () => {
      await turnEvery(page, TURN_MS);
      await relay.limit(300_000);
      const { fps, contrast } = await measure(300_000);
      expect(fps).toBeGreaterThanOrEqual(3);
      expect(contrast).toBeGreaterThan(READABLE);
    });

    it('[SH11] survives a drop to 150 kbit/s, with frames that can be read', async () => {
      await turnEvery(page, 1_000);
      await until('more than there will be', async () => (await sent()) > 400_000);
      await turnEvery(page, TURN_MS);
      await relay.limit(150_000);
      const { fps, contrast } = await measure(150_000);
      await viewer.screenshot({ path: join(PICTURES, 'share-150-kbit.png') });
      expect(fps).toBeGreaterThanOrEqual(1);
      expect(contrast).toBeGreaterThan(READABLE);
    });

    it('[SH5] [SH6] comes back by itself after ten seconds without any network', async () => {
      const start = performance.now();
      await relay.cut();
      proxy.fallSilent();
      await untilWatching(duo.desktop, ['stalled']);
      await pause(Math.max(0, CUT_MS - (performance.now() - start)));
      await relay.mend();
      proxy.speakAgain();
      const back = await duo.desktop.view.until(
        'the picture',
        ({ shares }) => {
          const asked = shares.find((one) => one.role === 'viewer' && one.state.type === 'asked');
          if (asked !== undefined) throw new Error('asked again');
          return shares.find((one) => one.shareId === shareId && one.state.type === 'watching');
        },
        { timeoutMs: 30_000 },
      );
      expect(back.shareId).toBe(shareId);
      const before = await framesShown(viewer);
      await until('frames', async () => (await framesShown(viewer)) > before + 5);
      console.log(
        `  the picture is back ${Math.round(performance.now() - start - CUT_MS)} ms after`,
      );
    });

    /** Bits a second that the sharer sends, as it says itself. */
    async function sent(): Promise<number> {
      return (await untilSharing(duo.laptop, ['live'])).line?.bitrate ?? 0;
    }

    /** What is left of it over some seconds, once it has come down. */
    async function measure(limit: number): Promise<Figures> {
      await pause(SETTLE_MS);
      const [frames, { up: before }] = [await framesShown(viewer), await relay.counts()];
      const start = performance.now();
      const rates: number[] = [];
      const contrasts: number[] = [];
      while (performance.now() - start < WINDOW_MS) {
        await pause(1_000);
        rates.push(await sent());
        contrasts.push((await stripeContrast(viewer, page)) ?? 0);
      }
      const seconds = (performance.now() - start) / 1000;
      const [framesAfter, { up: after }] = [await framesShown(viewer), await relay.counts()];
      const figures: Figures = {
        fps: (framesAfter - frames) / seconds,
        bitrate: rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
        carried: (after.bits - before.bits) / seconds,
        lost: (after.dropped - before.dropped) / (after.passed - before.passed),
        contrast: Math.min(...contrasts),
      };
      console.log(`  ${limit / 1000} kbit/s: ${JSON.stringify(figures)}`);
      // The line is as narrow as it was told, and the share does not fill its queue.
      expect(figures.carried).toBeLessThan(limit * 1.05);
      expect(figures.bitrate).toBeLessThan(limit);
      expect(figures.lost).toBeLessThan(0.05);
      return figures;
    }
  });
});
