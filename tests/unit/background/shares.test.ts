import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { App } from '../../../entrypoints/background/app.ts';
import { onCall } from '../../../entrypoints/background/on-call.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import {
  onNoticeButton,
  onNoticeClick,
} from '../../../entrypoints/background/notification-click.ts';
import { browser } from '../../../lib/browser/index.ts';
import type { WatchingState } from '../../../lib/share/states.ts';
import type { ShareView } from '../../../lib/share/views.ts';
import { asked, SHARE, sharing } from '../share/views.ts';
import { DESK, FakeWorld, pair, PHONE, transfer } from './fakes.ts';

/** What background does about shares follows from the document's list alone. */

let world: FakeWorld;
let app: App;
let windows: string[];
let openPages: { id: number; windowId: number; url: string }[];

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
  await pair(app, PHONE, 'Phone');
  world.host.present = true;
  await onCall(app, { type: 'ready' });
  windows = [];
  openPages = [];
  vi.spyOn(browser.windows, 'create').mockImplementation(async (made) => {
    windows.push(String(made?.url));
    return { focused: true, alwaysOnTop: false, incognito: false };
  });
  vi.spyOn(browser.tabs, 'query').mockImplementation(async () => openPages as never);
});

const shown = () => fakeBrowser.notifications.getAllCreateOptions();
const badge = () => vi.mocked(browser.action.setBadgeText).mock.calls.map(([details]) => details);
const told = (type: string) => world.calls.filter((call) => call.type === type);
const watched = (over: Partial<Extract<ShareView, { role: 'viewer' }>> = {}) =>
  asked({ state: { type: 'connecting' }, ...over });

describe('a share that is offered', () => {
  it('[SH2] is asked about once, on badge and notification, across a death', async () => {
    const create = vi.spyOn(browser.notifications, 'create');
    await world.tellsShares(asked());
    await world.tellsShares(asked());
    app = await world.nextWorker();
    await world.tellsShares(asked());
    expect(create).toHaveBeenCalledExactlyOnceWith(
      `share-ask:${SHARE}`,
      expect.objectContaining({
        title: 'Desk wants to show you a tab',
        buttons: [{ title: 'Accept' }, { title: 'Decline' }],
        requireInteraction: true,
      }),
    );
    expect(badge().at(-1)).toEqual({ text: '1' });
    expect(windows).toEqual([]);
  });

  it.each([
    ['accept', 0],
    ['decline', 1],
  ] as const)('%s: a button of the notification', async (word, button) => {
    await world.tellsShares(asked());
    await onNoticeButton(app, `share-ask:${SHARE}`, button);
    expect(told(`share/${word}`)).toEqual([{ type: `share/${word}`, shareId: SHARE }]);
    expect(shown()).toEqual({});
  });

  it('a click beside the buttons is no answer', async () => {
    const openPopup = vi.spyOn(browser.action, 'openPopup').mockResolvedValue(undefined);
    await world.tellsShares(asked());
    world.calls.length = 0;
    await onNoticeClick(app, `share-ask:${SHARE}`);
    expect(openPopup).toHaveBeenCalledOnce();
    expect(world.calls).toEqual([]);
  });

  it('[SH2] that was taken back leaves screen and badge, and its name is asked about anew', async () => {
    await world.tellsShares(asked());
    await world.tellsShares();
    expect(shown()).toEqual({});
    expect(badge().at(-1)).toEqual({ text: '' });
    const create = vi.spyOn(browser.notifications, 'create');
    await world.tellsShares(asked());
    expect(create).toHaveBeenCalledOnce();
  });

  it('that ended while its notification was on the way leaves the screen', async () => {
    const { getAll } = browser.notifications;
    let look = (): void => {};
    vi.spyOn(browser.notifications, 'getAll').mockImplementationOnce(async () => {
      await new Promise<void>((resolve) => (look = resolve));
      return await getAll();
    });
    const first = world.tellsShares(asked());
    const second = world.tellsShares();
    look();
    await Promise.all([first, second]);
    expect(shown()).toEqual({});
  });

  it('that ended while no worker lived leaves the screen', async () => {
    await world.tellsShares(asked());
    world.shares = [];
    app = await world.nextWorker();
    await vi.waitFor(() => expect(shown()).toEqual({}));
  });

  it('leaves the screen with a document that crashed', async () => {
    await world.tellsShares(asked());
    await world.documentDies();
    await vi.waitFor(() => expect(shown()).toEqual({}));
    expect(app.shares.views).toEqual([]);
  });

  it('is counted with the transfers that wait', async () => {
    await world.tellsShares(asked());
    await world.tellsState([transfer()]);
    expect(badge().at(-1)).toEqual({ text: '2' });
  });

  it('of a device whose shares are always shown is accepted without a word', async () => {
    await onIntent(app, { type: 'device/share-rule', deviceId: DESK, rule: 'always' });
    await world.tellsShares(asked());
    await world.tellsShares(asked());
    expect(told('share/accept')).toEqual([{ type: 'share/accept', shareId: SHARE }]);
    expect(shown()).toEqual({});
    expect(app.devices.view(new Set(), {})[0]).toMatchObject({ rule: 'ask', shareRule: 'always' });
  });

  it('[SH6] that a new document is offered again is accepted, and shown, again', async () => {
    await onIntent(app, { type: 'device/share-rule', deviceId: DESK, rule: 'always' });
    await world.tellsShares(asked());
    await world.tellsShares(watched());
    await world.documentDies();
    world.host.present = true;
    await onCall(app, { type: 'ready' });
    await world.tellsShares(asked());
    await world.tellsShares(watched());
    expect(told('share/accept')).toHaveLength(2);
    expect(windows).toHaveLength(2);
  });

  it('is not accepted because files of the device are', async () => {
    await onIntent(app, { type: 'device/rule', deviceId: DESK, rule: 'always' });
    await world.tellsShares(asked());
    expect(told('share/accept')).toEqual([]);
    expect(Object.keys(shown())).toEqual([`share-ask:${SHARE}`]);
  });

  it('[SH3] without frame encryption is asked about in spite of the rule, and says so', async () => {
    await onIntent(app, { type: 'device/share-rule', deviceId: DESK, rule: 'always' });
    await world.tellsShares(asked({ protection: { type: 'unprotected', missing: 'there' } }));
    expect(told('share/accept')).toEqual([]);
    expect(Object.values(shown())).toMatchObject([
      { message: expect.stringContaining('lacks the additional protection') as string },
    ]);
  });

  it('whose rule could not be told is told with the next state', async () => {
    await onIntent(app, { type: 'device/share-rule', deviceId: DESK, rule: 'always' });
    const answer = world.answer;
    world.answer = (call) => {
      if (call.type === 'share/accept') throw new Error('busy');
      return answer(call);
    };
    await world.tellsShares(asked());
    world.answer = answer;
    await world.tellsShares(asked());
    expect(told('share/accept')).toHaveLength(2);
  });
});

