/**
 * Pictures of every scene, light and dark, into `tests/.artefacts/ui` (never in git):
 * `node scripts/demo/ui-gallery/shoot.ts [part of a name]`.
 */
import { mkdir } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import puppeteer, { type Page } from 'puppeteer';
import { findChromium, sandboxArguments } from '../../system/chromium.ts';
import { scenes } from './scenes.ts';
import { startGallery } from './server.ts';
import { viewerScenes } from './viewer.ts';

const OUT = fileURLToPath(new URL('../../../tests/.artefacts/ui/', import.meta.url));

interface Shot {
  readonly name: string;
  readonly page: 'popup' | 'send' | 'settings' | 'history' | 'viewer' | 'share';
  readonly scene: string;
  readonly width: number;
  readonly dark?: boolean;
  readonly query?: string;
  readonly act?: (page: Page) => Promise<void>;
}

const press = (label: string) => async (page: Page) => {
  await page.locator(`::-p-aria([name="${label}"][role="button"])`).click();
};
const search = (typed: string) => async (page: Page) => {
  await page.locator('::-p-aria([name="Search history"])').fill(typed);
};
const type = (typed: string) => async (page: Page) => {
  await page.locator('::-p-aria([role="textbox"])').click();
  await page.keyboard.type(typed);
};
const choose = async (page: Page) => {
  const input = await page.$('input[type=file]');
  await input?.evaluate((element) => {
    const files = new DataTransfer();
    for (const name of ['photo.png', 'a rather long name of a file that goes on and on.tar.gz']) {
      files.items.add(new File([new Uint8Array(name.length * 9000)], name));
    }
    files.items.add(new File([], 'empty.txt'));
    element.files = files.files;
    element.dispatchEvent(new Event('change', { bubbles: true }));
  });
};

/** A picture takes a moment, where the scene has one. */
const picture = async (page: Page) => {
  await page.waitForFunction(() => {
    const video = document.querySelector('video');
    return video === null || video.srcObject === null || video.readyState >= 2;
  });
};

const isPage = (name: string) => /^(?:send|settings|history)-/.test(name);
const popups = Object.keys(scenes).filter((name) => !isPage(name));

