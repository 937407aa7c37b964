import puppeteer, { type Browser, type Page, type SerializedAXNode } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WatchingState } from '../../lib/share/states.ts';
import type { WatchedShare } from '../../lib/ui/viewer/port.ts';
import { startGallery } from '../../scripts/demo/ui-gallery/server.ts';
import { viewerScenes, type ViewerWindow } from '../../scripts/demo/ui-gallery/viewer.ts';
import { findChromium, sandboxArguments } from '../../scripts/system/chromium.ts';
import { byName, find, press, readable, textOf } from '../support/accessible.ts';
import { until } from '../support/wait.ts';

/** The page that shows a share alone, in a real browser over a picture drawn there. */

type Window = { readonly viewer: ViewerWindow };

let gallery: Awaited<ReturnType<typeof startGallery>>;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium found');
  gallery = await startGallery();
  // Whether sound may play without a click hangs on what was clicked before: share-viewer tests that.
  const args = [...sandboxArguments(), '--autoplay-policy=no-user-gesture-required'];
  browser = await puppeteer.launch({ executablePath, args });
  page = await browser.newPage();
});
afterAll(async () => {
  await browser.close();
  await gallery.server.close();
});

async function show(scene: string, width = 800): Promise<void> {
  await page.mouse.move(0, 0);
  await page.setViewport({ width, height: 600 });
  await page.goto(`${gallery.url}?page=viewer&scene=${scene}`);
  await page.waitForSelector('main');
}

/** Until the drawn picture is there. */
async function picture(): Promise<void> {
  await until('a picture', () =>
    page.$eval('video', (video) => video.readyState >= 2 && video.videoWidth === 1280),
  );
}

async function said(): Promise<ViewerWindow['said']> {
  return await page.evaluate(() => (window as unknown as Window).viewer.said);
}

async function points(): Promise<ViewerWindow['points']> {
  return await page.evaluate(() => (window as unknown as Window).viewer.points);
}

/** Publishes the scene's shares once more, the first with these parts replaced. */
async function change(parts: Partial<WatchedShare>): Promise<void> {
  await page.evaluate((changed) => {
    const { viewer } = window as unknown as Window;
    const [first, ...others] = viewer.snapshot.shares;
    const shares = [{ ...first, ...changed } as WatchedShare, ...others];
    // As over a port: nothing of it is the same object.
    viewer.publish(structuredClone({ ...viewer.snapshot, shares }));
  }, parts);
}

const become = (state: WatchingState) => change({ state });

function firstId(scene: string): string {
  return viewerScenes[scene]?.snapshot.shares[0]?.shareId ?? '';
}

describe('no scene is wider or higher than its window, and what can be pressed has a name', () => {
  const pressable = new Set(['button', 'slider', 'link', 'checkbox', 'switch']);
  const nameless = (node: SerializedAXNode): string[] => [
    ...(pressable.has(node.role) && !node.name ? [node.role] : []),
    ...(node.children ?? []).flatMap(nameless),
  ];

  it.each(Object.keys(viewerScenes))('%s at 320 px', async (scene) => {
    await show(scene, 320);
    const over = await page.evaluate(() => [
      document.documentElement.scrollWidth - document.documentElement.clientWidth,
      document.documentElement.scrollHeight - document.documentElement.clientHeight,
    ]);
    expect(Math.max(...over)).toBeLessThanOrEqual(0);
    const tree = await page.accessibility.snapshot();
    expect(tree?.children?.length).toBeGreaterThan(0);
    expect(tree && nameless(tree)).toEqual([]);
  });
});

