/** Sharing a tab from one browser with another, as people do it, and what the viewer's page shows. */
import type { Page } from 'puppeteer';
import type { DeviceView } from '../../lib/messaging/snapshot.ts';
import type { ShareView } from '../../lib/share/views.ts';
import { press } from './accessible.ts';
import type { ExtensionBrowser } from './browser.ts';
import { ensureBuild, TEST_CAPTURE } from './builds.ts';
import {
  startPairedDuo,
  startSide,
  untilOnline,
  type Duo,
  type DuoOptions,
  type PairedDuo,
  type Side,
} from './duo.ts';
import { pair } from './pair.ts';
import type { Colour } from './shared-page.ts';
import { intend } from './snapshot.ts';
import { until, type WaitOptions } from './wait.ts';

/** How far a colour may be from the one that was drawn, after an encoder of 4:2:0. */
const TOLERANCE = 30;

export type Sharing = Extract<ShareView, { role: 'sharer' }>;
export type Watching = Extract<ShareView, { role: 'viewer' }>;

/** As `startPairedDuo`, where tabs may be captured without asking, and pages play without a click. */
export async function startShareDuo(options: DuoOptions = {}): Promise<PairedDuo> {
  return await startPairedDuo(await forShares(options));
}

/** One more such browser, paired with Laptop. */
export async function startViewer(
  name: string,
  { laptop, signaling }: Duo,
  options: DuoOptions = {},
): Promise<Side> {
  const side = await startSide(name, signaling, await forShares(options));
  await pair(side.browser, laptop.browser);
  await Promise.all([untilOnline(laptop, name), untilOnline(side, 'Laptop')]);
  return side;
}

async function forShares(options: DuoOptions): Promise<DuoOptions> {
  const extension = options.extension ?? (await ensureBuild(TEST_CAPTURE));
  const args = ['--autoplay-policy=no-user-gesture-required', ...(options.launch?.args ?? [])];
  return { ...options, extension, launch: { ...options.launch, args } };
}

/** Whether what the device shares is shown without asking. */
export async function setShareRule(
  { browser, view }: Side,
  deviceId: string,
  rule: DeviceView['shareRule'],
): Promise<void> {
  await intend(browser, { type: 'device/share-rule', deviceId, rule });
  await view.until(`the rule "${rule}"`, ({ devices }) =>
    devices.some((device) => device.deviceId === deviceId && device.shareRule === rule),
  );
}

/** Presses "Share this tab with ‹name›" in the real popup over `page`, and gives the open popup. */
export async function shareTab(
  { browser }: Side,
  page: Page,
  name: string,
): Promise<{ popup: Page; clickedAt: number }> {
  const popup = await browser.popup(page);
  const button = `Share this tab with ${name}`;
  const clickedAt = Date.now();
  await press(popup, 'button', button);
  return { popup, clickedAt };
}

/** The popup. The browser may have closed it by itself: it does so once the tab below it is captured. */
export async function closePopup(popup: Page): Promise<void> {
  await popup.close().catch(() => undefined);
}

export interface ShareWaitOptions extends WaitOptions {
  /** Those of before, of which none is meant. */
  readonly known?: ReadonlySet<string>;
}

/** Ids of the shares that a side knows, to tell a new one from those before. */
export async function knownShares({ view }: Side): Promise<ReadonlySet<string>> {
  return new Set((await view.read()).shares.map(({ shareId }) => shareId));
}

/** The newest share of this side's own, once it is in one of `states`. */
export async function untilSharing(
  side: Side,
  states: readonly Sharing['state']['type'][],
  options?: ShareWaitOptions,
): Promise<Sharing> {
  return await untilShare(side, 'sharer', states, options);
}

/** The newest share that comes from another device, once it is in one of `states`. */
export async function untilWatching(
  side: Side,
  states: readonly Watching['state']['type'][],
  options?: ShareWaitOptions,
): Promise<Watching> {
  return await untilShare(side, 'viewer', states, options);
}

async function untilShare<Role extends ShareView['role']>(
  { view }: Side,
  role: Role,
  states: readonly string[],
  { known, ...options }: ShareWaitOptions = {},
): Promise<Extract<ShareView, { role: Role }>> {
  const is = (share: ShareView): share is Extract<ShareView, { role: Role }> => share.role === role;
  return await view.until(
    `a share as ${role} that is ${states.join(' or ')}`,
    ({ shares }) => {
      const newest = shares.filter(is).findLast(({ shareId }) => known?.has(shareId) !== true);
      return newest !== undefined && states.includes(newest.state.type) && newest;
    },
    options,
  );
}

/** The page on which a window or the whole screen is chosen, opened by the real popup over `page`. */
export async function openSharePage({ browser }: Side, page: Page, name: string): Promise<Page> {
  const popup = await browser.popup(page);
  const before = new Set(browser.browser.targets());
  await press(popup, 'button', `Share a window or the whole screen with ${name}`);
  const target = await browser.browser.waitForTarget(
    (each) => !before.has(each) && each.url().startsWith(browser.url('share.html')),
  );
  await closePopup(popup);
  return await target.asPage();
}

/** Accepts what is asked, and gives the page that shows it, which opens by itself. */
export async function acceptShare(side: Side): Promise<{ viewer: Page; share: Watching }> {
  const asked = await untilWatching(side, ['asked']);
  await intend(side.browser, { type: 'share/accept', shareId: asked.shareId });
  const viewer = await viewerOf(side.browser, asked.shareId);
  return { viewer, share: await untilWatching(side, ['watching']) };
}

