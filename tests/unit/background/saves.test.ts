import { beforeEach, describe, expect, it, vi, type Mock } from 'vitest';
import type { App } from '../../../entrypoints/background/app.ts';
import { onCall } from '../../../entrypoints/background/on-call.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import { browser } from '../../../lib/browser/index.ts';
import { DESK, FakeWorld, ORIGIN, pair, TRANSFER } from './fakes.ts';

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
