import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { App } from '../../../entrypoints/background/app.ts';
import { onMenuClick } from '../../../entrypoints/background/menu-click.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import { shareTab } from '../../../entrypoints/background/share-click.ts';
import { browser } from '../../../lib/browser/index.ts';
import { errorCode, TallowError } from '../../../lib/errors/index.ts';
import { shareItemId } from '../../../lib/platform/menu-items.ts';
import { sharing } from '../share/views.ts';
import { DESK, FakeWorld, pair, PHONE, transfer } from './fakes.ts';

/** From a click to a stream of the tab, with a browser that asks in between. */

class Refusal extends TallowError {}

const PAGE = { pageUrl: 'https://site.example/', frameId: 0, editable: false, modifiers: [] };

let world: FakeWorld;
let app: App;
let order: string[];
let permitted: boolean;
let answer: (allowed: boolean) => void;
let streamId: () => Promise<string>;
let tab: { id: number; url?: string; title?: string };
/** Of the extension, in tabs and windows. */
let pages: object[];
let installType: string;
let reload: MockInstance;
let create: MockInstance<typeof browser.windows.create>;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
  await pair(app, PHONE, 'Phone');
  order = [];
  permitted = true;
  streamId = () => Promise.resolve('stream-1');
  tab = { id: 7, url: 'https://site.example/', title: 'News' };
  const { permissions, runtime, tabs } = browser;
  vi.spyOn(runtime, 'getManifest').mockReturnValue({
    optional_permissions: ['tabCapture'],
  } as never);
  vi.spyOn(permissions, 'contains').mockImplementation(async () => permitted);
  vi.spyOn(permissions, 'request').mockImplementation((asked) => {
    order.push(`request ${asked.permissions?.join()}`);
    return permitted
      ? Promise.resolve(true)
      : new Promise((resolve) => {
          answer = (allowed) => {
            permitted = allowed;
            resolve(allowed);
          };
        });
  });
  vi.spyOn(tabs, 'query').mockImplementation(async () => [tab] as never);
  vi.spyOn(tabs, 'get').mockImplementation(async (tabId) => {
    if (tabId !== tab.id) throw new Error('No tab with id');
    return tab as never;
  });
  const getMediaStreamId = vi.fn(({ targetTabId }: { targetTabId: number }) => {
    order.push(`stream of ${targetTabId}`);
    return streamId();
  });
  pages = [];
  const getContexts = () => Promise.resolve(pages);
  vi.stubGlobal('chrome', { tabCapture: { getMediaStreamId }, runtime: { getContexts } });
  installType = 'normal';
  const getSelf = () => Promise.resolve({ installType });
  Object.assign(browser, { management: { getSelf } });
  reload = vi.spyOn(runtime, 'reload').mockReturnValue();
  create = vi.spyOn(browser.windows, 'create').mockResolvedValue({} as never);
});
afterEach(() => vi.unstubAllGlobals());

const share = (deviceId = DESK, tabId?: number) =>
  onIntent(app, { type: 'share/tab', deviceId, ...(tabId !== undefined && { tabId }) });
const starts = () => world.calls.filter(({ type }) => type === 'share/start');
const opened = () => create.mock.calls.map(([window]) => window?.url);
const told = () => Object.values(fakeBrowser.notifications.getAllCreateOptions());
const START = {
  type: 'share/start',
  deviceId: DESK,
  source: 'tab',
  sourceId: 'tab:7',
  streamId: 'stream-1',
  title: 'News',
  settings: { quality: 'auto', content: 'text' },
};
/** Calls of the document that are refused with this code, the first time. */
function documentRefuses(code: string): void {
  const before = world.answer;
  world.answer = (call) => {
    if (call.type !== 'share/start') return before(call);
    world.answer = before;
    throw new Refusal(code as never);
  };
}

