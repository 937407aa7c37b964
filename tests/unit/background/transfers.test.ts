import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { App } from '../../../entrypoints/background/app.ts';
import { onCall } from '../../../entrypoints/background/on-call.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import { browser } from '../../../lib/browser/index.ts';
import type { OffscreenTransfer } from '../../../lib/messaging/background-calls.ts';
import { DESK, EMPTY_STATE, FakeWorld, pair, TRANSFER, transfer } from './fakes.ts';

/** The list of transfers, and what belongs to each. */

let world: FakeWorld;
let app: App;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
});

describe('what views see of transfers', () => {
  it('recent transfers are shown while the document is closed, also by the next worker', async () => {
    const ended = transfer({ state: 'saved', endedAt: world.now } as Partial<OffscreenTransfer>);
    await app.onState({ ...EMPTY_STATE, transfers: [ended] });
    const next = await world.nextWorker();
    expect(next.transfers.view).toEqual([{ ...ended, deviceName: 'Desk' }]);
  });

  it('a document that tells old history again pushes nothing newer out', async () => {
    const all: OffscreenTransfer[] = [];
    for (let n = 1; n <= 120; n += 1) {
      const at = world.now + n * 1000;
      all.push(saved(n, { createdAt: at, endedAt: at + 1 }));
      await app.stores.saved.set(idOf(n), { downloadId: n });
      await world.tellsState([...all]);
    }
    const kept = new Set(app.stores.recent.all.keys());
    expect(kept).toEqual(new Set(all.slice(-50).map(({ transferId }) => transferId)));
    // Also where the new document does not know when they ended.
    for (const endedAt of [undefined, world.now + 1e7]) {
      app = await world.nextWorker();
      await world.tellsState(all.map((one) => (endedAt === undefined ? one : { ...one, endedAt })));
      expect(new Set(app.stores.recent.all.keys())).toEqual(kept);
      expect(app.stores.saved.get(idOf(120))).toEqual({ downloadId: 120 });
      expect(app.transfers.view.find(({ transferId }) => transferId === idOf(120))).toMatchObject({
        endedAt: world.now + 120_001,
      });
    }
  });

  it('one that took longer than fifty others is kept when it ends', async () => {
    const long = transfer({ transferId: idOf(0), state: 'transferring' } as never);
    const others: OffscreenTransfer[] = [];
    for (let n = 1; n <= 50; n += 1) {
      others.push(saved(n, { createdAt: world.now + n, endedAt: world.now + n }));
    }
    await world.tellsState([long, ...others]);
    await world.tellsState([
      { ...long, state: 'saved', endedAt: world.now + 99 } as never,
      ...others,
    ]);
    expect(app.stores.recent.get(idOf(0))).toMatchObject({ endedAt: world.now + 99 });
    expect(app.stores.recent.all.size).toBe(50);
  });

  it('that were saved long ago are not told as news', async () => {
    const create = vi.spyOn(browser.notifications, 'create');
    await app.stores.saved.set(idOf(1), { downloadId: 1 });
    await app.stores.saved.set(idOf(2), { downloadId: 2 });
    const day = 24 * 60 * 60 * 1000;
    await world.tellsState([
      saved(1, { createdAt: world.now - 9 * day, endedAt: world.now - 2 * day }),
      saved(2, { createdAt: world.now - 9 * day, endedAt: world.now - 1000 }),
    ]);
    expect(create.mock.calls.map(([id]) => id)).toEqual([`saved:${idOf(2)}`]);
  });

  it('one that was dismissed does not come back', async () => {
    const ended = transfer({ state: 'saved', endedAt: world.now } as Partial<OffscreenTransfer>);
    await app.onState({ ...EMPTY_STATE, transfers: [ended] });
    await onIntent(app, { type: 'transfer/dismiss', transferId: TRANSFER });
    expect(app.transfers.view).toEqual([]);
    await app.onState({ ...EMPTY_STATE, transfers: [ended] });
    expect(world.local.data['recent']).toEqual({});
    expect((await world.nextWorker()).transfers.view).toEqual([]);
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
});

function idOf(n: number): string {
  return n.toString(16).padStart(32, '0');
}

function saved(n: number, over: { createdAt: number; endedAt: number }): OffscreenTransfer {
  return transfer({ transferId: idOf(n), state: 'saved', ...over } as never);
}

describe('received texts', () => {
  it('are written down before anybody is told, and copied on a click', async () => {
    const stored: unknown[] = [];
    vi.spyOn(browser.notifications, 'create').mockImplementation((async () => {
      stored.push(world.local.data[`text:${TRANSFER}`]);
    }) as never);
    const call = { type: 'text', transferId: TRANSFER, deviceId: DESK } as const;
    await onCall(app, { ...call, kind: 'text', text: 'secret words' });
    expect(stored).toEqual([{ kind: 'text', text: 'secret words' }]);
    const next = await world.nextWorker();
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

  it.each([
    [
      'text',
      'Pay\u202e now\n\nto \u2066me\u2069',
      undefined,
      { title: 'Text from Desk: click to copy', message: 'Pay now to me' },
    ],
    [
      'link',
      'https://bank.example@evil.example/login',
      'https://bank.example/',
      {
        title: 'Link from Desk: click to open',
        message: 'https://evil.example\nhttps://bank.example@evil.example/login',
      },
    ],
    [
      'page',
      'https://evil.example/x',
      'https://bank.example/\nYour\u202e bank',
      {
        title: 'Page from Desk: click to open',
        message: 'https://evil.example\nhttps://bank.example/ Your bank',
      },
    ],
    [
      'link',
      'javascript:alert(1)',
      'a title',
      { title: 'Link from Desk', message: 'javascript:alert(1)' },
    ],
  ] as const)('[BP2] a %s is announced as what it is: %j', async (kind, text, title, notice) => {
    const call = { type: 'text', transferId: TRANSFER, deviceId: DESK, kind, text } as const;
    await onCall(app, { ...call, ...(title !== undefined && { title }) });
    expect(Object.values(fakeBrowser.notifications.getAllCreateOptions())).toMatchObject([notice]);
  });
});
