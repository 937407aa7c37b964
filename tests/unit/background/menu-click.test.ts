import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { App } from '../../../entrypoints/background/app.ts';
import { onMenuClick } from '../../../entrypoints/background/menu-click.ts';
import { browser } from '../../../lib/browser/index.ts';
import { sendItemId } from '../../../lib/platform/menu-items.ts';
import { DESK, FakeWorld, pair } from './fakes.ts';

const FOREIGN = 'https://cdn.example/cat.png';
const TAB = {
  id: 7,
  title: 'A page',
  index: 0,
  highlighted: true,
  active: true,
  pinned: false,
  incognito: false,
};
const PAGE = { pageUrl: 'https://site.example/', frameId: 0, editable: false, modifiers: [] };

let world: FakeWorld;
let app: App;
/** Every call of a browser API that a click could make, in order. */
let order: string[];
let allow: boolean | Error;
let inject: () => Promise<unknown>;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
  order = [];
  allow = true;
  inject = () => Promise.resolve([]);
  const { permissions, scripting, tabs } = browser;
  vi.spyOn(permissions, 'request').mockImplementation((asked) => {
    order.push(`permissions.request ${asked.origins?.join()}`);
    return allow instanceof Error ? Promise.reject(allow) : Promise.resolve(allow);
  });
  vi.spyOn(permissions, 'contains').mockImplementation(async () => {
    order.push('permissions.contains');
    return granted;
  });
  vi.spyOn(scripting, 'executeScript').mockImplementation(async ({ target }) => {
    order.push(`scripting.executeScript ${target.tabId}:${target.frameIds?.join()}`);
    return (await inject()) as [];
  });
  vi.spyOn(tabs, 'sendMessage').mockImplementation(async (tabId, message) => {
    order.push(`tabs.sendMessage ${tabId}`);
    requests.push(message);
  });
  granted = false;
  requests = [];
});
let granted: boolean;
let requests: unknown[];

function click(
  fields: { kind?: string; srcUrl?: string; linkUrl?: string; selectionText?: string },
  ready: Promise<App> = Promise.resolve(app),
): Promise<void> {
  const { kind = 'image', ...info } = fields;
  const menuItemId = sendItemId(kind as 'image', DESK);
  return onMenuClick(ready, { menuItemId, ...PAGE, ...info }, TAB);
}

describe('an image of another origin', () => {
  it('asks in the click’s own task, before anything else, and does not wait for the worker', () => {
    const never = new Promise<App>(() => {});
    void click({ srcUrl: FOREIGN }, never);
    // No await since the click: what is in `order` now was called synchronously.
    expect(order).toEqual(['permissions.request https://cdn.example/*']);
  });

  it('is fetched by the document once granted', async () => {
    await click({ srcUrl: FOREIGN });
    expect(order[0]).toMatch(/^permissions\.request/);
    expect(world.calls).toEqual([
      {
        type: 'send/fetch',
        transferId: expect.any(String) as unknown,
        deviceId: DESK,
        kind: 'image',
        url: FOREIGN,
      },
    ]);
    expect(world.host.creations).toBe(1);
    expect(app.lastDeviceId).toBe(DESK);
  });

  it('goes as its link when denied, and the person is told', async () => {
    allow = false;
    await click({ srcUrl: FOREIGN });
    expect(world.calls).toEqual([
      {
        type: 'send/text',
        transferId: expect.any(String) as unknown,
        deviceId: DESK,
        kind: 'link',
        text: FOREIGN,
        note: 'link-instead',
      },
    ]);
    const notices = Object.entries(fakeBrowser.notifications.getAllCreateOptions());
    expect(notices).toHaveLength(1);
    expect(notices[0]?.[0]).toMatch(/^tell:[0-9a-f]{32}:link-instead$/);
    expect(notices[0]?.[1]).toMatchObject({ title: 'Link sent to Desk' });
  });

  it('is fetched when it was granted before and the browser does not count the click', async () => {
    allow = new Error('This function must be called during a user gesture');
    granted = true;
    await click({ srcUrl: FOREIGN });
    expect(world.callTypes).toEqual(['send/fetch']);
  });

  it('is written down before the answer, as a question that is open', async () => {
    let answer = (_allowed: boolean): void => {};
    vi.spyOn(browser.permissions, 'request').mockReturnValue(
      new Promise<boolean>((resolve) => {
        answer = resolve;
      }),
    );
    const done = click({ srcUrl: FOREIGN });
    await vi.waitFor(() => expect(Object.keys(world.local.data['sends'] ?? {})).toHaveLength(1));
    expect(Object.values(world.local.data['sends'] as object)).toMatchObject([
      { deviceId: DESK, plan: { type: 'ask', url: FOREIGN, origin: 'https://cdn.example/*' } },
    ]);
    answer(true);
    await done;
    expect(Object.values(world.local.data['sends'] as object)).toMatchObject([
      { deviceId: DESK, plan: { type: 'fetch', url: FOREIGN }, handed: true },
    ]);
  });
});