describe('the tab in front', () => {
  it('is shared with a stream asked for once the document is there', async () => {
    world.host.onCreate = ((made) => () => {
      order.push('document');
      made();
    })(world.host.onCreate);
    await share();
    expect(order).toEqual(['document', 'stream of 7']);
    expect(starts()).toEqual([START]);
  });

  it('or the one that is named, which may be called nothing', async () => {
    tab = { id: 9, url: 'https://site.example/' };
    await share(DESK, 9);
    expect(starts()).toMatchObject([{ sourceId: 'tab:9', title: '' }]);
    await expect(share(DESK, 10)).rejects.toMatchObject({ code: 'no-page' });
  });

  it('is one share however fast it is pressed', async () => {
    await Promise.all([share(), share(), share()]);
    expect(starts()).toHaveLength(1);
    documentRefuses('duplicate-share');
    await share();
  });

  it('is captured once for several devices', async () => {
    world.host.present = true;
    world.shares = [sharing()];
    await app.resume();
    await share(PHONE);
    expect(order).toEqual([]);
    expect(starts()).toMatchObject([{ deviceId: PHONE, sourceId: 'tab:7', streamId: null }]);
  });

  it('is captured anew when the share it was to join has just ended', async () => {
    world.host.present = true;
    world.shares = [sharing()];
    await app.resume();
    documentRefuses('unknown-source');
    await share(PHONE);
    expect(starts().map((call) => 'streamId' in call && call.streamId)).toEqual([null, 'stream-1']);
  });

  it('joins a capture that the last state did not tell of yet', async () => {
    streamId = () => Promise.reject(new Error('Cannot capture a tab with an active stream.'));
    await share();
    expect(starts()).toMatchObject([{ streamId: null }]);
  });

  it.each([
    ['chrome://settings/', 'page-not-capturable'],
    ['https://chromewebstore.google.com/', 'page-not-capturable'],
    ['', 'page-unknown'],
  ])(
    'is refused in words where it is “%s”, before the browser is asked for anything',
    async (url, code) => {
      tab = { id: 7, url };
      await expect(share()).rejects.toMatchObject({ code });
      expect(order).toEqual([]);
      expect(world.host.creations).toBe(0);
    },
  );

  it('is chosen in the browser’s own picker where the browser heeds no click on it', async () => {
    streamId = () => Promise.reject(new Error('Extension has not been invoked for this page'));
    await share();
    expect(opened()).toEqual([expect.stringContaining(`share.html?device=${DESK}`)]);
    expect(starts()).toEqual([]);
    expect(reload).not.toHaveBeenCalled();
  });

  it.each(['capture-gone', 'too-many-shares'])('tells what the document says: %s', async (code) => {
    documentRefuses(code);
    expect(await share().catch(errorCode)).toBe(code);
  });

  it('that closed while its stream was asked for is no page, and nothing is chosen in its place', async () => {
    streamId = () => {
      tab = { id: 8 };
      return Promise.reject(new Error('No tab with id: 7.'));
    };
    await expect(share()).rejects.toMatchObject({ code: 'no-page' });
    expect([opened(), starts()]).toEqual([[], []]);
  });

  it('is not shared with a device that is not paired', async () => {
    await expect(share('f'.repeat(64))).rejects.toMatchObject({ code: 'device-unknown' });
  });

  it('is chosen in the browser’s own picker where it cannot be captured', async () => {
    vi.mocked(browser.runtime.getManifest).mockReturnValue({} as never);
    await share();
    expect(opened()).toEqual([expect.stringContaining(`share.html?device=${DESK}`)]);
    expect(order).toEqual([]);
  });
});

describe('while the browser asks', () => {
  beforeEach(() => {
    permitted = false;
  });

  it('the wish is written down, and done by the next worker once it is allowed', async () => {
    await expect(share()).rejects.toMatchObject({ code: 'needs-capture' });
    expect(world.local.data['captureWish']).toEqual({
      current: { deviceId: DESK, tabId: 7, at: world.now, step: 'asked' },
    });
    permitted = true;
    app = await world.nextWorker();
    await Promise.all([app.tabShares.allowed(), app.tabShares.allowed()]);
    expect(starts()).toEqual([START]);
    expect(world.local.data['captureWish']).toEqual({});
    await app.tabShares.allowed();
    expect(starts()).toHaveLength(1);
  });

  it('another permission that was granted is no answer', async () => {
    await share().catch(() => undefined);
    await app.tabShares.allowed();
    expect(starts()).toEqual([]);
    expect(world.local.data['captureWish']).not.toEqual({});
  });

  it('an answer that comes much later is about something else', async () => {
    await share().catch(() => undefined);
    permitted = true;
    world.now += 3 * 60_000;
    await app.tabShares.allowed();
    expect(starts()).toEqual([]);
  });

  it('a tab that closed, or a device that was removed meanwhile, is forgotten', async () => {
    await share().catch(() => undefined);
    permitted = true;
    tab = { id: 8 };
    await app.tabShares.allowed();
    permitted = false;
    await share().catch(() => undefined);
    permitted = true;
    await app.devices.drop(DESK, 'all');
    await app.tabShares.allowed();
    expect(starts()).toEqual([]);
    expect(told()).toEqual([]);
  });

  it('a browser that wants nobody asked again is explained where no view is open', async () => {
    documentRefuses('capture-gone');
    await share().catch(() => undefined);
    permitted = true;
    await app.tabShares.allowed();
    expect(told()).toMatchObject([{ title: 'Not shared' }]);
  });

  it('and by the view where one is', async () => {
    documentRefuses('capture-gone');
    app.viewOpened();
    await share().catch(() => undefined);
    permitted = true;
    await app.tabShares.allowed();
    expect(told()).toEqual([]);
  });
});

