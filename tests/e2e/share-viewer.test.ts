import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byName, find, press, readable, textOf } from '../support/accessible.ts';
import { ensureBuild, TEST_CAPTURE } from '../support/builds.ts';
import { expectCalm, startPairedDuo, type PairedDuo } from '../support/duo.ts';
import { breakSessions, onMediaConnection } from '../support/media-connections.ts';
import {
  OTHER,
  playTone,
  servePages,
  STEADY,
  stopTone,
  type Colour,
  type SharedPages,
} from '../support/shared-page.ts';
import {
  closePopup,
  framesShown,
  isColour,
  pixel,
  shareTab,
  untilColour,
  untilSharing,
  untilWatching,
  viewerOf,
} from '../support/shares.ts';
import { startSites, type Sites } from '../support/sites.ts';
import { intend } from '../support/snapshot.ts';
import { until } from '../support/wait.ts';

/** The page that shows a share, in a real share: what a person sees, hears and does there. */

const PICTURES = fileURLToPath(new URL('../.artefacts', import.meta.url));
/** Over a part of the shared page that does not change. */
const AT = [0.75, 0.5] as const;
/** What the laser's middle is drawn with. */
const LASER: Colour = [255, 45, 32];

let duo: PairedDuo;
let sites: Sites;
let pages: SharedPages;
let tab: Page;
let viewer: Page;
let shareId: string;

beforeAll(async () => {
  // Sound without a click is the browser's own affair here, as it is for people.
  const started = startPairedDuo({ extension: await ensureBuild(TEST_CAPTURE) });
  [duo, sites] = await Promise.all([started, startSites()]);
  pages = servePages(sites.page);
  tab = await duo.laptop.browser.openUrl(pages.first);
  await playTone(tab);
  const { popup } = await shareTab(duo.laptop, tab, 'Desktop');
  await closePopup(popup);
  ({ shareId } = await untilWatching(duo.desktop, ['asked']));
  await intend(duo.desktop.browser, { type: 'share/accept', shareId });
  await untilWatching(duo.desktop, ['watching']);
});
afterAll(async () => {
  expectCalm(duo.laptop, duo.desktop);
  await Promise.all([duo.close(), sites.close()]);
});

const box = () =>
  viewer.$eval('video', (video) => {
    const { left, top, width, height } = video.getBoundingClientRect();
    return { left, top, width, height };
  });
const pictureSize = () =>
  viewer.$eval('video', (video) => ({ width: video.videoWidth, height: video.videoHeight }));
const muted = () => viewer.$eval('video', (video) => video.muted);

/** Whether the browser itself says that the viewer's tab makes a sound. */
async function audible(): Promise<boolean> {
  const page = await duo.desktop.browser.driver();
  return await page.evaluate(
    async (url) => {
      const tabs = await chrome.tabs.query({ url });
      return tabs.some((each) => each.audible === true);
    },
    duo.desktop.browser.url(`viewer.html?share=${shareId}`),
  );
}

/** The place of the picture's part `at` in the page. */
async function placeOf([x, y]: readonly [number, number]): Promise<readonly [number, number]> {
  const { left, top, width, height } = await box();
  const picture = await pictureSize();
  const scale = Math.min(width / picture.width, height / picture.height);
  return [
    left + width / 2 + (x - 0.5) * picture.width * scale,
    top + height / 2 + (y - 0.5) * picture.height * scale,
  ];
}

