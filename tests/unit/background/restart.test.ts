import { beforeEach, describe, expect, it, vi, type Mock } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { App } from '../../../entrypoints/background/app.ts';
import { onCall } from '../../../entrypoints/background/on-call.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import { onNoticeButton } from '../../../entrypoints/background/notification-click.ts';
import { browser } from '../../../lib/browser/index.ts';
import { PlatformError } from '../../../lib/platform/errors.ts';
import { CallError } from '../../../lib/messaging/rpc.ts';
import type { OffscreenTransfer } from '../../../lib/messaging/background-calls.ts';
import { DESK, EMPTY_STATE, FakeWorld, ORIGIN, pair, PHONE } from './fakes.ts';

/** The worker dies at the worst moments: every test goes on with a new one over the same storage. */

const TRANSFER = 'a1'.repeat(16);
const MINUTE = 60_000;

let world: FakeWorld;
let app: App;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
});

/** A worker that never gets an answer any more: as good as dead from here on. */
function die(): void {
  world.answer = () => {
    throw new Error('the worker is gone');
  };
}

async function nextWorker(): Promise<App> {
  world.calls.length = 0;
  world.answer = (call) => (call.type === 'state/get' ? EMPTY_STATE : {});
  const next = await world.startWorker();
  await next.resume();
  return next;
}

function transfer(over: Partial<OffscreenTransfer> = {}): OffscreenTransfer {
  return {
    transferId: TRANSFER,
    deviceId: DESK,
    kind: 'files',
    title: 'a.txt',
    count: 1,
    totalBytes: 10,
    doneBytes: 0,
    createdAt: world.now,
    direction: 'in',
    state: 'offered',
    ...over,
  } as OffscreenTransfer;
}

describe('sends', () => {
  it('a text that was written down and not handed over is handed over once', async () => {
    await app.stores.sends.set(TRANSFER, {
      transferId: TRANSFER,
      deviceId: DESK,
      at: world.now,
      plan: { type: 'text', kind: 'text', text: 'hello' },
    });
    const next = await nextWorker();
    expect(world.calls.filter(({ type }) => type === 'send/text')).toEqual([
      { type: 'send/text', transferId: TRANSFER, deviceId: DESK, kind: 'text', text: 'hello' },
    ]);
    expect(next.stores.sends.all.size).toBe(0);
    await next.keep();
    expect(world.calls.filter(({ type }) => type === 'send/text')).toHaveLength(1);
  });

  it('stays written down while the document cannot be opened, and goes under the same id', async () => {
    const create = vi
      .spyOn(world.host, 'create')
      .mockRejectedValue(new PlatformError('offscreen-failed'));
    const sending = onIntent(app, { type: 'send/text', deviceId: DESK, text: 'hello' });
    await expect(sending).rejects.toMatchObject({ code: 'offscreen-failed' });
    const [kept] = [...app.stores.sends.all.keys()];
    expect(kept).toMatch(/^[0-9a-f]{32}$/);
    create.mockRestore();
    await nextWorker();
    expect(world.calls).toMatchObject([{ type: 'send/text', transferId: kept, text: 'hello' }]);
  });

  it('what the document refuses is not tried again, and the person is told', async () => {
    world.answer = () => {
      throw new CallError('bad-message');
    };
    const sending = onIntent(app, { type: 'send/text', deviceId: DESK, text: 'hello' });
    await expect(sending).rejects.toMatchObject({ code: 'bad-message' });
    expect(app.stores.sends.all.size).toBe(0);
    expect(Object.keys(fakeBrowser.notifications.getAllCreateOptions())).toEqual([
      expect.stringMatching(/^tell:[0-9a-f]{32}:failed$/),
    ]);
  });

  it('an open question is answered by what is granted now', async () => {
    const contains = vi.spyOn(browser.permissions, 'contains').mockResolvedValue(false);
    await app.stores.sends.set(TRANSFER, {
      transferId: TRANSFER,
      deviceId: DESK,
      at: world.now,
      plan: {
        type: 'ask',
        kind: 'image',
        url: 'https://c.example/i.png',
        origin: 'https://c.example/*',
      },
    });
    const next = await nextWorker();
    expect(world.calls).toEqual([]);
    contains.mockResolvedValue(true);
    await next.sends.recover();
    expect(world.callTypes).toEqual(['send/fetch']);
  });

  it('an open question that nobody answered becomes the link', async () => {
    vi.spyOn(browser.permissions, 'contains').mockResolvedValue(false);
    await app.stores.sends.set(TRANSFER, {
      transferId: TRANSFER,
      deviceId: DESK,
      at: world.now,
      plan: {
        type: 'ask',
        kind: 'image',
        url: 'https://c.example/i.png',
        origin: 'https://c.example/*',
      },
    });
    world.now += 3 * MINUTE;
    await nextWorker();
    expect(world.calls).toMatchObject([
      { type: 'send/text', kind: 'link', text: 'https://c.example/i.png', note: 'link-instead' },
    ]);
  });

  it('what is too old is given up, and the person told', async () => {
    await app.stores.sends.set(TRANSFER, {
      transferId: TRANSFER,
      deviceId: DESK,
      at: world.now,
      plan: { type: 'fetch', kind: 'image', url: 'https://c.example/i.png' },
    });
    world.now += 11 * MINUTE;
    const next = await nextWorker();
    expect(world.calls).toEqual([]);
    expect(next.stores.sends.all.size).toBe(0);
    expect(Object.keys(fakeBrowser.notifications.getAllCreateOptions())).toEqual([
      `tell:${TRANSFER}:failed`,
    ]);
  });
});

