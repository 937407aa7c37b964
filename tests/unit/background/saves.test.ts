import { beforeEach, describe, expect, it, vi, type Mock } from 'vitest';
import type { App } from '../../../entrypoints/background/app.ts';
import { onCall } from '../../../entrypoints/background/on-call.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import { browser } from '../../../lib/browser/index.ts';
import { DESK, FakeWorld, ORIGIN, pair, TRANSFER, transfer } from './fakes.ts';

/** From the document's storage to the downloads folder, whatever dies in between. */

let world: FakeWorld;
let app: App;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
});

describe('saves', () => {
  const URL = `blob:${ORIGIN}1-2-3`;
  const SAVE = {
    type: 'save',
    transferId: TRANSFER,
    fileId: 3,
    url: URL,
    path: 'b/a.txt',
    size: 10,
  } as const;
  let download: Mock<typeof browser.downloads.download>;
  let items: { id: number; url: string; state: string; error?: string }[];

  beforeEach(async () => {
    items = [];
    // It is a document that asks.
    world.host.present = true;
    await onCall(app, { type: 'ready' });
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
        size: 10,
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
    const next = await world.nextWorker();
    await onCall(next, SAVE);
    expect(download).toHaveBeenCalledOnce();
  });

  it('that began as the worker died is found by its blob', async () => {
    await app.stores.saves.set(`${TRANSFER}:3`, { ...SAVE, downloadId: null } as never);
    items.push({ id: 44, url: URL, state: 'complete' });
    const next = await world.nextWorker();
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
    await world.nextWorker();
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
    await world.nextWorker();
    expect(world.calls).toContainEqual({
      type: 'save/failed',
      transferId: TRANSFER,
      fileId: 3,
      code: 'gone',
    });
  });

  it('refused by the browser failed as refused', async () => {
    download.mockRejectedValue(new Error('Invalid filename'));
    await onCall(app, SAVE);
    expect(world.calls).toEqual([
      { type: 'save/failed', transferId: TRANSFER, fileId: 3, code: 'refused' },
    ]);
    expect(app.saves.running).toBe(false);
  });

  describe('of many files', () => {
    const file = (fileId: number) => ({
      ...SAVE,
      fileId,
      url: `blob:${ORIGIN}${fileId}`,
      path: `${fileId}.txt`,
    });
    const ends = async (id: number, state: string, error?: string): Promise<void> => {
      Object.assign(items.find((item) => item.id === id) ?? {}, { state, error });
      await app.saves.changed(id);
    };
    const outcomes = () =>
      world.calls.flatMap((call) =>
        call.type === 'save/done'
          ? [`${call.fileId} done`]
          : call.type === 'save/failed'
            ? [`${call.fileId} ${call.code}`]
            : [],
      );

    it('begin with one, and go on sixteen at a time once it went through', async () => {
      for (let n = 0; n < 40; n += 1) await onCall(app, file(n));
      expect(items).toHaveLength(1);
      await ends(40, 'complete');
      await vi.waitFor(() => expect(items).toHaveLength(17));
      await ends(42, 'complete');
      await vi.waitFor(() => expect(items).toHaveLength(18));
      for (let id = 41; id < 80; id += 1) {
        await vi.waitFor(() => expect(items.length).toBeGreaterThan(id - 40));
        await ends(id, 'complete');
      }
      expect(outcomes()).toHaveLength(40);
      expect(app.saves.running).toBe(false);
    });

    it('stop with the first one that a person cancels, also those that arrive later', async () => {
      for (let n = 0; n < 100; n += 1) await onCall(app, file(n));
      await ends(40, 'interrupted', 'USER_CANCELED');
      expect(items).toHaveLength(1);
      expect(new Set(outcomes())).toEqual(
        new Set(Array.from({ length: 100 }, (_, n) => `${n} cancelled`)),
      );
      app = await world.nextWorker();
      await onCall(app, file(100));
      expect(items).toHaveLength(1);
      expect(outcomes()).toEqual(['100 cancelled']);
      expect(app.saves.running).toBe(false);
    });

    it('stop in the middle too: what has no place yet is not asked about either', async () => {
      const cancel = vi.spyOn(browser.downloads, 'cancel').mockResolvedValue();
      for (let n = 0; n < 5; n += 1) await onCall(app, file(n));
      await ends(40, 'complete');
      await vi.waitFor(() => expect(items).toHaveLength(5));
      Object.assign(items[2] ?? {}, { filename: '/home/2.txt' });
      Object.assign(items[3] ?? {}, { filename: '' });
      Object.assign(items[4] ?? {}, { filename: '' });
      await ends(41, 'interrupted', 'USER_CANCELED');
      expect(cancel.mock.calls).toEqual([[43], [44]]);
      await ends(43, 'interrupted', 'USER_CANCELED');
      await ends(44, 'interrupted', 'USER_CANCELED');
      await ends(42, 'complete');
      expect(new Set(outcomes())).toEqual(
        new Set(['0 done', '1 cancelled', '3 cancelled', '4 cancelled', '2 done']),
      );
    });

    it('of other transfers go on', async () => {
      await onCall(app, file(0));
      await ends(40, 'interrupted', 'USER_CANCELED');
      await onCall(app, { ...file(1), transferId: 'b2'.repeat(16) });
      expect(items).toHaveLength(2);
    });

    it('ask again when a person asks', async () => {
      await onCall(app, file(0));
      await ends(40, 'interrupted', 'USER_CANCELED');
      const needs = transfer({ state: 'needs-you', reason: 'save-failed' } as never);
      await world.tellsState([needs]);
      await onIntent(app, { type: 'transfer/open', transferId: TRANSFER });
      expect(world.callTypes).toContain('save/retry');
      await onCall(app, { ...file(0), url: `blob:${ORIGIN}again` });
      expect(items).toHaveLength(2);
    });

    it('go on after one that failed by itself', async () => {
      await onCall(app, file(0));
      await onCall(app, file(1));
      await ends(40, 'interrupted', 'FILE_ACCESS_DENIED');
      await vi.waitFor(() => expect(items).toHaveLength(2));
      expect(outcomes()).toEqual(['0 refused']);
    });

    it('go on under the next worker, none of them twice', async () => {
      for (let n = 0; n < 6; n += 1) await onCall(app, file(n));
      world.dies();
      Object.assign(items[0] ?? {}, { state: 'complete' });
      app = await world.nextWorker();
      for (let id = 41; id < 46; id += 1) {
        await vi.waitFor(() => expect(items.length).toBeGreaterThan(id - 40));
        await ends(id, 'complete');
      }
      expect(new Set(items.map(({ url }) => url)).size).toBe(6);
      expect(items).toHaveLength(6);
      expect(app.saves.running).toBe(false);
    });

    it('that one worker began and another one finds are not begun twice', async () => {
      const records = [0, 1, 2].map((n) => ({ ...file(n), type: undefined, downloadId: null }));
      for (const record of records) {
        const { type: _type, ...stored } = record;
        await app.stores.saves.set(`${TRANSFER}:${stored.fileId}`, stored);
      }
      items.push({ id: 90, url: file(2).url, state: 'in_progress' });
      download.mockImplementation(async ({ url }) => {
        items.push({ id: 40 + items.length, url, state: 'complete' });
        return 39 + items.length;
      });
      await world.nextWorker();
      await vi.waitFor(() => expect(outcomes()).toHaveLength(2));
      expect(download.mock.calls.map(([{ url }]) => url)).toEqual([file(0).url, file(1).url]);
    });

    it('that an earlier document gave out and the browser took late are not mixed up', async () => {
      let take = (_id: number): void => {};
      download.mockReturnValueOnce(new Promise((resolve) => (take = resolve)));
      const first = onCall(app, file(0));
      await vi.waitFor(() => expect(download).toHaveBeenCalledOnce());
      await world.documentDies();
      const again = { ...file(0), url: `blob:${ORIGIN}new` };
      const second = onCall(app, again);
      items.push({ id: 40, url: file(0).url, state: 'interrupted', error: 'NETWORK_FAILED' });
      take(40);
      await Promise.all([first, second]);
      await vi.waitFor(() => expect(download).toHaveBeenCalledTimes(2));
      await vi.waitFor(() =>
        expect(app.stores.saves.get(`${TRANSFER}:0`)).toMatchObject({
          url: again.url,
          downloadId: 41,
        }),
      );
      expect(outcomes()).toEqual([]);
    });

    it('that wait are given out anew by a new document, not begun with dead blobs', async () => {
      for (let n = 0; n < 3; n += 1) await onCall(app, file(n));
      Object.assign(items[0] ?? {}, { state: 'interrupted', error: 'NETWORK_FAILED' });
      await world.documentDies();
      await vi.waitFor(() => expect(app.saves.running).toBe(false));
      expect(outcomes()).toEqual([]);
      await onCall(app, { ...file(0), url: `blob:${ORIGIN}new` });
      expect(items.map(({ url }) => url)).toEqual([`blob:${ORIGIN}0`, `blob:${ORIGIN}new`]);
    });
  });

  it('of anything but a blob of ours is refused', async () => {
    await expect(onCall(app, { ...SAVE, url: 'https://evil.example/x' })).rejects.toMatchObject({
      code: 'bad-source',
    });
    expect(download).not.toHaveBeenCalled();
  });

  it('keep the document open until they are done', async () => {
    world.host.present = true;
    await onCall(app, { type: 'ready' });
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