describe('a share that is on', () => {
  it('is one picture, with controls by their names, in a window named after it', async () => {
    await show('viewer-live');
    await picture();
    expect(await page.$$('video')).toHaveLength(1);
    for (const name of ['Stop', 'Full screen', 'Picture in picture', 'Real pixels'])
      await find(page, 'button', name);
    await find(page, 'slider', 'Volume');
    expect(await page.title()).toBe('Candles: how tallow became light – Desktop');
  });

  it('shows what comes', async () => {
    await show('viewer-live');
    await picture();
    const [left = 0, top = 0, right = 0] = await page.$eval('video', (video) => {
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d');
      canvas.width = video.videoWidth;
      context?.drawImage(video, 0, 0);
      // The green bar.
      return [...(context?.getImageData(640, 50, 1, 1).data ?? [])];
    });
    for (const [got, drawn] of [
      [left, 0x20],
      [top, 0xa0],
      [right, 0x40],
    ] as const)
      expect(Math.abs(got - drawn)).toBeLessThanOrEqual(30);
  });

  it('says resolution, fps, bit rate, delay, path and protection, and reads none of it out', async () => {
    await show('viewer-live');
    const details = await textOf(page, 'status', 'Stream details');
    expect(details).toMatch(
      /^1920 × 1080 · 30 fps · 2\.9 Mbit\/s · 42 ms delay · Direct, same network/,
    );
    expect(details).toMatch(/Protected: ML-KEM-768 \+ X25519$/);
    const box = await find(page, 'status', 'Stream details');
    expect(await box.evaluate((node) => node.getAttribute('aria-live'))).toBe('off');
  });

  it('[SH3] names what is missing where it is not protected', async () => {
    await show('viewer-unprotected');
    const details = await textOf(page, 'status', 'Stream details');
    expect(details).toContain('Not protected by ML-KEM-768: this browser lacks frame encryption');
    expect(details).not.toContain('Protected:');
  });

  it('is stopped by its button', async () => {
    await show('viewer-live');
    await press(page, 'button', 'Stop');
    expect(await said()).toEqual([{ type: 'share/stop', shareId: firstId('viewer-live') }]);
  });

  it('is watched until it is over, and says why', async () => {
    await show('viewer-live');
    await picture();
    const watched = () =>
      page.evaluate(() => [...(window as unknown as Window).viewer.watched].length);
    expect(await watched()).toBe(1);
    await become({ type: 'ended', reason: 'stopped', by: 'peer' });
    await until('the sentence', async () =>
      (await readable(page)).includes('Desktop stopped sharing'),
    );
    expect(await page.$('video')).toBeNull();
    expect(await watched()).toBe(0);
    await find(page, 'button', 'Close this window');
  });

  it('a stalled picture stays as it was, is said, and goes on by itself', async () => {
    await show('viewer-live');
    await picture();
    await page.evaluate(() => Object.assign(window, { before: document.querySelector('video') }));
    const same = () =>
      page.evaluate(() => {
        const video = document.querySelector('video');
        const { before } = window as unknown as { before: HTMLVideoElement };
        return video === before && !video.paused;
      });
    await become({ type: 'stalled', cause: 'frames', since: 0 });
    await until('the note', async () => (await readable(page)).includes('No picture is coming'));
    expect(await same()).toBe(true);
    await become({ type: 'watching' });
    await until('no note', async () => !(await readable(page)).includes('No picture is coming'));
    expect(await same()).toBe(true);
  });

  it('is told to a screen reader by its state', async () => {
    await show('viewer-live');
    const told = () => page.$eval('main > [role=status]', (node) => node.textContent);
    expect(await told()).toBe('The picture is live');
    await become({ type: 'stalled', cause: 'path', since: 0 });
    await until('the news', async () => (await told())?.startsWith('The connection to Desktop'));
  });
});