describe('offers', () => {
  const OFFER = {
    type: 'offer',
    transferId: TRANSFER,
    deviceId: DESK,
    kind: 'files',
    title: 'a.txt',
    count: 1,
    totalBytes: 10,
  } as const;

  it('[TR12] are asked about once, though told again by each side of a death', async () => {
    const create = vi.spyOn(browser.notifications, 'create');
    expect(await onCall(app, OFFER)).toEqual({ decision: 'ask' });
    expect(await onCall(app, OFFER)).toEqual({ decision: 'ask' });
    const next = await nextWorker();
    expect(await onCall(next, OFFER)).toEqual({ decision: 'ask' });
    await next.onState({ ...EMPTY_STATE, transfers: [transfer()] });
    expect(create).toHaveBeenCalledOnce();
    expect(create).toHaveBeenCalledWith(
      `offer:${TRANSFER}`,
      expect.objectContaining({ buttons: [{ title: 'Accept' }, { title: 'Decline' }] }),
    );
  });

  it('are shown again after the browser was started anew', async () => {
    const create = vi.spyOn(browser.notifications, 'create');
    await onCall(app, OFFER);
    world.session.data = {};
    const next = await nextWorker();
    await next.onState({ ...EMPTY_STATE, transfers: [transfer()] });
    expect(create).toHaveBeenCalledTimes(2);
  });

  it('an answer is written down before the document hears of it, and told by the next worker', async () => {
    await onCall(app, OFFER);
    world.host.present = true;
    app.offscreen.ready();
    let atCall: unknown;
    world.answer = () => {
      atCall = structuredClone(world.local.data['decisions']);
      throw new Error('the worker is gone');
    };
    await expect(onNoticeButton(app, `offer:${TRANSFER}`, 0)).rejects.toThrow();
    expect(atCall).toEqual({ [TRANSFER]: { decision: 'accept', at: world.now } });
    const next = await nextWorker();
    expect(world.calls).toContainEqual({
      type: 'transfer/decide',
      transferId: TRANSFER,
      decision: 'accept',
    });
    expect(next.stores.decisions.all.size).toBe(0);
  });

  it('[TR12] the first of two different answers counts', async () => {
    await onCall(app, OFFER);
    die();
    await expect(onNoticeButton(app, `offer:${TRANSFER}`, 1)).rejects.toThrow();
    await expect(onNoticeButton(app, `offer:${TRANSFER}`, 0)).rejects.toThrow();
    await nextWorker();
    expect(world.calls.filter(({ type }) => type === 'transfer/decide')).toEqual([
      { type: 'transfer/decide', transferId: TRANSFER, decision: 'decline' },
    ]);
  });

  it('of a device with "always" are accepted without a word, of unknown ones never', async () => {
    const create = vi.spyOn(browser.notifications, 'create');
    await onIntent(app, { type: 'device/rule', deviceId: DESK, rule: 'always' });
    expect(await onCall(app, OFFER)).toEqual({ decision: 'accept' });
    await app.onState({ ...EMPTY_STATE, transfers: [transfer()] });
    expect(create).not.toHaveBeenCalled();
    expect(await onCall(app, { ...OFFER, deviceId: PHONE })).toEqual({ decision: 'ask' });
  });

  it('are counted on the badge, and their notification goes with them', async () => {
    const badge = vi.mocked(browser.action.setBadgeText);
    await app.onState({ ...EMPTY_STATE, transfers: [transfer()] });
    expect(badge).toHaveBeenLastCalledWith({ text: '1' });
    expect(Object.keys(fakeBrowser.notifications.getAllCreateOptions())).toHaveLength(1);
    await app.onState({ ...EMPTY_STATE, transfers: [transfer({ state: 'expired' })] });
    expect(badge).toHaveBeenLastCalledWith({ text: '' });
    expect(fakeBrowser.notifications.getAllCreateOptions()).toEqual({});
  });
});