describe('a share that is watched', () => {
  const PAGE = `viewer.html?share=${SHARE}`;

  it('opens its page once, across deaths and states', async () => {
    await world.tellsShares(watched());
    await world.tellsShares(watched({ state: { type: 'watching' } }));
    app = await world.nextWorker();
    await world.tellsShares(watched({ state: { type: 'watching' } }));
    expect(windows).toEqual([expect.stringMatching(new RegExp(`/${PAGE.replace('?', '\\?')}$`))]);
  });

  it('opens its page with the next state where the browser did not', async () => {
    vi.mocked(browser.windows.create).mockRejectedValueOnce(new Error('no window'));
    await world.tellsShares(watched());
    expect(windows).toEqual([]);
    await world.tellsShares(watched({ state: { type: 'watching' } }));
    expect(windows).toHaveLength(1);
  });

  it('takes a page that is open and shows nothing any more', async () => {
    const update = vi.spyOn(browser.tabs, 'update').mockResolvedValue({} as never);
    const focus = vi.spyOn(browser.windows, 'update').mockResolvedValue({} as never);
    openPages = [{ id: 3, windowId: 2, url: 'chrome-extension://x/viewer.html?share=old' }];
    await world.tellsShares(watched());
    expect(windows).toEqual([]);
    expect(update).toHaveBeenCalledWith(3, { active: true });
    expect(focus).toHaveBeenCalledWith(2, { focused: true });
  });

  it('has a page of its own while another one is watched', async () => {
    const other = 'c3'.repeat(16);
    openPages = [{ id: 3, windowId: 2, url: `chrome-extension://x/viewer.html?share=${other}` }];
    vi.spyOn(browser.tabs, 'update').mockResolvedValue({} as never);
    vi.spyOn(browser.windows, 'update').mockResolvedValue({} as never);
    await world.tellsShares(watched({ shareId: other }), watched());
    expect(windows).toHaveLength(1);
  });

  it('is loaded in one of several pages that show nothing any more, or beside one that does', async () => {
    const other = 'c3'.repeat(16);
    const update = vi.spyOn(browser.tabs, 'update').mockResolvedValue({} as never);
    vi.spyOn(browser.windows, 'update').mockResolvedValue({} as never);
    const pages = [other, 'old'].map((share, at) => ({
      id: at + 3,
      windowId: at + 3,
      url: `chrome-extension://x/viewer.html?share=${share}`,
    }));
    openPages = pages;
    await world.tellsShares(watched({ shareId: other }), watched());
    expect(windows).toEqual([]);
    const url = expect.stringContaining(`/${PAGE}`) as unknown;
    expect(update).toHaveBeenLastCalledWith(4, { active: true, url });
    openPages = pages.map((page) => ({ ...page, url: page.url.replace(other, 'older') }));
    await onIntent(app, { type: 'share/show', shareId: SHARE });
    expect(update).toHaveBeenLastCalledWith(3, { active: true, url });
  });

  it.each<WatchingState>([
    { type: 'ended', reason: 'stopped', by: 'peer' },
    { type: 'asked', expiresAt: 0 },
  ])('opens none while it is $type', async (state) => {
    await world.tellsShares(watched({ state }));
    expect(windows).toEqual([]);
  });

  it('keeps the document until it is over', async () => {
    await world.tellsShares(watched());
    await onCall(app, { type: 'idle' });
    expect(world.host.closings).toBe(0);
    await world.tellsShares(watched({ state: { type: 'ended', reason: 'stopped', by: 'me' } }));
    await onCall(app, { type: 'idle' });
    expect(world.host.closings).toBe(1);
  });
});

