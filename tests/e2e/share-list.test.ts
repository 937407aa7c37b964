import type { ElementHandle, Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Intent } from '../../lib/messaging/intents.ts';
import type { ShareView } from '../../lib/share/views.ts';
import { byName, find, press, readable } from '../support/accessible.ts';
import { openGallery, sceneSnapshot, type GalleryPage } from '../support/gallery.ts';
import { until } from '../support/wait.ts';

/** Shares in the popup and on the page for a window or screen, as a person and a screen reader find them. */

const TITLE = 'Quarterly figures – Spreadsheet';

let gallery: GalleryPage;
let page: Page;

beforeAll(async () => {
  gallery = await openGallery();
  ({ page } = gallery);
});
afterAll(() => gallery.close());

const shareOf = (scene: string, at: number): ShareView => {
  const share = sceneSnapshot(scene).shares[at];
  if (share === undefined) throw new Error(`no share ${at} in ${scene}`);
  return share;
};
const LIVE = shareOf('sharing', 3);
const UNPROTECTED = shareOf('sharing', 0);
const [ASKED, WATCHED] = [shareOf('watching', 0), shareOf('watching', 3)];
const DECLINED = shareOf('shares-over', 0);

/** The popup with these shares, and the items of their list. */
async function list(...shares: ShareView[]): Promise<ElementHandle<Element>[]> {
  // Nothing of the list before stays.
  const shown = new URL(page.url()).searchParams;
  if (shown.get('scene') === 'devices-1') {
    await gallery.publish({ shares: [] });
    await gallery.forget();
  } else await gallery.show('popup', 'devices-1');
  await gallery.publish({ shares });
  const items = await find(page, 'list', 'Sharing');
  return await items.$$(':scope > li');
}

async function said(type: Intent['type']): Promise<Intent | undefined> {
  return await until(`the wish ${type}`, async () =>
    (await gallery.intents()).find((intent) => intent.type === type),
  );
}

describe('a device', () => {
  it('has the tab in front, or a window, shared with it', async () => {
    await gallery.show('popup', 'devices-1');
    const [device] = sceneSnapshot('devices-1').devices;
    await press(page, 'button', 'Share this tab with Desktop');
    expect(await said('share/tab')).toEqual({ type: 'share/tab', deviceId: device?.deviceId });
    await press(page, 'button', 'Share a window or the whole screen with Desktop');
    expect(await said('share/screen')).toMatchObject({ deviceId: device?.deviceId });
  });

  it('says why its tab was not shared', async () => {
    await gallery.show('popup', 'refused');
    await press(page, 'button', 'Share this tab with Desktop');
    await until('the refusal', async () => (await readable(page)).includes('did not answer'));
  });
});

describe('each share', () => {
  it.each([
    ['is shared', LIVE, `Sharing ${TITLE} with Desktop`, ['Stop sharing']],
    [
      'would not be protected',
      UNPROTECTED,
      `Asking Desktop to watch ${TITLE}`,
      ['Share anyway', 'Stop sharing'],
    ],
    ['is offered here', ASKED, 'Desktop wants to show you a tab', ['Accept', 'Decline']],
    ['is watched', WATCHED, `Watching ${TITLE} from Desktop`, ['Show', 'Stop watching']],
    ['was declined', DECLINED, `Not shared with Desktop: ${TITLE}`, ['Dismiss']],
  ])('that %s is named and has its buttons', async (_, share, name, buttons) => {
    const [item] = await list(share);
    await find(page, 'status', name);
    const names = await item?.$$eval('button', (nodes) => nodes.map((node) => node.innerText));
    expect(names).toEqual(buttons);
  });

  it.each([
    ['Stop sharing', LIVE, 'share/stop'],
    ['Share anyway', UNPROTECTED, 'share/unprotected'],
    ['Accept', ASKED, 'share/accept'],
    ['Decline', ASKED, 'share/decline'],
    ['Show', WATCHED, 'share/show'],
    ['Stop watching', WATCHED, 'share/stop'],
    ['Dismiss', DECLINED, 'share/dismiss'],
  ] as const)('“%s” asks for that, and of which', async (label, share, type) => {
    await list(share);
    const button = await find(page, 'button', label);
    const named = await button.evaluate(
      (node) => document.getElementById(node.getAttribute('aria-describedby') ?? '')?.innerText,
    );
    expect(named).not.toBe('');
    await press(page, 'button', label);
    expect(await said(type)).toEqual({ type, shareId: share.shareId });
  });

  it('[SH10] may show where its viewer points', async () => {
    await list(LIVE);
    await press(page, 'switch', 'Show where Desktop points');
    expect(await said('share/allow-pointer')).toMatchObject({ allowed: true });
  });

  it('keeps its row, its button and the focus while its numbers change', async () => {
    await list(LIVE);
    const button = await find(page, 'button', 'Stop sharing');
    await button.focus();
    await gallery.publish({ shares: [{ ...LIVE, since: 1, line: null }, WATCHED] });
    await find(page, 'button', 'Stop watching');
    expect(await button.evaluate((node) => node === document.activeElement)).toBe(true);
  });

  it('is gone from the list with its section', async () => {
    await list(LIVE);
    await gallery.publish({ shares: [] });
    await until('no list', async () => (await page.$(byName('list', 'Sharing'))) === null);
  });
});

describe('quality', () => {
  const chosen = (name: string) =>
    page.$eval(byName('combobox', name), (node) => {
      const select = node as HTMLSelectElement;
      return [select.value, ...[...select.options].map(({ text }) => text)];
    });

  it.each(['popup', 'settings'] as const)('is chosen in %s', async (view) => {
    await gallery.show(view, view === 'popup' ? 'sharing' : 'settings-full');
    expect(await chosen('Quality')).toEqual(['auto', 'Auto', '720p', '1080p', '4K']);
    expect(await chosen('Best for')).toEqual(['text', 'Sharp text', 'Smooth motion']);
    const quality = await find(page, 'combobox', 'Quality');
    await quality.select('4k');
    expect(await said('share/quality')).toMatchObject({
      settings: { quality: '4k', content: 'text' },
    });
    const { settings } = sceneSnapshot('settings-full');
    await gallery.publish({
      settings: { ...settings, share: { quality: '720p', content: 'motion' } },
    });
    await until('the choice', async () => (await chosen('Quality'))[0] === '720p');
    expect((await chosen('Best for'))[0]).toBe('motion');
  });
});

describe('the page for a window or the whole screen', () => {
  it('shares what was chosen, and lists what it shares and no more', async () => {
    await gallery.show('share', 'sharing');
    expect(await page.title()).toBe('Share with Desktop');
    await press(page, 'button', 'Choose what to share');
    const captured = { title: 'a window', sourceId: `screen:${'a'.repeat(32)}` };
    expect(await said('share/captured')).toMatchObject(captured);
    // One of the scene's is of this source.
    await find(page, 'status', 'Sharing a screen with Desktop');
    expect(await page.$$eval('li.share', (rows) => rows.length)).toBe(1);
    await find(page, 'button', 'Stop sharing');
  });
});