describe('saves', () => {
  const URL = `blob:${ORIGIN}1-2-3`;
  const SAVE = {
    type: 'save',
    transferId: TRANSFER,
    fileId: 3,
    url: URL,
    path: 'b/a.txt',
  } as const;
  let download: Mock<typeof browser.downloads.download>;
  let items: { id: number; url: string; state: string; error?: string }[];

  beforeEach(() => {
    items = [];
    const { downloads } = browser;
    download = vi.spyOn(downloads, 'download').mockImplementation(async ({ url }) => {
      items.push({ id: 40 + items.length, url, state: 'in_progress' });
      return 39 + items.length;
    });
    vi.mocked(downloads.search).mockImplementation((async (query: { id?: number; url?: string }) =>
      items.filter(({ id, url }) => id === query.id || url === query.url)) as never);
  });

  it('begins a download under the folder and says when it is done', async () => {
    await onCall(app, SAVE);
    expect(download).toHaveBeenCalledWith({
      url: URL,
      filename: 'Tallow Send/b/a.txt',
      conflictAction: 'uniquify',
      saveAs: false,
    });
    expect(world.local.data['saves']).toEqual({
      [`${TRANSFER}:3`]: {
        transferId: TRANSFER,
        fileId: 3,
        url: URL,
        path: 'b/a.txt',
        downloadId: 40,
      },
    });
    Object.assign(items[0] ?? {}, { state: 'complete' });
    await app.saves.changed(40);
    expect(world.calls).toEqual([{ type: 'save/done', transferId: TRANSFER, fileId: 3 }]);
    expect(app.saves.running).toBe(false);
    expect(app.stores.saved.get(TRANSFER)).toEqual({ downloadId: 40 });
  });

  it('that ended before its id was known is not missed', async () => {
    download.mockImplementation(async () => {
      items.push({ id: 40, url: URL, state: 'complete' });
      // The event comes while nothing is written down yet.
      await app.saves.changed(40);
      return 40;
    });
    await onCall(app, SAVE);
    expect(world.callTypes).toEqual(['save/done']);
  });

  it('asked for again, does not download again', async () => {
    await onCall(app, SAVE);
    await onCall(app, SAVE);
    const next = await nextWorker();
    await onCall(next, SAVE);
    expect(download).toHaveBeenCalledOnce();
  });

  it('that began as the worker died is found by its blob', async () => {
    await app.stores.saves.set(`${TRANSFER}:3`, { ...SAVE, downloadId: null } as never);
    items.push({ id: 44, url: URL, state: 'complete' });
    const next = await nextWorker();
    expect(world.calls).toContainEqual({ type: 'save/done', transferId: TRANSFER, fileId: 3 });
    expect(next.saves.running).toBe(false);
    expect(download).not.toHaveBeenCalled();
  });

  it.each([
    ['FILE_NO_SPACE', 'no-space'],
    ['USER_CANCELED', 'cancelled'],
    ['FILE_ACCESS_DENIED', 'refused'],
    ['CRASH', 'failed'],
  ])('that the browser interrupted with %s failed as %s', async (error, code) => {
    await onCall(app, SAVE);
    Object.assign(items[0] ?? {}, { state: 'interrupted', error });
    await nextWorker();
    expect(world.calls).toContainEqual({
      type: 'save/failed',
      transferId: TRANSFER,
      fileId: 3,
      code,
    });
  });

  it('that a person removed from the list of downloads failed as gone', async () => {
    await onCall(app, SAVE);
    items = [];
    await nextWorker();
    expect(world.calls).toContainEqual({
      type: 'save/failed',
      transferId: TRANSFER,
      fileId: 3,
      code: 'gone',
    });
  });

  it('refused by the browser is answered so', async () => {
    download.mockRejectedValue(new Error('Invalid filename'));
    await expect(onCall(app, SAVE)).rejects.toMatchObject({ code: 'download-refused' });
    expect(app.saves.running).toBe(false);
  });

  it('of anything but a blob of ours is refused', async () => {
    await expect(onCall(app, { ...SAVE, url: 'https://evil.example/x' })).rejects.toMatchObject({
      code: 'bad-source',
    });
    expect(download).not.toHaveBeenCalled();
  });

  it('keep the document open until they are done', async () => {
    world.host.present = true;
    app.offscreen.ready();
    await onCall(app, SAVE);
    await onCall(app, { type: 'idle' });
    expect(world.host.closings).toBe(0);
    await onCall(app, { type: 'idle' });
    Object.assign(items[0] ?? {}, { state: 'complete' });
    await app.saves.changed(40);
    await onCall(app, { type: 'idle' });
    expect(world.host.closings).toBe(1);
  });
});

