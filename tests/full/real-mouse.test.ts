import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noteText } from '../../lib/ui/text.ts';
import { missingParts } from '../../scripts/system/parts.ts';
import { press, readable } from '../support/accessible.ts';
import { ensureBuild, TEST } from '../support/builds.ts';
import { sha256, untilReceived } from '../support/downloads.ts';
import {
  expectCalm,
  knownTransfers,
  setRule,
  startPairedDuo,
  untilTransfer,
  type PairedDuo,
} from '../support/duo.ts';
import { filePicker } from '../support/send-page.ts';
import { LONG_PICTURE, startSites, type Sites } from '../support/sites.ts';
import { until } from '../support/wait.ts';
import { Screen, type Point } from '../support/xvfb.ts';

/** What only a real mouse and real keys prove: the menu item is there, the browser asks, a drop. */

/** The extension's item is the last but one of an image's menu, above "Inspect". */
const LAST_BUT_ONE = ['Up', 'Up', 'Return'] as const;
const PROMPT_SHOWN_S = '0.7';
const DRAG_SOURCE = fileURLToPath(new URL('../support/drag-source.py', import.meta.url));

const missing = missingParts(['chromium', 'xvfb', 'xdotool', 'openbox']);
const missingForDrag = missingParts(['chromium', 'xvfb', 'xdotool', 'openbox', 'pygobject', 'gtk']);

