import { openDB } from 'idb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { App } from '../../../entrypoints/background/app.ts';
import { onCall } from '../../../entrypoints/background/on-call.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import { browser } from '../../../lib/browser/index.ts';
import { CallError } from '../../../lib/messaging/rpc.ts';
import { onHistoryChanged } from '../../../lib/messaging/history-news.ts';
import type { OffscreenTransfer } from '../../../lib/messaging/background-calls.ts';
import { openHistory } from '../../../lib/storage/history-open.ts';
import type { HistoryRecord } from '../../../lib/storage/history-record.ts';
import { HISTORY_STEPS, type HistoryStep } from '../../../lib/storage/history-steps.ts';
import { DESK, FakeWorld, pair, TRANSFER, transfer } from './fakes.ts';

/** What is written down of transfers that are over. */

const DAY = 24 * 60 * 60 * 1000;

let world: FakeWorld;
let app: App;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
});

const idOf = (n: number) => n.toString(16).padStart(32, '0');

function ended(over: Partial<OffscreenTransfer> = {}): OffscreenTransfer {
  return transfer({ state: 'saved', endedAt: world.now, ...over } as never);
}

/** The whole history as it is in the database, newest first. */
async function entries(): Promise<HistoryRecord[]> {
  // In turn: after everything that was asked for before.
  await app.history.get(TRANSFER).catch(() => undefined);
  const store = await openHistory({ name: world.history });
  const { hits } = await store.page({ search: '', deviceId: null, day: null }, null, 1000);
  store.close();
  return hits.map(({ entry }) => entry);
}

/** The database becomes one of a version that this build does not know. */
async function ofNewerBuild(more: readonly HistoryStep[] = [() => {}]): Promise<void> {
  (await openHistory({ name: world.history, steps: [...HISTORY_STEPS, ...more] })).close();
}

describe('what is over', () => {
  it('is written down once, however often it is told, by whichever worker', async () => {
    await app.stores.saved.set(TRANSFER, { downloadId: 7 });
    const changed = vi.fn();
    const stop = onHistoryChanged(changed);
    await world.tellsState([ended({ title: 'a.txt', totalBytes: 12 })]);
    await world.tellsState([ended()]);
    await Promise.all([world.tellsState([ended()]), world.tellsState([ended()])]);
    const first = await entries();
    expect(first).toEqual([
      {
        transferId: TRANSFER,
        direction: 'in',
        state: 'saved',
        deviceId: DESK,
        deviceName: 'Desk',
        kind: 'files',
        title: 'a.txt',
        names: ['a.txt'],
        count: 1,
        totalBytes: 12,
        createdAt: world.now,
        endedAt: world.now,
        downloadId: 7,
      },
    ]);
    app = await world.nextWorker();
    await world.tellsState([ended({ title: 'told otherwise' })]);
    expect(await entries()).toEqual(first);
    await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(1));
    stop();
  });

  it('is written down by the next worker where this one died before', async () => {
    const die = vi.spyOn(app.history, 'onTransfers').mockResolvedValue();
    await world.tellsState([ended()]);
    expect(await entries()).toEqual([]);
    die.mockRestore();
    app = await world.nextWorker();
    await world.tellsState([ended()]);
    expect(await entries()).toHaveLength(1);
  });

  it('is not written down before it is over', async () => {
    await world.tellsState([transfer({ state: 'transferring' } as never)]);
    expect(await entries()).toEqual([]);
  });

  it('has the names of its files, at most fifty, without what could mislead', async () => {
    const names = Array.from({ length: 80 }, (_, n) => `folder/\u202Efile ${n}.txt`);
    world.answer = (call) => (call.type === 'transfer/names' ? names : {});
    await world.tellsState([ended({ count: 80 })]);
    const [entry] = await entries();
    expect(entry?.names).toHaveLength(50);
    expect(entry?.names[1]).toBe('folder/file 1.txt');
    expect(entry?.count).toBe(80);
  });

  it('has its title as its name where the document is gone', async () => {
    world.answer = () => {
      throw new Error('gone');
    };
    await world.tellsState([ended({ count: 3, title: 'first.txt' })]);
    expect((await entries())[0]?.names).toEqual(['first.txt']);
  });

  it('keeps the name of a device that is removed later', async () => {
    await world.tellsState([ended()]);
    await entries();
    await app.devices.drop(DESK, 'all');
    app = await world.nextWorker();
    await world.tellsState([ended()]);
    expect((await entries())[0]?.deviceName).toBe('Desk');
  });

  it('has a received text up to 4 KiB, and a page’s title', async () => {
    const call = { type: 'text', deviceId: DESK, kind: 'text' } as const;
    const texts = ['short', 'x'.repeat(4096), 'x'.repeat(4097)];
    for (const [n, text] of texts.entries()) {
      await onCall(app, { ...call, transferId: idOf(n), text });
    }
    const page = { kind: 'page', text: 'https://a.example/', title: 'An article' } as const;
    await onCall(app, { ...call, ...page, transferId: idOf(3) });
    await world.tellsState(
      [0, 1, 2, 3].map((n) =>
        ended({
          transferId: idOf(n),
          kind: n === 3 ? 'page' : 'text',
          title: 't',
          endedAt: world.now - n,
        }),
      ),
    );
    expect((await entries()).map(({ text, caption }) => [text?.length, caption])).toEqual([
      [5, undefined],
      [4096, undefined],
      [undefined, undefined],
      [18, 'An article'],
    ]);
  });
});