describe('a tab that is shared', () => {
  const ended = { type: 'ended', reason: 'stopped', by: 'peer' } as const;

  it('says so on the badge, on its own button, and in a notification that stops it', async () => {
    await world.tellsShares(sharing(), sharing({ shareId: 'c3'.repeat(16), deviceId: PHONE }));
    expect(badge()).toContainEqual({ text: 'ON' });
    await world.tellsShares(sharing(), sharing({ shareId: 'c3'.repeat(16), deviceId: PHONE }));
    expect(badge().filter(({ text }) => text === 'ON')).toHaveLength(2);
    expect(badge()).toContainEqual({ tabId: 7, text: 'ON' });
    expect(browser.action.setTitle).toHaveBeenLastCalledWith({
      tabId: 7,
      title: 'Sharing this tab with Desk, Phone',
    });
    expect(shown()[`share-on:${SHARE}`]).toMatchObject({
      title: 'Sharing with Desk',
      buttons: [{ title: 'Stop sharing' }],
    });
    await onNoticeButton(app, `share-on:${SHARE}`, 0);
    expect(told('share/stop')).toEqual([{ type: 'share/stop', shareId: SHARE }]);
  });

  it('says so no more with the next state where the browser refused it once', async () => {
    await world.tellsShares(sharing());
    expect(badge().at(-1)).toMatchObject({ text: 'ON' });
    vi.mocked(browser.action.setBadgeText).mockRejectedValueOnce(new Error('busy'));
    await world.tellsShares();
    await world.tellsShares();
    expect(
      badge()
        .filter((details) => !('tabId' in details))
        .slice(-2),
    ).toEqual([{ text: '' }, { text: '' }]);
  });

  it('says so again on the next page, and not of other tabs', async () => {
    await world.tellsShares(sharing());
    vi.mocked(browser.action.setBadgeText).mockClear();
    await app.shares.tabChanged(8, async () => 'Other');
    expect(badge()).toEqual([]);
    await app.shares.tabChanged(7, async () => 'News');
    expect(badge()).toEqual([{ tabId: 7, text: 'ON' }]);
    expect(told('share/title')).toEqual([]);
  });

  it('is not said to be on while the other side is only asked', async () => {
    await world.tellsShares(sharing({ state: { type: 'offering' }, since: null }));
    expect(badge().findLast((details) => !('tabId' in details))).toEqual({ text: '' });
  });

  it('is called what its page is called, or nothing where that may not be known', async () => {
    await world.tellsShares(sharing());
    await app.shares.tabChanged(7, async () => 'Weather');
    await app.shares.tabChanged(7, async () => '');
    expect(told('share/title')).toEqual([
      { type: 'share/title', sourceId: 'tab:7', title: 'Weather' },
      { type: 'share/title', sourceId: 'tab:7', title: '' },
    ]);
  });

  it('no longer says so once it is over, also in a worker that did not see it begin', async () => {
    await world.tellsShares(sharing());
    world.shares = [sharing({ state: ended })];
    app = await world.nextWorker();
    await world.tellsShares(sharing({ state: ended }));
    expect(badge()).toContainEqual({ tabId: 7, text: null });
    expect(browser.action.setTitle).toHaveBeenLastCalledWith({ tabId: 7, title: 'Tallow Send' });
    expect(Object.keys(shown())).toEqual([`share-over:${SHARE}`]);
    expect(world.session.data['markedTabs']).toEqual({});
  });

  it('no longer says so half a minute after its document died, also where nobody said that', async () => {
    await world.tellsShares(sharing());
    world.host.present = false;
    await app.keep();
    expect(badge().findLast((details) => !('tabId' in details))).toEqual({ text: '' });
    expect(app.shares.views).toEqual([]);
  });

  it('no longer says so after its document died with the worker', async () => {
    await world.tellsShares(sharing());
    world.host.present = false;
    world.shares = [];
    app = await world.nextWorker();
    expect(badge()).toContainEqual({ tabId: 7, text: null });
    expect(badge()).toContainEqual({ text: '' });
    expect(shown()).toEqual({});
  });

  it('that closed is told to the document, by a worker that knows nothing yet, too', async () => {
    world.shares = [sharing()];
    app = await world.startWorker();
    await app.shares.tabClosed(8);
    await app.shares.tabClosed(7);
    expect(told('share/source-gone')).toEqual([{ type: 'share/source-gone', sourceId: 'tab:7' }]);
  });

  it('that closed may have shown one', async () => {
    world.shares = [sharing()];
    app = await world.startWorker();
    await app.shares.tabClosed(9);
    expect(told('share/page-gone')).toEqual([]);
    await world.tellsShares(sharing(), watched());
    await app.shares.tabClosed(9);
    expect(told('share/page-gone')).toEqual([{ type: 'share/page-gone' }]);
  });

  it('is stopped by the command, by a worker that knows nothing yet, too', async () => {
    world.shares = [sharing(), sharing({ shareId: 'c3'.repeat(16), state: ended }), watched()];
    app = await world.startWorker();
    expect(await app.shares.stopAll()).toBe(true);
    expect(told('share/stop')).toEqual([{ type: 'share/stop', shareId: SHARE }]);
  });

  it('without a document there is nothing to stop, and none is made for it', async () => {
    world.host.present = false;
    app = await world.startWorker();
    expect(await app.shares.stopAll()).toBe(false);
    expect(world.host.creations).toBe(0);
  });

  it('[SH3] asks before it goes on without protection', async () => {
    await world.tellsShares(sharing({ state: { type: 'unprotected', missing: 'there' } }));
    expect(shown()[`share-bare:${SHARE}`]).toMatchObject({
      buttons: [{ title: 'Share anyway' }, { title: 'Stop' }],
      requireInteraction: true,
    });
    await onNoticeButton(app, `share-bare:${SHARE}`, 0);
    await onNoticeButton(app, `share-bare:${SHARE}`, 1);
    expect(world.calls.slice(-2)).toEqual([
      { type: 'share/unprotected', shareId: SHARE },
      { type: 'share/stop', shareId: SHARE },
    ]);
  });

  it.each([
    ['declined', 'Desk declined to watch'],
    ['no-answer', 'Nobody answered at Desk'],
    ['stopped', 'Desk stopped watching'],
    ['device-gone', 'Desk is away: sharing ended'],
  ] as const)('that ended with %s at the other end is told of once', async (reason, title) => {
    const create = vi.spyOn(browser.notifications, 'create');
    const over = sharing({ state: { type: 'ended', reason, by: 'peer' } });
    await world.tellsShares(over);
    app = await world.nextWorker();
    await world.tellsShares(over);
    expect(create).toHaveBeenCalledOnce();
    expect(create).toHaveBeenCalledWith(
      `share-over:${SHARE}`,
      expect.objectContaining({ title, message: 'News' }),
    );
  });

  it('that ended by this person’s own doing is no news', async () => {
    await world.tellsShares(sharing({ state: { type: 'ended', reason: 'stopped', by: 'me' } }));
    expect(shown()).toEqual({});
  });
});