describe('the window', () => {
  it('opens by itself, and is heard without a click', async () => {
    // Before a test does anything in it: for the browser that would be a person.
    await until('a sound', audible);
    viewer = await viewerOf(duo.desktop.browser, shareId);
    expect(await muted()).toBe(false);
  });

  it('is named after what it shows, which fits into it', async () => {
    await untilColour(viewer, AT, STEADY);
    expect(await viewer.title()).toBe(`${pages.firstTitle} – Laptop`);
    expect(await viewer.$$('video')).toHaveLength(1);
    const { left, top, width, height } = await box();
    const view = await viewer.evaluate(() => ({ width: innerWidth, height: innerHeight }));
    expect(left).toBeGreaterThanOrEqual(0);
    expect(top).toBeGreaterThanOrEqual(0);
    expect(left + width).toBeLessThanOrEqual(view.width);
    expect(top + height).toBeLessThanOrEqual(view.height);
  });

  it('says what comes and how it is protected', async () => {
    const details = await until('the details', async () => {
      const text = await textOf(viewer, 'status', 'Stream details');
      return /^(\d+) × (\d+) · (\d+) fps · ([\d.]+) ([kM])bit\/s · ([\d.]+) ms delay · Direct, same network/.exec(
        text,
      );
    });
    const [, width, height, fps, rate, unit, delay] = details;
    expect({ width: Number(width), height: Number(height) }).toEqual(await pictureSize());
    expect(Number(fps)).toBeGreaterThan(0);
    expect(Number(fps)).toBeLessThanOrEqual(31);
    const bitrate = Number(rate) * (unit === 'M' ? 1e6 : 1e3);
    expect(bitrate).toBeGreaterThan(1_000);
    expect(bitrate).toBeLessThan(8_000_000);
    expect(Number(delay)).toBeGreaterThan(0);
    expect(Number(delay)).toBeLessThan(2_000);
    expect(details.input).toMatch(/Protected: ML-KEM-768 \+ X25519$/);
  });

  it.each(['light', 'dark'] as const)('is kept as a picture in %s', async (scheme) => {
    await viewer.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: scheme },
      { name: 'prefers-reduced-motion', value: 'reduce' },
    ]);
    await mkdir(PICTURES, { recursive: true });
    await viewer.screenshot({ path: join(PICTURES, `viewer-${scheme}.png`) as `${string}.png` });
  });
});

describe('its sound', () => {
  it('is switched off and on', async () => {
    await press(viewer, 'button', 'Turn sound off');
    expect(await muted()).toBe(true);
    await press(viewer, 'button', 'Turn sound on');
    expect(await muted()).toBe(false);
  });

  it('is as loud as the slider says', async () => {
    await (await find(viewer, 'slider', 'Volume')).focus();
    await viewer.keyboard.press('Home');
    expect(await viewer.$eval('video', ({ volume }) => volume)).toBe(0);
    await viewer.keyboard.press('End');
    expect(await viewer.$eval('video', ({ volume }) => volume)).toBe(1);
    await stopTone(tab);
  });
});

describe('how it is looked at', () => {
  it('fills the screen, and goes back', async () => {
    await press(viewer, 'button', 'Full screen');
    await until('full screen', () => viewer.evaluate(() => document.fullscreenElement !== null));
    await until('a picture as large as the screen', async () => {
      const { width, height } = await box();
      return viewer.evaluate(
        (w, h) => Math.abs(w - innerWidth) < 1 && Math.abs(h - innerHeight) < 1,
        width,
        height,
      );
    });
    await viewer.screenshot({ path: join(PICTURES, 'viewer-full.png') as `${string}.png` });
    await press(viewer, 'button', 'Full screen');
    await until('a window', () => viewer.evaluate(() => document.fullscreenElement === null));
  });

  it('goes into a small window over others, and back', async () => {
    const small = () =>
      viewer.evaluate(() => document.pictureInPictureElement === document.querySelector('video'));
    await press(viewer, 'button', 'Picture in picture');
    await until('the small window', small);
    await press(viewer, 'button', 'Picture in picture');
    await until('none', async () => !(await small()));
  });

  it.each([1, 2])('one of its pixels is one of a screen with %i for each CSS pixel', async (n) => {
    const view = await viewer.evaluate(() => ({ width: innerWidth, height: innerHeight }));
    await viewer.setViewport({ ...view, deviceScaleFactor: n });
    await press(viewer, 'button', 'Real pixels');
    const { width, height } = await pictureSize();
    await until('real pixels', async () => {
      const shown = await box();
      return Math.abs(shown.width * n - width) < 1 && Math.abs(shown.height * n - height) < 1;
    });
    await press(viewer, 'button', 'Real pixels');
    await viewer.setViewport(null);
  });
});