describe('how long it is kept', () => {
  const put = async (...ages: number[]) => {
    await world.tellsState(
      ages.map((age, n) => ended({ transferId: idOf(n + 1), endedAt: world.now - age })),
    );
    await entries();
  };

  it('for 90 days unless a person chose otherwise', async () => {
    await put(0, 89 * DAY);
    world.now += DAY;
    await app.history.prune();
    expect((await entries()).map(({ transferId }) => transferId)).toEqual([idOf(1)]);
  });

  it('what a document still tells of does not come back', async () => {
    await put(10 * DAY, 0);
    await onIntent(app, { type: 'settings/set', settings: { historyDays: 7 } });
    expect(await entries()).toHaveLength(1);
    expect(world.calls).toContainEqual({ type: 'sources/forget', transferIds: [idOf(1)] });
    await onIntent(app, { type: 'settings/set', settings: { historyDays: 90 } });
    app = await world.nextWorker();
    await put(10 * DAY, 0);
    expect(await entries()).toHaveLength(1);
  });

  it('not at all: nothing is written down, and what was there goes', async () => {
    await put(0, DAY);
    await onIntent(app, { type: 'settings/set', settings: { historyDays: 0 } });
    expect(await entries()).toEqual([]);
    await app.sends.begin(DESK, { type: 'text', kind: 'text', text: 'secret' });
    await world.tellsState([ended({ transferId: idOf(9), endedAt: world.now + 1 })]);
    expect(await entries()).toEqual([]);
    expect(app.stores.sentTexts.all.size).toBe(0);
  });

  it('is looked after at a worker’s start', async () => {
    await put(0);
    world.now += 100 * DAY;
    app = await world.nextWorker();
    expect(await entries()).toEqual([]);
  });
});