/** The page that shows this share, once it is open. */
export async function viewerOf(owner: ExtensionBrowser, shareId: string): Promise<Page> {
  const url = owner.url(`viewer.html?share=${shareId}`);
  const target = await owner.browser.waitForTarget((each) => each.url() === url);
  const page = await target.asPage();
  await page.waitForSelector('video');
  return page;
}

/** The colour at a place of the picture that the page shows, each coordinate from 0 to 1. */
export async function pixel(viewer: Page, x: number, y: number): Promise<Colour | null> {
  return await viewer.evaluate(
    (left, top) => {
      const video = document.querySelector('video');
      if (video === null || video.videoWidth === 0 || video.readyState < 2) return null;
      const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
      const context = canvas.getContext('2d');
      if (context === null) return null;
      context.drawImage(video, 0, 0);
      const at = context.getImageData(left * canvas.width, top * canvas.height, 1, 1).data;
      return [at[0] ?? 0, at[1] ?? 0, at[2] ?? 0] as const;
    },
    x,
    y,
  );
}

export function isColour(got: Colour | null, drawn: Colour): boolean {
  return got !== null && got.every((value, at) => Math.abs(value - (drawn[at] ?? 0)) <= TOLERANCE);
}

/** Waits until the viewer's picture has this colour at this place. */
export async function untilColour(
  viewer: Page,
  [x, y]: readonly [number, number],
  colour: Colour,
  options: WaitOptions = {},
): Promise<void> {
  let last: Colour | null = null;
  await until(
    `the colour ${colour.join(' ')} at ${x} ${y}`,
    async () => {
      last = await pixel(viewer, x, y);
      return isColour(last, colour);
    },
    { describe: () => last, ...options },
  );
}

/** Waits until the viewer's picture has another colour at this place than it has now. */
export async function untilChange(
  viewer: Page,
  [x, y]: readonly [number, number],
  options: WaitOptions = {},
): Promise<void> {
  const before = await pixel(viewer, x, y);
  if (before === null) throw new Error('there is no picture');
  await until(
    `another colour than ${before.join(' ')}`,
    async () => {
      const now = await pixel(viewer, x, y);
      return now !== null && !isColour(now, before);
    },
    options,
  );
}

/** Frames that the page has shown so far. */
export async function framesShown(viewer: Page): Promise<number> {
  return await viewer.evaluate(() => {
    const video = document.querySelector('video');
    return video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
  });
}

/**
 * How loud what comes is over `ms`: the root of the mean square, 0 for silence. Read from the stream
 * that the page shows, whatever its volume.
 */
export async function loudness(viewer: Page, ms = 300): Promise<number> {
  return await viewer.evaluate(async (duration) => {
    const stream = document.querySelector('video')?.srcObject ?? null;
    // Of the offscreen document's window: it is no instance of this one's classes.
    if (stream === null || !('getAudioTracks' in stream)) return 0;
    const context = new AudioContext();
    await context.resume();
    const analyser = new AnalyserNode(context, { fftSize: 2048 });
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let loudest = 0;
    const until = performance.now() + duration;
    while (performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      analyser.getFloatTimeDomainData(samples);
      const mean = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      loudest = Math.max(loudest, Math.sqrt(mean));
    }
    await context.close();
    return loudest;
  }, ms);
}

/** Ids of tabs that are being captured, as the browser itself says. */
export async function capturedTabs(owner: ExtensionBrowser): Promise<number[]> {
  const page = await owner.driver();
  return await page.evaluate(async () => {
    const captured = await chrome.tabCapture.getCapturedTabs();
    return captured.filter(({ status }) => status === 'active').map(({ tabId }) => tabId);
  });
}

/**
 * As on another network ([IC9]): every connection of this document restarts ICE. Resolves when the
 * share's has new credentials on both ends.
 */
export async function restartIce(offscreen: Page): Promise<void> {
  const before = await mediaCredentials(offscreen);
  await offscreen.evaluate(() => dispatchEvent(new Event('online')));
  await until('new credentials of ICE', async () => {
    const now = await mediaCredentials(offscreen);
    return now.length === 2 && now.every((each, at) => each !== before[at]);
  });
}

/** `a=ice-ufrag` of the descriptions that are in use, this end's and the other's. */
async function mediaCredentials(offscreen: Page): Promise<string[]> {
  const prototype = await offscreen.evaluateHandle(() => RTCPeerConnection.prototype);
  const connections = await offscreen.queryObjects(prototype);
  return await connections.evaluate((all) =>
    all
      .filter(({ connectionState }) => connectionState !== 'closed')
      .filter((connection) => connection.getTransceivers().length > 0)
      .flatMap(({ currentLocalDescription, currentRemoteDescription }) =>
        [currentLocalDescription, currentRemoteDescription].map(
          (description) => /^a=ice-ufrag:(.*)$/m.exec(description?.sdp ?? '')?.[1] ?? '',
        ),
      ),
  );
}

/** From now on the browser has this one codec for pictures, and retransmission. */
export async function onlyCodec(offscreen: Page, mimeType: string): Promise<void> {
  await offscreen.evaluate((only) => {
    const before = RTCRtpReceiver.getCapabilities.bind(RTCRtpReceiver);
    RTCRtpReceiver.getCapabilities = (kind) => {
      const all = before(kind);
      if (kind !== 'video' || all === null) return all;
      const codecs = all.codecs.filter((codec) => [only, 'video/rtx'].includes(codec.mimeType));
      return { ...all, codecs };
    };
  }, mimeType);
}