describe('what a person asks for', () => {
  it('goes to a document that is there, and makes none', async () => {
    const words = ['accept', 'decline', 'stop', 'dismiss', 'unprotected'] as const;
    for (const word of words) await onIntent(app, { type: `share/${word}`, shareId: SHARE });
    await onIntent(app, { type: 'share/allow-pointer', shareId: SHARE, allowed: true });
    expect(world.callTypes.filter((type) => type.startsWith('share/'))).toEqual([
      ...words.map((word) => `share/${word}`),
      'share/allow-pointer',
    ]);
    world.host.present = false;
    await app.offscreen.lost();
    const late = onIntent(app, { type: 'share/accept', shareId: SHARE });
    await expect(late).rejects.toMatchObject({ code: 'unknown-share' });
    expect(world.host.creations).toBe(0);
  });

  it('the quality is kept, shown, and told to what is shared now', async () => {
    const settings = { quality: '4k', content: 'motion' } as const;
    await onIntent(app, { type: 'share/quality', settings });
    expect(told('share/quality')).toEqual([{ type: 'share/quality', settings }]);
    const next = await world.nextWorker();
    expect(next.stores.settings.get().share).toEqual(settings);
  });

  it('a screen is chosen on a page of its own, and shared from what it captured', async () => {
    await onIntent(app, { type: 'share/screen', deviceId: DESK });
    expect(windows).toEqual([expect.stringContaining(`share.html?device=${DESK}`)]);
    const sourceId = `screen:${'c'.repeat(32)}`;
    await onIntent(app, { type: 'share/captured', deviceId: DESK, sourceId, title: 'a window' });
    expect(told('share/start')).toEqual([
      {
        type: 'share/start',
        deviceId: DESK,
        source: 'screen',
        sourceId,
        streamId: null,
        title: 'a window',
        settings: { quality: 'auto', content: 'text' },
      },
    ]);
  });

  it('a capture that cannot be shared is let go of', async () => {
    const sourceId = `screen:${'c'.repeat(32)}`;
    const { answer } = world;
    world.answer = (call) => {
      if (call.type === 'share/start') throw new Error('too many');
      return answer(call);
    };
    const captured = { type: 'share/captured', deviceId: DESK, sourceId, title: '' } as const;
    await expect(onIntent(app, captured)).rejects.toThrow('too many');
    expect(told('share/source-gone')).toEqual([{ type: 'share/source-gone', sourceId }]);
  });

  it('for a device that is not paired is refused', async () => {
    const deviceId = 'f'.repeat(64);
    const sourceId = `screen:${'c'.repeat(32)}`;
    for (const intent of [
      { type: 'share/screen', deviceId },
      { type: 'share/captured', deviceId, sourceId, title: '' },
      { type: 'device/share-rule', deviceId, rule: 'always' },
    ] as const) {
      await expect(onIntent(app, intent)).rejects.toMatchObject({ code: 'device-unknown' });
    }
  });
});