describe('a browser that heeds no click of before it was allowed', () => {
  const REFUSAL = new Error('Extension has not been invoked for the current page');
  const wish = () => world.local.data['captureWish'];

  beforeEach(async () => {
    permitted = false;
    streamId = () => Promise.reject(REFUSAL);
    await share().catch(() => undefined);
    permitted = true;
  });

  /** The extension is loaded anew: what lay in the session is gone, and the next click counts. */
  async function renewed() {
    await app.tabShares.allowed();
    expect(reload).toHaveBeenCalledOnce();
    world.session.data = {};
    streamId = () => Promise.resolve('stream-1');
    app = await world.nextWorker();
  }

  it('has the extension loaded anew, which then asks the person for one more click', async () => {
    await renewed();
    expect(wish()).toMatchObject({ current: { tabId: 7, step: 'renewed' } });
    expect(opened()).toEqual([]);
    const [notice] = told();
    expect(notice).toMatchObject({ message: expect.stringContaining('Desk') as string });
    await app.tabShares.clicked();
    expect(told()).toEqual([]);
  });

  it('also where the popup told the wish once more before it was heard of', async () => {
    await Promise.all([share(), app.tabShares.allowed()]);
    expect(reload).toHaveBeenCalledOnce();
  });

  it('that click shares the tab, once', async () => {
    await renewed();
    await Promise.all([app.tabShares.clicked(), app.tabShares.clicked()]);
    expect(starts()).toEqual([START]);
    expect(wish()).toEqual({});
  });

  it('a press of the button does so, too', async () => {
    await renewed();
    await share();
    await app.tabShares.clicked();
    expect(starts()).toEqual([START]);
  });

  it('a click on another tab, or one that comes much later, does not', async () => {
    await renewed();
    const { url = '' } = tab;
    tab = { id: 8, url };
    await app.tabShares.clicked();
    tab = { id: 7, url };
    world.now += 3 * 60_000;
    await app.tabShares.clicked();
    expect(starts()).toEqual([]);
  });

  it('nor does one after the clock was set back to before the wish', async () => {
    await renewed();
    world.now -= 60 * 60_000;
    await app.tabShares.clicked();
    expect(starts()).toEqual([]);
  });

  it('nor does one on what the tab shows meanwhile, if that may not be shared', async () => {
    await renewed();
    tab = { id: 7 };
    await app.tabShares.clicked();
    expect(starts()).toEqual([]);
    expect(told()).toMatchObject([{ title: 'Not shared' }]);
  });

  it('nor in another run of the browser, whose tabs are others', async () => {
    await renewed();
    await app.tabShares.forget();
    await app.tabShares.clicked();
    expect(starts()).toEqual([]);
  });

  it('is asked no second time: then the person chooses', async () => {
    await renewed();
    streamId = () => Promise.reject(REFUSAL);
    await app.tabShares.clicked();
    expect(reload).toHaveBeenCalledOnce();
    expect(opened()).toHaveLength(1);
  });

  it('is not where an unpacked extension might not come back', async () => {
    installType = 'development';
    await app.tabShares.allowed();
    expect(reload).not.toHaveBeenCalled();
    expect(opened()).toHaveLength(1);
  });

  it.each([
    ['a transfer', () => app.stores.unfinished.set(true)],
    ['another share', () => world.tellsShares(sharing({ sourceId: 'tab:9' }))],
    ['a page of the extension', () => Promise.resolve(pages.push({}))],
  ])('does not cost %s: then the person chooses, too', async (_, begin) => {
    await begin();
    await app.tabShares.allowed();
    expect(reload).not.toHaveBeenCalled();
    expect(opened()).toEqual([expect.stringContaining(`share.html?device=${DESK}`)]);
    expect(wish()).toEqual({});
  });

  it('nor what begins while that is looked at and written down', async () => {
    const { captureWish } = app.stores;
    const write = captureWish.set.bind(captureWish);
    vi.spyOn(captureWish, 'set').mockImplementation(async (id, wished) => {
      await write(id, wished);
      await world.tellsShares(sharing({ sourceId: 'tab:9' }));
    });
    await app.tabShares.allowed();
    expect(reload).not.toHaveBeenCalled();
    expect(opened()).toHaveLength(1);
    expect(wish()).toEqual({});
  });

  it('nor a transfer that the document told of, and of which not all is written yet', async () => {
    vi.spyOn(app.sends, 'onTransfers').mockReturnValue(new Promise(() => {}));
    void world.tellsState([transfer({ state: 'transferring' })]);
    await app.tabShares.allowed();
    expect(reload).not.toHaveBeenCalled();
  });

  it.each([
    ['the next click', () => app.tabShares.clicked()],
    ['half a minute', () => app.keep()],
  ])('asks for that click no longer than it would do something: until %s', async (_, pass) => {
    await renewed();
    world.now += 3 * 60_000;
    await pass();
    expect(told()).toEqual([]);
    expect(wish()).toEqual({});
    expect(starts()).toEqual([]);
  });
});