describe('what views see', () => {
  it('recent transfers are shown while the document is closed, also by the next worker', async () => {
    const ended = transfer({ state: 'saved', endedAt: world.now } as Partial<OffscreenTransfer>);
    await app.onState({ ...EMPTY_STATE, transfers: [ended] });
    const next = await nextWorker();
    expect(next.transfers.view).toEqual([{ ...ended, deviceName: 'Desk' }]);
  });

  it('one that was dismissed does not come back', async () => {
    const ended = transfer({ state: 'saved', endedAt: world.now } as Partial<OffscreenTransfer>);
    await app.onState({ ...EMPTY_STATE, transfers: [ended] });
    await onIntent(app, { type: 'transfer/dismiss', transferId: TRANSFER });
    expect(app.transfers.view).toEqual([]);
    await app.onState({ ...EMPTY_STATE, transfers: [ended] });
    expect(world.local.data['recent']).toEqual({});
    expect((await nextWorker()).transfers.view).toEqual([]);
  });

  it('fifty ended ones are kept, with what belongs to them', async () => {
    for (let n = 0; n < 60; n += 1) {
      const transferId = n.toString(16).padStart(32, '0');
      await onCall(app, { type: 'text', transferId, deviceId: DESK, kind: 'text', text: `t${n}` });
      const ended = {
        transferId,
        createdAt: world.now + n,
        endedAt: world.now + n,
        state: 'saved',
      };
      await app.onState({
        ...EMPTY_STATE,
        transfers: [transfer(ended as Partial<OffscreenTransfer>)],
      });
    }
    expect(app.stores.recent.all.size).toBe(50);
    const texts = Object.keys(world.local.data).filter((key) => key.startsWith('text:'));
    expect(texts).toHaveLength(50);
  });

  it('work that was under way opens the document again after a restart of the browser', async () => {
    await app.onState({
      ...EMPTY_STATE,
      transfers: [transfer({ state: 'transferring' } as never)],
    });
    world.session.data = {};
    world.host.present = false;
    const before = world.host.creations;
    await nextWorker();
    expect(world.host.creations).toBe(before + 1);
  });

  it('nothing under way leaves the document closed', async () => {
    await app.onState(EMPTY_STATE);
    await nextWorker();
    expect(world.host.creations).toBe(0);
  });

  it('devices, names and rules are there again', async () => {
    await onIntent(app, { type: 'device/rename', deviceId: DESK, name: 'My desk' });
    await onIntent(app, { type: 'settings/set', settings: { deviceName: 'Laptop' } });
    const next = await nextWorker();
    expect(next.devices.confirmed()).toEqual([{ deviceId: DESK, name: 'My desk' }]);
    expect(next.deviceName).toBe('Laptop');
  });

  it('a worker that finds the document open takes its state over', async () => {
    world.host.present = true;
    const next = await nextWorker();
    expect(world.callTypes).toContain('state/get');
    expect(next.stores.self.get().deviceId).toBe(EMPTY_STATE.self.deviceId);
    expect(world.host.creations).toBe(0);
  });
});