describe.skipIf(missing.length > 0)('with a real mouse', () => {
  let screen: Screen;
  let duo: PairedDuo;
  let sites: Sites;
  let page: Page;

  beforeAll(async () => {
    screen = await Screen.start();
    sites = await startSites();
    // Nothing granted beforehand: the browser has to ask.
    duo = await startPairedDuo({
      extension: await ensureBuild(TEST),
      launch: { window: { display: screen.display, x: 0, y: 0, width: 900, height: 900 } },
    });
    await setRule(duo.desktop, duo.laptopId, 'always');
    page = await duo.laptop.browser.openUrl(sites.pageUrl);
  });
  afterAll(async () => {
    expectCalm(duo.laptop, duo.desktop);
    await Promise.all([duo.close(), sites.close()]);
    await screen.close();
  });

  /** Where the middle of an element is on the screen. */
  async function placeOf(on: Page, selector: string): Promise<Point> {
    return await on.$eval(selector, (element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return {
        x: Math.round(screenX + (outerWidth - innerWidth) / 2 + x + width / 2),
        y: Math.round(screenY + outerHeight - innerHeight + y + height / 2),
      };
    });
  }

  async function sendOtherImage(): Promise<void> {
    await raise(page);
    await screen.rightClick(await placeOf(page, '#other'));
    await screen.menuKeys(...LAST_BUT_ONE);
  }

  /** Both windows are on one screen: the mouse must meet the right one. */
  async function raise(target: Page): Promise<void> {
    await target.bringToFront();
    const title = await target.title();
    const [window] = await until(`the window "${title}"`, async () => {
      const found = await screen.windows(title);
      return found.length > 0 && found;
    });
    await screen.xdotool('windowactivate', '--sync', String(window));
  }

  it('Deny: the link arrives and the person is told', async () => {
    const [known, knownThere] = [
      await knownTransfers(duo.laptop),
      await knownTransfers(duo.desktop),
    ];
    await sendOtherImage();
    // The prompt's focus is on Deny.
    await screen.xdotool('sleep', PROMPT_SHOWN_S, 'key', 'Return');
    const sent = await untilTransfer(duo.laptop, known, ['delivered', 'failed']);
    expect(sent).toMatchObject({ state: 'delivered', kind: 'link', note: 'link-instead' });
    const received = await untilTransfer(duo.desktop, knownThere, ['stored', 'saved']);
    expect(received.title).toBe(`${sites.other.origin}/cat.png`);

    const popup = await duo.laptop.browser.open('popup.html');
    await until('the remark in the popup', async () =>
      (await readable(popup)).includes(noteText('link-instead') ?? 'no such remark'),
    );
    await popup.close();
    const notices = await duo.laptop.browser.inWorker(() => chrome.notifications.getAll());
    expect(Object.keys(notices)).not.toEqual([]);
  });

  it('Allow: the bytes arrive', async () => {
    const known = await knownTransfers(duo.laptop);
    await sendOtherImage();
    await screen.xdotool('sleep', PROMPT_SHOWN_S, 'key', 'Tab', 'sleep', '0.2', 'key', 'Return');
    const sent = await untilTransfer(duo.laptop, known, ['delivered', 'failed']);
    expect(sent).toMatchObject({ state: 'delivered', kind: 'image' });
    const bytes = sites.other.bytes('/cat.png');
    const wanted = { sha256: sha256(bytes), size: bytes.length };
    await untilReceived(duo.desktop.browser.downloads, wanted);
  });

  it('a picture of the page’s own site needs no question', async () => {
    const known = await knownTransfers(duo.laptop);
    await raise(page);
    await screen.rightClick(await placeOf(page, '#own'));
    await screen.menuKeys(...LAST_BUT_ONE);
    const sent = await untilTransfer(duo.laptop, known, ['delivered', 'failed']);
    expect(sent).toMatchObject({ state: 'delivered', kind: 'image' });
    const bytes = sites.page.bytes('/dog.png');
    const wanted = { sha256: sha256(bytes), size: bytes.length };
    await untilReceived(duo.desktop.browser.downloads, wanted);
  });

  it('a data: picture whose address is too long for the browser to say', async () => {
    const known = await knownTransfers(duo.laptop);
    await raise(page);
    const url = `data:image/png;base64,${LONG_PICTURE.toString('base64')}`;
    await page.$eval(
      '#inline',
      async (element, source) => {
        const image = element as HTMLImageElement;
        image.src = source;
        await image.decode();
        image.scrollIntoView();
      },
      url,
    );
    await screen.rightClick(await placeOf(page, '#inline'));
    await screen.menuKeys(...LAST_BUT_ONE);
    const sent = await untilTransfer(duo.laptop, known, ['delivered', 'failed']);
    expect(sent).toMatchObject({ state: 'delivered', kind: 'image' });
    const wanted = { sha256: sha256(LONG_PICTURE), size: LONG_PICTURE.length };
    await untilReceived(duo.desktop.browser.downloads, wanted);
  });

  it.skipIf(missingForDrag.length > 0)(
    'a file dragged from another window onto send.html',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tallow-drag-'));
      const file = join(folder, 'dragged.txt');
      const content = Buffer.from('dragged with a real mouse\n'.repeat(500));
      await writeFile(file, content);
      const source = await openDragSource(screen, file);
      try {
        const send = await duo.laptop.browser.open(`send.html?device=${duo.desktopId}`);
        await filePicker(send, 'Desktop');
        await raise(send);
        await screen.xdotool('windowmove', '--sync', source.window, '1000', '100');
        await screen.xdotool('windowactivate', '--sync', source.window);
        await screen.drag({ x: 1100, y: 200 }, await placeOf(send, 'main'));
        await until('the file in the list', async () =>
          (await readable(send)).includes('dragged.txt'),
        );
        const known = await knownTransfers(duo.laptop);
        await press(send, 'button', 'Send');
        await untilTransfer(duo.laptop, known, ['delivered']);
        await untilReceived(duo.desktop.browser.downloads, {
          sha256: sha256(content),
          size: content.length,
        });
      } finally {
        source.process.kill();
        await rm(folder, { recursive: true });
      }
    },
  );
});

async function openDragSource(
  screen: Screen,
  file: string,
): Promise<{ process: ChildProcess; window: string }> {
  const title = 'Drag source of the tests';
  const child = spawn('/usr/bin/python3', [DRAG_SOURCE, title, file], {
    env: { ...process.env, DISPLAY: screen.display },
    stdio: 'ignore',
  });
  const window = await until('the drag source', async () => (await screen.windows(title))[0]);
  return { process: child, window };
}