describe('the item of the menu', () => {
  const TAB = { ...PAGE, menuItemId: shareItemId(DESK) };
  const click = (ready: Promise<App> = Promise.resolve(app), url?: string) =>
    onMenuClick(ready, TAB, { id: 7, title: 'News', ...(url && { url }) } as never);

  it('asks in the click’s own task, before anything else, and does not wait for the worker', () => {
    permitted = false;
    void click(new Promise<App>(() => {}));
    expect(order).toEqual(['request tabCapture']);
  });

  it('shares its tab', async () => {
    await click();
    expect(starts()).toEqual([START]);
  });

  it('goes on once the browser is allowed to, and once only', async () => {
    permitted = false;
    const done = click();
    await vi.waitFor(() => expect(world.local.data['captureWish']).toHaveProperty('current'));
    answer(true);
    await Promise.all([done, app.tabShares.allowed()]);
    expect(starts()).toEqual([START]);
  });

  it('goes on also where the browser told nobody else that it was allowed', async () => {
    permitted = false;
    const done = click();
    await vi.waitFor(() => expect(world.local.data['captureWish']).toHaveProperty('current'));
    answer(true);
    await done;
    expect(starts()).toEqual([START]);
  });

  it('says nothing to a person who said no', async () => {
    permitted = false;
    const done = click();
    await vi.waitFor(() => expect(world.local.data['captureWish']).toHaveProperty('current'));
    answer(false);
    await done;
    expect(starts()).toEqual([]);
    expect(told()).toEqual([]);
  });

  it('says why it came to nothing, and asks nobody before that', async () => {
    permitted = false;
    tab = { id: 7, url: 'chrome://version/' };
    await click(Promise.resolve(app), tab.url);
    expect(told()).toMatchObject([{ title: 'Not shared' }]);
    expect(order).toEqual([]);
  });
});

describe('the command', () => {
  const press = (ready: Promise<App> = Promise.resolve(app)) => shareTab(ready, tab as never);

  it('asks in its own task, before anything else', () => {
    permitted = false;
    void press(new Promise<App>(() => {}));
    expect(order).toEqual(['request tabCapture']);
  });

  it('shares the tab with the device that was sent to last', async () => {
    await app.stores.self.set({ ...app.stores.self.get(), lastDeviceId: PHONE });
    await press();
    expect(starts()).toMatchObject([{ deviceId: PHONE, sourceId: 'tab:7' }]);
  });

  it('opens the popup where there is none', async () => {
    const openPopup = vi.spyOn(browser.action, 'openPopup').mockResolvedValue();
    await press();
    expect(openPopup).toHaveBeenCalledOnce();
    expect(starts()).toEqual([]);
  });
});