describe('a database that cannot be opened', () => {
  it('new entries are kept beside it, a person is told once, and they are added later', async () => {
    const create = vi.spyOn(browser.notifications, 'create');
    await world.tellsState([ended({ transferId: idOf(1) })]);
    await entries();
    await ofNewerBuild();
    app = await world.nextWorker();
    await world.tellsState([ended({ transferId: idOf(2), endedAt: world.now + 1 })]);
    await expect(app.history.get(idOf(2))).rejects.toMatchObject({
      code: 'history-newer-version',
    });
    await world.tellsState([ended({ transferId: idOf(3), endedAt: world.now + 2 })]);
    await app.history.get(idOf(3)).catch(() => undefined);
    expect(app.problem).toBe('history-newer-version');
    expect([...app.stores.historyWaiting.all.keys()]).toEqual([idOf(2), idOf(3)]);
    expect(create.mock.calls.map(([id]) => id)).toEqual(['trouble:history-newer-version']);
    // The update comes: a build that knows this version.
    const steps = [...HISTORY_STEPS, () => {}];
    world.openHistory = () => openHistory({ name: world.history, steps });
    app = await world.nextWorker();
    expect(app.problem).toBeUndefined();
    expect(app.stores.historyWaiting.all.size).toBe(0);
    const database = await openDB(world.history);
    expect(await database.getAllKeys('transfers')).toEqual([idOf(1), idOf(2), idOf(3)]);
    database.close();
  });

  it('a migration that fails leaves what is there, and is tried again by the next worker', async () => {
    await world.tellsState([ended({ transferId: idOf(1) })]);
    await entries();
    let works = false;
    const step: HistoryStep = async ({ transaction }) => {
      await transaction.objectStore('meta').put(1, 'something');
      if (!works) throw new Error('no');
    };
    world.openHistory = () => openHistory({ name: world.history, steps: [...HISTORY_STEPS, step] });
    app = await world.nextWorker();
    expect(app.problem).toBe('history-migration-failed');
    await world.tellsState([ended({ transferId: idOf(2), endedAt: world.now + 1 })]);
    await app.history.get(idOf(2)).catch(() => undefined);
    expect([...app.stores.historyWaiting.all.keys()]).toEqual([idOf(2)]);
    works = true;
    app = await world.nextWorker();
    expect(app.problem).toBeUndefined();
    expect(await app.history.get(idOf(1))).toBeDefined();
    expect(await app.history.get(idOf(2))).toBeDefined();
  });

  it('that was closed for another context is opened anew', async () => {
    await world.tellsState([ended({ transferId: idOf(1) })]);
    await entries();
    // An upgrade elsewhere makes every other context let go of it; here it did not come about.
    const steps = [...HISTORY_STEPS, () => Promise.reject(new Error('no'))];
    await expect(openHistory({ name: world.history, steps })).rejects.toThrow();
    await world.tellsState([ended({ transferId: idOf(2), endedAt: world.now + 1 })]);
    expect(await entries()).toHaveLength(2);
    expect(app.problem).toBeUndefined();
    expect(app.stores.historyWaiting.all.size).toBe(0);
  });

  it('takes two thousand entries beside it, and then says that it takes no more', async () => {
    await world.tellsState([ended({ transferId: idOf(1) })]);
    const [entry] = await entries();
    if (!entry) throw new Error('no entry');
    await app.stores.historyWaiting.change((waiting) => {
      for (let n = 2; n <= 2000; n += 1) waiting.set(idOf(n), { ...entry, transferId: idOf(n) });
    });
    await ofNewerBuild();
    app = await world.nextWorker();
    const tell = async (n: number) => {
      const transferId = idOf(n);
      await app.history.onTransfers([ended({ transferId, endedAt: world.now + n })]);
    };
    await tell(3000);
    expect(app.problem).toBe('history-newer-version');
    await expect(tell(3001)).rejects.toMatchObject({ code: 'history-full' });
    expect(app.problem).toBe('history-full');
    expect(app.stores.historyWaiting.all.size).toBe(2000);
  });

  it('is no reason for the rest not to work', async () => {
    world.openHistory = () => new Promise(() => {});
    app = await world.startWorker();
    await world.tellsState([ended()]);
    expect(app.transfers.view).toHaveLength(1);
  });
});

describe('what a person does with an entry', () => {
  it('"Remove" takes it out for good, here and in the list of transfers', async () => {
    await world.tellsState([ended(), ended({ transferId: idOf(2) })]);
    await onIntent(app, { type: 'history/remove', transferId: TRANSFER });
    expect(world.calls).toContainEqual({ type: 'transfer/dismiss', transferId: TRANSFER });
    expect(app.transfers.view.map(({ transferId }) => transferId)).toEqual([idOf(2)]);
    app = await world.nextWorker();
    await world.tellsState([ended(), ended({ transferId: idOf(2) })]);
    expect((await entries()).map(({ transferId }) => transferId)).toEqual([idOf(2)]);
  });

  it('"Clear history" takes everything that is over, and leaves what is under way', async () => {
    const moving = transfer({ transferId: idOf(5), state: 'transferring' } as never);
    await world.tellsState([ended(), ended({ transferId: idOf(2) }), moving]);
    await onIntent(app, { type: 'history/clear' });
    expect(await entries()).toEqual([]);
    const dismissed = world.calls.flatMap((call) =>
      call.type === 'transfer/dismiss' ? [call.transferId] : [],
    );
    expect(dismissed.toSorted()).toEqual([idOf(2), TRANSFER]);
    expect(app.transfers.view.map(({ transferId }) => transferId)).toEqual([idOf(5)]);
    // It is over later than everything was cleared.
    world.now += 1;
    await world.tellsState([ended({ transferId: idOf(5) })]);
    expect(await entries()).toHaveLength(1);
  });

  it('[TR18] "Show in folder" shows a file that was here already', async () => {
    const saved = { transferId: idOf(1), fileId: 0 };
    const record = { ...saved, url: '', path: 'a', downloadId: 7, size: 1e9 };
    await app.alreadyHere.remember(record, 7);
    const search = vi.spyOn(browser.downloads, 'search');
    search.mockResolvedValue([{ id: 7, exists: true } as never]);
    const { kind, title, count, totalBytes } = ended();
    const offer = { transferId: TRANSFER, deviceId: DESK, kind, title, count, totalBytes };
    await onCall(app, { type: 'offer', ...offer, known: [{ fileId: 0, saved }] } as never);
    await world.tellsState([ended({ alreadyThere: 1 })]);
    expect(await entries()).toMatchObject([{ downloadId: 7, alreadyThere: 1 }]);
  });

  it('"Show in folder" shows the file while it is there', async () => {
    await app.stores.saved.set(TRANSFER, { downloadId: 7 });
    await world.tellsState([ended()]);
    await entries();
    const show = vi.spyOn(browser.downloads, 'show').mockResolvedValue(undefined as never);
    const search = vi.spyOn(browser.downloads, 'search');
    search.mockResolvedValue([{ id: 7, exists: true } as never]);
    await onIntent(app, { type: 'history/show', transferId: TRANSFER });
    expect(show).toHaveBeenCalledExactlyOnceWith(7);
    for (const gone of [[], [{ id: 7, exists: false } as never]]) {
      search.mockResolvedValue(gone);
      await expect(
        onIntent(app, { type: 'history/show', transferId: TRANSFER }),
      ).rejects.toMatchObject({ code: 'nothing-to-open' });
    }
    expect(show).toHaveBeenCalledTimes(1);
  });
});