describe('what the page itself has', () => {
  it.each([
    ['of its own origin', 'https://site.example/dog.png', { link: 'https://site.example/dog.png' }],
    ['in a data: URL', 'data:image/png;base64,AAAA', {}],
    ['in a blob: URL', 'blob:https://site.example/1', {}],
  ])('is read there: an image %s', async (_title, srcUrl, link) => {
    await click({ srcUrl });
    expect(order).toEqual(['scripting.executeScript 7:0', 'tabs.sendMessage 7']);
    const [call] = world.calls;
    expect(call).toMatchObject({ type: 'send/read', deviceId: DESK, kind: 'image', ...link });
    if (call?.type !== 'send/read') throw new Error('not a read');
    expect(requests).toEqual([{ type: 'read', requestId: call.requestId, url: srcUrl }]);
    expect('link' in call).toBe('link' in link);
  });

  it('is reported as unreadable where no script may go', async () => {
    inject = () => Promise.reject(new Error('Cannot access a chrome:// URL'));
    await click({ srcUrl: 'blob:https://site.example/1' });
    expect(world.callTypes).toEqual(['send/read', 'send/read-failed']);
    expect(requests).toEqual([]);
  });

  it('is asked one script at a time, however fast the clicks come', async () => {
    let inside = 0;
    inject = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await Promise.resolve();
      inside -= 1;
      return [];
    };
    await Promise.all([1, 2, 3].map((n) => click({ srcUrl: `blob:https://site.example/${n}` })));
    expect(requests).toHaveLength(3);
  });
});

describe('everything else', () => {
  it('a link, the page and a selection go without a question', async () => {
    inject = () => Promise.resolve([{ result: 'one\ntwo\n\n' }]);
    await click({ kind: 'link', linkUrl: 'https://x.example/' });
    await click({ kind: 'page' });
    await click({ kind: 'selection', selectionText: 'one two' });
    expect(world.calls).toMatchObject([
      { type: 'send/text', kind: 'link', text: 'https://x.example/' },
      { type: 'send/text', kind: 'page', text: 'https://site.example/', note: 'A page' },
      { type: 'send/text', kind: 'text', text: 'one\ntwo' },
    ]);
    expect(order.filter((name) => name.startsWith('permissions'))).toEqual([]);
  });

  it('a selection that the page tells otherwise goes as the menu knows it', async () => {
    inject = () => Promise.resolve([{ result: 'something else' }]);
    await click({ kind: 'selection', selectionText: 'one two' });
    expect(world.calls).toMatchObject([{ text: 'one two' }]);
  });

  it('an item of a device that was removed sends nothing and says so', async () => {
    await app.devices.drop(DESK, 'all');
    await click({ kind: 'link', linkUrl: 'https://x.example/' });
    expect(world.calls).toEqual([]);
    expect(world.host.creations).toBe(0);
    expect(fakeBrowser.notifications.getAllCreateOptions()).toMatchObject({
      'tell:click': { message: 'That device is not paired any more.' },
    });
  });

  it('"Pair a device…" opens the popup', async () => {
    const open = vi.spyOn(browser.action, 'openPopup').mockResolvedValue();
    await onMenuClick(Promise.resolve(app), { menuItemId: 'pair', ...PAGE }, TAB);
    expect(open).toHaveBeenCalledOnce();
  });
});