const shots: readonly Shot[] = [
  ...popups.map((scene): Shot => ({ name: scene, page: 'popup', scene, width: 380 })),
  ...[
    'devices-8',
    'devices-paths',
    'offers',
    'arrived',
    'needs',
    'over',
    'sharing',
    'watching',
    'pairing-showing',
    'pairing-paired',
    'offline',
    'failed-code-taken',
  ].map((scene): Shot => ({ name: `${scene}-dark`, page: 'popup', scene, width: 380, dark: true })),
  ...[
    'devices-8',
    'devices-paths',
    'offers',
    'needs',
    'over',
    'sharing',
    'sharing-many',
    'watching',
    'shares-over',
    'pairing-longest',
    'pairing-paired-long',
  ].map((scene): Shot => ({
    name: `${scene}-narrow`,
    page: 'popup',
    scene,
    width: 320,
  })),
  ...[{ width: 380 }, { width: 380, dark: true, tag: '-dark' }, { width: 320, tag: '-narrow' }].map(
    ({ tag = '', ...more }): Shot => ({
      name: `files-open${tag}`,
      page: 'popup',
      scene: 'files',
      act: press('Files'),
      ...more,
    }),
  ),
  ...['needs', 'over'].map((scene): Shot => ({
    name: `${scene}-double`,
    page: 'popup',
    scene,
    width: 760,
    act: async (page) => {
      await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    },
  })),
  { name: 'pair-idle', page: 'popup', scene: 'devices-1', width: 380, act: press('Pair a device') },
  {
    name: 'pair-link',
    page: 'popup',
    scene: 'devices-0',
    width: 380,
    query: '&code=48213-cabin-cable-atom',
  },
  { name: 'pair-tab', page: 'popup', scene: 'pairing-showing', width: 900 },
  {
    name: 'pair-completion',
    page: 'popup',
    scene: 'devices-0',
    width: 380,
    query: '&code=',
    act: async (page) => {
      await press('Pair a device')(page);
      await type('48213-cabin-c')(page);
    },
  },
  {
    name: 'pair-typo',
    page: 'popup',
    scene: 'devices-0',
    width: 380,
    act: async (page) => {
      await press('Pair a device')(page);
      await type('48213 cabin cabbge atom')(page);
      await page.keyboard.press('Enter');
    },
  },
  {
    name: 'device-text',
    page: 'popup',
    scene: 'devices-1',
    width: 380,
    act: press('Send text or a link to Desktop'),
  },
  {
    name: 'device-details',
    page: 'popup',
    scene: 'devices-1',
    width: 380,
    act: press('More about Desktop'),
  },
  {
    name: 'device-rates',
    page: 'popup',
    scene: 'devices-paths',
    width: 380,
    act: press('More about Laptop'),
  },
  {
    name: 'device-remove',
    page: 'popup',
    scene: 'devices-1',
    width: 380,
    dark: true,
    act: async (page) => {
      await press('More about Desktop')(page);
      await press('Remove Desktop')(page);
    },
  },
  {
    name: 'device-refused',
    page: 'popup',
    scene: 'refused',
    width: 380,
    act: press('Send files to Desktop'),
  },
  ...[480, 320].flatMap((width): Shot[] => [
    { name: `send-empty-${width}`, page: 'send', scene: 'send-empty', width },
    {
      name: `send-offline-${width}`,
      page: 'send',
      scene: 'send-offline',
      width,
      dark: true,
      act: choose,
    },
    { name: `send-chosen-${width}`, page: 'send', scene: 'send-empty', width, act: choose },
  ]),
  {
    name: 'send-sent',
    page: 'send',
    scene: 'send-sent',
    width: 640,
    act: async (page) => {
      await choose(page);
      await press('Send')(page);
    },
  },
  {
    name: 'send-nothing',
    page: 'send',
    scene: 'send-empty',
    width: 640,
    dark: true,
    act: press('Send'),
  },
  { name: 'send-gone', page: 'send', scene: 'send-gone', width: 640 },
  ...['full', 'empty', 'off', 'broken', 'set-aside'].flatMap((part): Shot[] => [
    { name: `history-${part}`, page: 'history', scene: `history-${part}`, width: 900 },
    {
      name: `history-${part}-dark`,
      page: 'history',
      scene: `history-${part}`,
      width: 700,
      dark: true,
    },
    { name: `history-${part}-narrow`, page: 'history', scene: `history-${part}`, width: 360 },
  ]),
  { name: 'history-many', page: 'history', scene: 'history-many', width: 900 },
  {
    name: 'history-found',
    page: 'history',
    scene: 'history-full',
    width: 900,
    act: search('img_4120 desk'),
  },
  {
    name: 'history-none',
    page: 'history',
    scene: 'history-full',
    width: 900,
    act: search('nothing like it'),
  },
  {
    name: 'history-clear',
    page: 'history',
    scene: 'history-full',
    width: 900,
    dark: true,
    act: press('Clear history'),
  },
  {
    name: 'history-clear-narrow',
    page: 'history',
    scene: 'history-full',
    width: 360,
    act: press('Clear history'),
  },
  ...Object.keys(viewerScenes).flatMap((scene): Shot[] =>
    [{ width: 900 }, { width: 900, dark: true, tag: '-dark' }, { width: 360, tag: '-narrow' }].map(
      ({ tag = '', ...more }) => ({
        name: `${scene}${tag}`,
        page: 'viewer',
        scene,
        act: picture,
        ...more,
      }),
    ),
  ),
  {
    name: 'viewer-real-pixels',
    page: 'viewer',
    scene: 'viewer-live',
    width: 900,
    act: async (page) => {
      await picture(page);
      await press('Real pixels')(page);
    },
  },
  {
    name: 'viewer-full-screen',
    page: 'viewer',
    scene: 'viewer-live',
    width: 900,
    dark: true,
    act: async (page) => {
      await picture(page);
      await press('Full screen')(page);
    },
  },
  { name: 'share-page', page: 'share', scene: 'devices-1', width: 640 },
  { name: 'share-page-narrow', page: 'share', scene: 'devices-1', width: 320, dark: true },
  { name: 'settings-full', page: 'settings', scene: 'settings-full', width: 900 },
  { name: 'settings-dark', page: 'settings', scene: 'settings-full', width: 640, dark: true },
  { name: 'settings-narrow', page: 'settings', scene: 'settings-new', width: 320 },
  ...[
    'check-running',
    'check-good',
    'check-bad',
    'check-no-turn',
    'check-new',
    'privacy',
    'privacy-new',
    'relay',
    'servers',
  ].flatMap((part): Shot[] =>
    [{ width: 640 }, { width: 320, tag: '-narrow' }, { width: 640, dark: true, tag: '-dark' }].map(
      ({ tag = '', ...more }) => ({
        name: `settings-${part}${tag}`,
        page: 'settings',
        scene: `settings-${part}`,
        ...more,
      }),
    ),
  ),
  {
    name: 'settings-turn-bad',
    page: 'settings',
    scene: 'settings-relay',
    width: 640,
    act: async (page) => {
      const box = page.locator('::-p-aria([name="TURN servers"][role="textbox"])');
      await box.fill('relay.example.org anna secret\nturn:relay.example.org');
      await press('Check connection')(page);
    },
  },
  {
    name: 'settings-bad',
    page: 'settings',
    scene: 'settings-new',
    width: 640,
    act: async (page) => {
      await page
        .locator('::-p-aria([name="Signaling server"][role="textbox"])')
        .fill('localhost:3000');
      await page.keyboard.press('Enter');
    },
  },
];

const wanted = shots.filter(({ name }) => name.includes(argv[2] ?? ''));
const { url, server } = await startGallery();
const executablePath = findChromium();
if (executablePath === undefined) throw new Error('no Chromium found: set CHROME_PATH');
const browser = await puppeteer.launch({
  executablePath,
  args: [...sandboxArguments(), '--lang=en-GB'],
});
try {
  await mkdir(OUT, { recursive: true });
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error('page:', error));
  for (const shot of wanted) {
    const value = shot.dark === true ? 'dark' : 'light';
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    await page.setViewport({ width: shot.width, height: 600, deviceScaleFactor: 1.5 });
    await page.goto(`${url}?page=${shot.page}&scene=${shot.scene}${shot.query ?? ''}`);
    await page.waitForSelector('main');
    await shot.act?.(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) console.error(`${shot.name}: ${wide} px wider than the window`);
    await page.screenshot({ path: `${OUT}${shot.name}.png`, fullPage: true });
  }
} finally {
  await browser.close();
  await server.close();
}
console.log(`${wanted.length} pictures in ${OUT}`);