describe('a picture that does not come', () => {
  it('stays as it was, is said, and goes on by itself', async () => {
    await onMediaConnection(duo.laptop.browser, async (connection) => {
      const sender = connection.getSenders().find(({ track }) => track?.kind === 'video');
      Object.assign(globalThis, { held: sender?.track });
      await sender?.replaceTrack(null);
    });
    await until('the note', async () => (await readable(viewer)).includes('No picture is coming'));
    expect(isColour(await pixel(viewer, ...AT), STEADY)).toBe(true);
    await viewer.screenshot({ path: join(PICTURES, 'viewer-stalled.png') as `${string}.png` });

    const before = await framesShown(viewer);
    await onMediaConnection(duo.laptop.browser, async (connection) => {
      const { held } = globalThis as typeof globalThis & { held: MediaStreamTrack };
      const { sender } = connection.getTransceivers()[0] ?? {};
      await sender?.replaceTrack(held);
    });
    await until('no note', async () => !(await readable(viewer)).includes('No picture is coming'));
    await until('more frames', async () => (await framesShown(viewer)) > before);
  });

  it('[SH6] stays until another session brings the next: nothing black between them', async () => {
    const place = await placeOf(AT);
    const painted: (Colour | null)[] = [];
    await watchFrames();
    await breakAndRecover(async () => painted.push(await paintedAt(place)));
    expect(painted.filter((colour) => !isColour(colour, STEADY))).toEqual([]);
    const frames = await watchedFrames();
    expect(frames.filter((colour) => !isColour(colour, STEADY))).toEqual([]);
  });

  it('[SH6] stays in the small window meanwhile', async () => {
    const small = () => viewer.evaluate(() => document.pictureInPictureElement !== null);
    await press(viewer, 'button', 'Picture in picture');
    await until('the small window', small);
    await breakAndRecover(async () => expect(await small()).toBe(true));
    await press(viewer, 'button', 'Picture in picture');
    await until('no small window', async () => !(await small()));
  });
});

/** The session is lost, and another one brings the picture again; `look` runs all the while. */
async function breakAndRecover(look: () => Promise<unknown>): Promise<void> {
  const before = await framesShown(viewer);
  await breakSessions(duo.desktop.browser);
  await untilWatching(duo.desktop, ['stalled']);
  await until('more frames', async () => {
    await look();
    return (await framesShown(viewer)) > before + 3;
  });
  await untilSharing(duo.laptop, ['live']);
  await untilWatching(duo.desktop, ['watching']);
}

interface FrameWatch {
  readonly colours: Colour[];
}

/** Looks at each frame that the picture changes to, until `watchedFrames`. */
async function watchFrames(): Promise<void> {
  await viewer.evaluate(
    (x, y) => {
      const video = document.querySelector('video');
      const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
      const colours: Colour[] = [];
      const look = () => {
        if (video === null || context === null) return;
        context.clearRect(0, 0, 1, 1);
        const [left, top] = [x * video.videoWidth, y * video.videoHeight];
        context.drawImage(video, left, top, 1, 1, 0, 0, 1, 1);
        const [red = 0, green = 0, blue = 0, alpha] = context.getImageData(0, 0, 1, 1).data;
        // Between two tracks there is none to be had, while the last one stays painted.
        if (alpha !== 0) colours.push([red, green, blue]);
        requestAnimationFrame(look);
      };
      look();
      Object.assign(globalThis, { watch: { colours } satisfies FrameWatch });
    },
    ...AT,
  );
}

async function watchedFrames(): Promise<readonly Colour[]> {
  return await viewer.evaluate(
    () => (globalThis as typeof globalThis & { watch: FrameWatch }).watch.colours,
  );
}

/** What a person sees at this place of the window, whatever the page believes. */
async function paintedAt([x, y]: readonly [number, number]): Promise<Colour | null> {
  const clip = { x: Math.floor(x), y: Math.floor(y), width: 1, height: 1 };
  const png = await viewer.screenshot({ clip, encoding: 'base64' });
  const page = await duo.desktop.browser.driver();
  return await page.evaluate(async (data) => {
    const answer = await fetch(`data:image/png;base64,${data}`);
    const bitmap = await createImageBitmap(await answer.blob());
    const context = new OffscreenCanvas(1, 1).getContext('2d');
    if (context === null) return null;
    context.drawImage(bitmap, 0, 0);
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue] as const;
  }, png);
}

