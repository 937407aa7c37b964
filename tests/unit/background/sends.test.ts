import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { App } from '../../../entrypoints/background/app.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import { browser } from '../../../lib/browser/index.ts';
import { CallError } from '../../../lib/messaging/rpc.ts';
import { PlatformError } from '../../../lib/platform/errors.ts';
import { DESK, FakeWorld, pair, TRANSFER } from './fakes.ts';

const MINUTE = 60_000;

/** What a click asked for outlives the worker and the document. */

let world: FakeWorld;
let app: App;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
});

describe('sends', () => {
  it('a text that was written down and not handed over is handed over once', async () => {
    await app.stores.sends.set(TRANSFER, {
      transferId: TRANSFER,
      deviceId: DESK,
      at: world.now,
      plan: { type: 'text', kind: 'text', text: 'hello' },
    });
    const next = await world.nextWorker();
    expect(world.calls.filter(({ type }) => type === 'send/text')).toEqual([
      { type: 'send/text', transferId: TRANSFER, deviceId: DESK, kind: 'text', text: 'hello' },
    ]);
    await next.keep();
    expect(world.calls.filter(({ type }) => type === 'send/text')).toHaveLength(1);
  });

  it('are forgotten when the engine has them, not when the document has read them', async () => {
    await onIntent(app, { type: 'send/text', deviceId: DESK, text: 'hello' });
    await world.tellsState();
    expect(app.stores.sends.all.size).toBe(1);
    await world.tellsState(
      world.transfers.map((one) => ({ ...one, state: 'connecting' }) as never),
    );
    expect(app.stores.sends.all.size).toBe(0);
  });

  it('are forgotten also when the engine had them before the answer came', async () => {
    const usual = world.answer;
    world.answer = async (call) => {
      usual(call);
      await world.tellsState(
        world.transfers.map((one) => ({ ...one, state: 'waiting-for-device' }) as never),
      );
      return {};
    };
    await onIntent(app, { type: 'send/text', deviceId: DESK, text: 'hello' });
    expect(app.stores.sends.all.size).toBe(0);
  });

  it.each([
    ['connecting', 0],
    ['failed', 0],
    ['preparing', 1],
  ])('that a new worker finds as %s in the document leave %i record(s)', async (state, left) => {
    await begunFetch();
    world.transfers = world.transfers.map((one) => ({ ...one, state }) as never);
    const next = await world.nextWorker();
    expect(next.stores.sends.all.size).toBe(left);
    expect(world.callTypes.filter((type) => type === 'send/fetch')).toEqual([]);
  });

  it('are begun again under the same id by a new document', async () => {
    const transferId = await begunFetch();
    await world.documentDies();
    world.calls.length = 0;
    await app.keep();
    expect(world.calls).toContainEqual(expect.objectContaining({ type: 'send/fetch', transferId }));
    expect(world.host.creations).toBe(2);
  });

  it('are begun again when worker and document died both', async () => {
    const transferId = await begunFetch();
    world.host.present = false;
    world.transfers = [];
    await world.nextWorker();
    expect(world.calls).toContainEqual(expect.objectContaining({ type: 'send/fetch', transferId }));
  });

  it('of a page that is gone by the time of a new document are told as unreadable to it', async () => {
    const inject = vi.spyOn(browser.scripting, 'executeScript').mockResolvedValue([]);
    vi.spyOn(browser.tabs, 'sendMessage').mockResolvedValue(undefined);
    const plan = { type: 'read', kind: 'image', url: 'blob:x', tabId: 7, frameId: 0 } as const;
    await app.sends.begin(DESK, plan);
    await world.documentDies();
    world.calls.length = 0;
    inject.mockRejectedValue(new Error('No tab with id: 7'));
    await app.keep();
    const reads = world.calls.filter(({ type }) => type.startsWith('send/'));
    expect(reads.map(({ type }) => type)).toEqual(['send/read', 'send/read-failed']);
  });

  it('that a page is being read for are not read twice', async () => {
    const inject = vi.spyOn(browser.scripting, 'executeScript').mockResolvedValue([]);
    vi.spyOn(browser.tabs, 'sendMessage').mockResolvedValue(undefined);
    const plan = { type: 'read', kind: 'image', url: 'blob:x', tabId: 7, frameId: 0 } as const;
    await app.sends.begin(DESK, plan);
    await app.keep();
    await (await world.nextWorker()).keep();
    expect(inject).toHaveBeenCalledOnce();
  });

  it('of a page that nobody was put into yet are read by the next worker', async () => {
    // Another one beside it, so that the document is asked what it has.
    await begunFetch();
    const inject = vi
      .spyOn(browser.scripting, 'executeScript')
      .mockReturnValueOnce(new Promise(() => {}));
    vi.spyOn(browser.tabs, 'sendMessage').mockResolvedValue(undefined);
    const plan = { type: 'read', kind: 'image', url: 'blob:x', tabId: 7, frameId: 0 } as const;
    // A module of its own, as each worker has: the pages' queue goes with the dead one.
    vi.resetModules();
    const { Sends } = await import('../../../entrypoints/background/sends.ts');
    const dead = new Sends({
      records: app.stores.sends,
      call: async (call) => world.answer(call),
      transfers: async () => [],
      knows: () => true,
      warm: () => {},
      maxTextLength: 10,
      onSent: async () => {},
      tell: async () => {},
      now: () => world.now,
    });
    void dead.begin(DESK, plan);
    await vi.waitFor(() => expect(inject).toHaveBeenCalledOnce());
    inject.mockResolvedValue([]);
    expect(world.transfers).toMatchObject([{ state: 'preparing' }, { state: 'preparing' }]);
    await world.nextWorker();
    expect(inject).toHaveBeenCalledTimes(2);
  });

  it('that were lost with a document long ago are given up, and the person told', async () => {
    const transferId = await begunFetch();
    await world.documentDies();
    world.now += 11 * MINUTE;
    world.calls.length = 0;
    await app.keep();
    expect(world.callTypes).not.toContain('send/fetch');
    expect(app.stores.sends.all.size).toBe(0);
    expect(Object.keys(fakeBrowser.notifications.getAllCreateOptions())).toEqual([
      `tell:${transferId}:failed`,
    ]);
  });

  it('that take the document long are left to it', async () => {
    await begunFetch();
    world.now += 11 * MINUTE;
    await app.keep();
    expect(app.stores.sends.all.size).toBe(1);
    expect(fakeBrowser.notifications.getAllCreateOptions()).toEqual({});
  });

  it.each(['transfer/cancel', 'transfer/dismiss'] as const)(
    'do not come back after %s',
    async (type) => {
      const transferId = await begunFetch();
      await onIntent(app, { type, transferId });
      await world.documentDies();
      world.calls.length = 0;
      await app.keep();
      expect(world.callTypes).not.toContain('send/fetch');
    },
  );

  it('to a device that was removed since are forgotten', async () => {
    await begunFetch();
    await app.devices.drop(DESK, 'all');
    await world.documentDies();
    await app.keep();
    expect(app.stores.sends.all.size).toBe(0);
  });

  /** Taken by the document, not yet the engine's. */
  async function begunFetch(): Promise<string> {
    vi.spyOn(browser.permissions, 'contains').mockResolvedValue(true);
    const url = 'https://c.example/i.png';
    const plan = { type: 'ask', kind: 'image', url, origin: 'https://c.example/*' } as const;
    return await app.sends.begin(DESK, plan, Promise.resolve(true));
  }

  it('stays written down while the document cannot be opened, and goes under the same id', async () => {
    const create = vi
      .spyOn(world.host, 'create')
      .mockRejectedValue(new PlatformError('offscreen-failed'));
    const sending = onIntent(app, { type: 'send/text', deviceId: DESK, text: 'hello' });
    await expect(sending).rejects.toMatchObject({ code: 'offscreen-failed' });
    const [kept] = [...app.stores.sends.all.keys()];
    expect(kept).toMatch(/^[0-9a-f]{32}$/);
    create.mockRestore();
    await world.nextWorker();
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
    const next = await world.nextWorker();
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
    await world.nextWorker();
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
    const next = await world.nextWorker();
    expect(world.calls).toEqual([]);
    expect(next.stores.sends.all.size).toBe(0);
    expect(Object.keys(fakeBrowser.notifications.getAllCreateOptions())).toEqual([
      `tell:${TRANSFER}:failed`,
    ]);
  });
});