describe('how it is looked at', () => {
  it('has its controls in one line, in the narrowest window too', async () => {
    await show('viewer-pointer', 320);
    const tops = await page.$$eval('.tools > :not(.grow)', (controls) =>
      controls.map((control) => control.getBoundingClientRect().top),
    );
    expect(tops).toHaveLength(7);
    expect(new Set(tops).size).toBe(1);
  });

  const box = () =>
    page.$eval('video', (video) => {
      const { width, height } = video.getBoundingClientRect();
      return { width, height };
    });

  it('fits the window, or one of its pixels is one of the screen', async () => {
    await show('viewer-live', 800);
    await picture();
    expect((await box()).width).toBeLessThanOrEqual(800);
    await press(page, 'button', 'Real pixels');
    expect(await box()).toEqual({ width: 1280, height: 720 });
    const pane = await find(page, 'region', 'Picture');
    expect(await pane.evaluate((node) => node.scrollWidth > node.clientWidth)).toBe(true);
    await press(page, 'button', 'Real pixels');
    expect((await box()).width).toBeLessThanOrEqual(800);
  });

  it('has the same by keys while the picture has the focus, and only then', async () => {
    await show('viewer-live', 800);
    await picture();
    await (await find(page, 'slider', 'Volume')).focus();
    await page.keyboard.press('z');
    expect((await box()).width).toBeLessThanOrEqual(800);
    await (await find(page, 'region', 'Picture')).focus();
    await page.keyboard.press('z');
    expect((await box()).width).toBe(1280);
    await page.keyboard.press('m');
    await find(page, 'button', 'Turn sound on');
  });

  it('fills the screen with its controls, which go when everything rests', async () => {
    await show('viewer-live');
    await picture();
    await press(page, 'button', 'Full screen');
    await until('full screen', () => page.evaluate(() => document.fullscreenElement !== null));
    await find(page, 'button', 'Stop');
    const opacity = () => page.$eval('.viewer-foot', (node) => getComputedStyle(node).opacity);
    await page.mouse.move(300, 200);
    await until('controls', async () => (await opacity()) === '1');
    await until('no controls', async () => (await opacity()) === '0');
    await page.mouse.move(310, 210);
    await until('controls again', async () => (await opacity()) === '1');
    await become({ type: 'ended', reason: 'stopped', by: 'peer' });
    await until('a window', () => page.evaluate(() => document.fullscreenElement === null));
  });
});

describe('without a mouse', () => {
  it('everything is reached and shows that it is', async () => {
    await show('viewer-pointer');
    await picture();
    const reached: string[] = [];
    for (let n = 0; n < 8; n++) {
      await page.keyboard.press('Tab');
      reached.push(
        await page.evaluate(() => {
          const element = document.activeElement ?? document.body;
          const { outlineStyle, outlineWidth } = getComputedStyle(element);
          const name = element.getAttribute('aria-label') ?? element.textContent.trim();
          const shown = outlineStyle === 'solid' && Number.parseFloat(outlineWidth) >= 2;
          return shown ? name : `${name}, not shown`;
        }),
      );
    }
    expect(reached).toEqual([
      'Picture',
      'Turn sound off',
      'Volume',
      'Show my pointer',
      'Real pixels',
      'Picture in picture',
      'Full screen',
      'Stop',
    ]);
    await page.keyboard.press('Enter');
    expect((await said()).map(({ type }) => type)).toEqual(['share/stop']);
  });
});

describe('sound', () => {
  const heard = () => page.$eval('video', ({ muted, volume }) => ({ muted, volume }));

  it('is switched by a button, and loud as the slider says', async () => {
    await show('viewer-live');
    await picture();
    expect(await heard()).toEqual({ muted: false, volume: 1 });
    await press(page, 'button', 'Turn sound off');
    expect((await heard()).muted).toBe(true);
    await (await find(page, 'slider', 'Volume')).focus();
    await page.keyboard.press('ArrowLeft');
    expect(await heard()).toEqual({ muted: false, volume: 0.95 });
  });

  it('is not played twice where another window plays it', async () => {
    await show('viewer-elsewhere');
    expect((await heard()).muted).toBe(true);
    expect(await readable(page)).toContain('plays in another window');
    await press(page, 'button', 'Turn sound on');
    expect((await heard()).muted).toBe(false);
    expect(await readable(page)).not.toContain('plays in another window');
  });

  it.each([
    ['is closed: plays here', 'none', false],
    ['is switched off there: is not played here either', 'silent', true],
  ] as const)('whose other window %s', async (_, elsewhere, muted) => {
    await show('viewer-elsewhere');
    await page.evaluate((now) => ((window as unknown as Window).viewer.elsewhere = now), elsewhere);
    await until('no note', async () => !(await readable(page)).includes('in another window'));
    expect((await heard()).muted).toBe(muted);
  });

  it('cannot be switched where there is none', async () => {
    await show('viewer-silent');
    const slider = await find(page, 'slider', 'Volume');
    expect(await slider.evaluate((node) => (node as HTMLInputElement).disabled)).toBe(true);
  });
});