describe('a viewer’s pointer', () => {
  const point = (x: number, sourceId = 'tab:7') =>
    onCall(app, { type: 'share/pointer', shareId: SHARE, sourceId, at: { x, y: 0.5 } });

  it('[SH10] is drawn in the tab, the newest place, one drawing at a time', async () => {
    const drawn: unknown[] = [];
    let finish = (): void => {};
    vi.spyOn(browser.scripting, 'executeScript').mockImplementation(({ target, args }) => {
      drawn.push([target.tabId, args?.[1]]);
      return new Promise((resolve) => (finish = () => resolve([])));
    });
    const first = point(0.1);
    await point(0.2);
    await point(0.3);
    expect(drawn).toEqual([[7, { x: 0.1, y: 0.5 }]]);
    finish();
    await vi.waitFor(() => expect(drawn).toHaveLength(2));
    finish();
    await first;
    expect(drawn[1]).toEqual([7, { x: 0.3, y: 0.5 }]);
  });

  it('is not drawn where nobody is let in, and the next one is tried', async () => {
    const script = vi.spyOn(browser.scripting, 'executeScript').mockRejectedValue(new Error('no'));
    expect(await point(0.1)).toEqual({});
    expect(await point(0.2)).toEqual({});
    expect(script).toHaveBeenCalledTimes(2);
    await point(0.3, `screen:${'c'.repeat(32)}`);
    expect(script).toHaveBeenCalledTimes(2);
  });
});