describe('"Send again"', () => {
  /** Sends it, ends it, and gives its id. */
  async function delivered(plan: Parameters<App['sends']['begin']>[1]): Promise<string> {
    const transferId = await app.sends.begin(DESK, plan);
    const { kind } = plan as { kind: OffscreenTransfer['kind'] };
    await world.tellsState([
      ended({ transferId, kind, direction: 'out', state: 'delivered' } as never),
    ]);
    await entries();
    world.calls.length = 0;
    return transferId;
  }

  it.each([
    { type: 'text', kind: 'text', text: 'Meet at 7\nin front' },
    { type: 'text', kind: 'link', text: 'https://a.example/' },
    { type: 'text', kind: 'page', text: 'https://a.example/', note: 'An article' },
  ] as const)('a $kind goes once more, as a transfer of its own', async (plan) => {
    const transferId = await delivered(plan);
    expect(app.stores.sentTexts.all.size).toBe(0);
    app = await world.nextWorker();
    await onIntent(app, { type: 'transfer/send-again', transferId });
    const sent = world.calls.find(({ type }) => type === 'send/text');
    const { type: _type, ...same } = plan;
    expect(sent).toMatchObject({ ...same, deviceId: DESK });
    expect(sent).not.toMatchObject({ transferId });
  });

  it('files go once more where the document can still read them, or it says why not', async () => {
    await world.tellsState([ended({ direction: 'out', state: 'delivered' } as never)]);
    await onIntent(app, { type: 'transfer/send-again', transferId: TRANSFER });
    const asked = world.calls.find((call) => call.type === 'send/again');
    expect(asked).toMatchObject({ transferId: TRANSFER });
    expect(asked).not.toMatchObject({ freshId: TRANSFER });
    world.answer = () => {
      throw new CallError('choose-again');
    };
    await expect(
      onIntent(app, { type: 'transfer/send-again', transferId: TRANSFER }),
    ).rejects.toMatchObject({ code: 'choose-again' });
  });

  it('a text too long to be kept cannot go again from here', async () => {
    const transferId = await delivered({ type: 'text', kind: 'text', text: 'x'.repeat(5000) });
    await expect(onIntent(app, { type: 'transfer/send-again', transferId })).rejects.toMatchObject({
      code: 'nothing-to-open',
    });
  });

  it('not to a device that is removed, and not what was received', async () => {
    const transferId = await delivered({ type: 'text', kind: 'text', text: 'words' });
    await app.devices.drop(DESK, 'all');
    await expect(onIntent(app, { type: 'transfer/send-again', transferId })).rejects.toMatchObject({
      code: 'device-unknown',
    });
    await world.tellsState([ended({ transferId: idOf(2) })]);
    await expect(
      onIntent(app, { type: 'transfer/send-again', transferId: idOf(2) }),
    ).rejects.toMatchObject({ code: 'nothing-to-open' });
    expect(world.callTypes).not.toContain('send/text');
  });
});