describe('[SH10] the pointer', () => {
  const middle = () =>
    page.$eval('video', (video) => {
      const { left, top, width, height } = video.getBoundingClientRect();
      return { x: left + width / 2, y: top + height / 2 };
    });

  it('is told while it moves over the picture, and that it left', async () => {
    await show('viewer-pointer');
    await picture();
    const { x, y } = await middle();
    await page.mouse.move(x, y);
    await until('a place', async () => (await points()).length > 0);
    const [first] = await points();
    expect(first?.x).toBeCloseTo(0.5, 1);
    expect(first?.y).toBeCloseTo(0.5, 1);
    await page.mouse.move(x, 5);
    await until('its end', async () => (await points()).at(-1) === null);
  });

  it('is not told where the sharer does not show it, nor once it is switched off', async () => {
    await show('viewer-live');
    await picture();
    const { x, y } = await middle();
    await page.mouse.move(x, y);
    expect(await page.$(byName('button', 'Show my pointer'))).toBeNull();
    expect(await points()).toEqual([]);

    await show('viewer-pointer');
    await picture();
    await press(page, 'button', 'Show my pointer');
    const before = (await points()).length;
    await page.mouse.move(x, y);
    await page.mouse.move(x + 9, y + 9);
    expect((await points()).slice(before).filter((at) => at !== null)).toEqual([]);
  });
});

describe('a share that is offered', () => {
  it.each([
    ['Accept', 'share/accept'],
    ['Decline', 'share/decline'],
  ])('is answered: %s', async (label, type) => {
    await show('viewer-asked');
    expect(await readable(page)).toContain('Desktop wants to show you a tab');
    expect(await page.$('video')).toBeNull();
    await press(page, 'button', label);
    expect(await said()).toEqual([{ type, shareId: firstId('viewer-asked') }]);
  });

  it('whose answer took its buttons away leaves the focus at the heading', async () => {
    await show('viewer-asked');
    await press(page, 'button', 'Accept');
    await become({ type: 'connecting' });
    await until('the picture', () => page.$('video'));
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
  });

  it('[SH3] says before the answer that it is not protected', async () => {
    await show('viewer-asked-screen');
    expect(await readable(page)).toContain('the other browser lacks frame encryption');
    await show('viewer-asked');
    expect(await readable(page)).not.toContain('the other browser lacks frame encryption');
  });

  it('says why an answer did not get through', async () => {
    await show('viewer-refused');
    await press(page, 'button', 'Accept');
    await until('the refusal', async () => (await readable(page)).includes('did not answer'));
  });
});

describe('several shares', () => {
  it('are chosen from, one shown at a time', async () => {
    await show('viewer-several');
    await picture();
    await find(page, 'navigation', 'Shares');
    const buttons = await page.$$('nav button');
    expect(buttons).toHaveLength(3);
    await buttons[2]?.click();
    await until('the question', async () =>
      (await readable(page)).includes('Desktop wants to show you its screen'),
    );
    expect(await page.$('video')).toBeNull();
    await buttons[1]?.click();
    await picture();
    expect(await page.title()).toContain('A rather long title');
    // The one that was left goes on: it is still held by this page.
    const watched = await page.evaluate(() => [...(window as unknown as Window).viewer.watched]);
    const shares = viewerScenes['viewer-several']?.snapshot.shares ?? [];
    expect(watched).toEqual(shares.slice(0, 2).map(({ shareId }) => shareId));
  });
});