describe('a second window', () => {
  it('shows the same without its sound, and the share goes on without it', async () => {
    const second = await duo.desktop.browser.openUrl(viewer.url());
    await untilColour(second, AT, STEADY);
    expect(await second.$eval('video', (video) => video.muted)).toBe(true);
    expect(await readable(second)).toContain('The sound plays in another window');
    expect(await muted()).toBe(false);
    const before = await framesShown(viewer);
    await until('more frames', async () => (await framesShown(viewer)) > before);
    await second.close();
    await expectGoesOn(1_500);
  });
});

/** Over a time in which a share that was thought to be left would have ended. */
async function expectGoesOn(ms: number): Promise<void> {
  const end = performance.now() + ms;
  const before = await framesShown(viewer);
  await until('the time to be over', async () => {
    const { shares } = await duo.desktop.view.read();
    const share = shares.find((each) => each.shareId === shareId);
    expect(share?.state.type).toBe('watching');
    return performance.now() > end;
  });
  expect(await framesShown(viewer)).toBeGreaterThan(before);
}

describe('[SH10] the pointer', () => {
  it('is shown in the tab where the sharer allows it, and nowhere otherwise', async () => {
    expect(await viewer.$(byName('button', 'Show my pointer'))).toBeNull();
    const popup = await duo.laptop.browser.popup(tab);
    await press(popup, 'switch', 'Show where Desktop points');
    await find(viewer, 'button', 'Show my pointer');
    const drawn = () => tab.$('[id^="tallow-laser-"]');
    expect(await drawn()).toBeNull();

    const [x, y] = await placeOf(AT);
    await viewer.mouse.move(x, y);
    await until('the point in the tab', drawn);
    // It is in the tab, so it is in the picture, under the pointer.
    await untilColour(viewer, AT, LASER);
    // Also above what the page itself puts above everything.
    await tab.evaluate(
      (background) => {
        const dialog = document.body.appendChild(document.createElement('dialog'));
        Object.assign(dialog.style, {
          ...{ inset: '0', width: '100%', height: '100%', maxWidth: 'none', maxHeight: 'none' },
          ...{ boxSizing: 'border-box', border: '0', background },
        });
        dialog.showModal();
      },
      `rgb(${OTHER.join(' ')})`,
    );
    await untilColour(viewer, [0.25, 0.25], OTHER);
    await viewer.mouse.move(x + 1, y);
    await untilColour(viewer, AT, LASER);
    await tab.evaluate(() => document.querySelector('dialog')?.remove());
    await viewer.mouse.move(1, 1);
    await until('no point', async () => (await drawn()) === null);

    await press(popup, 'switch', 'Show where Desktop points');
    await until('no button', async () => !(await viewer.$(byName('button', 'Show my pointer'))));
    await closePopup(popup);
  });
});

describe('background', () => {
  it('may die: the picture goes on, and "Stop" ends it on both sides', async () => {
    await Promise.all([duo.desktop.browser.killWorker(), duo.laptop.browser.killWorker()]);
    await expectGoesOn(2_000);
    const pressed = performance.now();
    await press(viewer, 'button', 'Stop');
    await untilSharing(duo.laptop, ['ended']);
    expect(performance.now() - pressed).toBeLessThan(1_000);
    await until('the sentence', async () =>
      (await readable(viewer)).includes('You stopped watching'),
    );
  });

  it('a window that is closed after that ends its share too', async () => {
    const { popup } = await shareTab(duo.laptop, tab, 'Desktop');
    await closePopup(popup);
    const { shareId: next } = await untilWatching(duo.desktop, ['asked']);
    await intend(duo.desktop.browser, { type: 'share/accept', shareId: next });
    // The window that showed the one before takes it.
    viewer = await viewerOf(duo.desktop.browser, next);
    await untilColour(viewer, AT, STEADY);
    await duo.desktop.browser.killWorker();
    const closed = performance.now();
    await viewer.close();
    const { state } = await untilSharing(duo.laptop, ['ended']);
    // Not as late as one that may be loaded again.
    expect(performance.now() - closed).toBeLessThan(2_500);
    expect(state).toMatchObject({ reason: 'closed', by: 'peer' });
  });
});