describe('received texts', () => {
  it('are written down before anybody is told, and copied on a click', async () => {
    const stored: unknown[] = [];
    vi.spyOn(browser.notifications, 'create').mockImplementation((async () => {
      stored.push(world.local.data[`text:${TRANSFER}`]);
    }) as never);
    const call = { type: 'text', transferId: TRANSFER, deviceId: DESK } as const;
    await onCall(app, { ...call, kind: 'text', text: 'secret words' });
    expect(stored).toEqual([{ kind: 'text', text: 'secret words' }]);
    const next = await nextWorker();
    await onIntent(next, { type: 'transfer/open', transferId: TRANSFER });
    expect(world.calls).toContainEqual({ type: 'clipboard/write', text: 'secret words' });
  });

  it('[TR13] a link is opened only when it is http or https', async () => {
    const create = vi.spyOn(browser.tabs, 'create');
    const call = { type: 'text', transferId: TRANSFER, deviceId: DESK, kind: 'link' } as const;
    await onCall(app, { ...call, text: 'javascript:alert(1)' });
    await expect(
      onIntent(app, { type: 'transfer/open', transferId: TRANSFER }),
    ).rejects.toMatchObject({ code: 'not-a-link' });
    expect(create).not.toHaveBeenCalled();
    await onCall(app, { ...call, text: 'https://a.example/' });
    await onIntent(app, { type: 'transfer/open', transferId: TRANSFER });
    expect(create).toHaveBeenCalledWith({ url: 'https://a.example/' });
  });
});

it('[PR12] a pairing that nobody confirmed is dropped after a day', async () => {
  await onCall(app, {
    type: 'device/paired',
    deviceId: PHONE,
    name: 'Phone',
    checkWords: [],
    rvRoot: btoa('p'.repeat(32)),
    state: 'pending',
  });
  expect(app.devices.rooms(0).size).toBe(2);
  expect(app.devices.confirmed()).toHaveLength(1);
  world.now += 24 * 60 * MINUTE;
  await app.keep();
  expect(new Set(app.devices.rooms(0).values())).toEqual(new Set([DESK]));
});

it('a record that cannot be read is set aside, told, and stops nothing else', async () => {
  const devices = world.local.data['devices'] as Record<string, object>;
  const broken = { ...devices[DESK], rule: 'sometimes' };
  world.local.data['devices'] = { ...devices, [PHONE]: broken };
  const next = await nextWorker();
  expect(next.problem).toBe('records-set-aside');
  expect(next.devices.confirmed()).toEqual([{ deviceId: DESK, name: 'Desk' }]);
  expect(world.local.data['backup:devices']).toEqual({ [PHONE]: broken });
  expect(Object.keys(fakeBrowser.notifications.getAllCreateOptions())).toEqual([
    'trouble:records-set-aside',
  ]);
  expect((await nextWorker()).problem).toBeUndefined();
});
