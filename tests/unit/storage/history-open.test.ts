import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openHistory } from '../../../lib/storage/history-open.ts';
import { HISTORY_STEPS, type HistoryStep } from '../../../lib/storage/history-steps.ts';
import { record } from './history-records.ts';

/** How the history's database comes to a new version, and what happens when it does not. */

const EVERYTHING = { search: '', deviceId: null, day: null };

let name: string;
beforeEach(() => {
  name = `history-${crypto.randomUUID()}`;
});

/** A database of today's version with two entries, closed again. */
async function filled(): Promise<void> {
  const store = await openHistory({ name });
  await store.add([record(1), record(2, { title: 'second' })]);
  store.close();
}

async function raw(): Promise<{ version: number; stores: string[]; values: unknown[] }> {
  const database = await openDB(name);
  try {
    const values = await database.getAll('transfers');
    return { version: database.version, stores: [...database.objectStoreNames], values };
  } finally {
    database.close();
  }
}

/** A later version: what was called `title` gets a star, one record after the other. */
const withStar: HistoryStep = async ({ transaction }) => {
  const transfers = transaction.objectStore('transfers');
  for (const value of (await transfers.getAll()) as { title: string }[]) {
    await transfers.put({ ...value, title: `★ ${value.title}` });
  }
};

describe('a migration', () => {
  it('brings every entry to the next version, step after step', async () => {
    await filled();
    const steps = [...HISTORY_STEPS, withStar, withStar];
    const store = await openHistory({ name, steps });
    const { hits } = await store.page(EVERYTHING, null, 10);
    expect(hits.map(({ entry }) => entry.title)).toEqual(['★ ★ second', '★ ★ file-1.txt']);
    store.close();
    expect((await raw()).version).toBe(3);
  });

  it('a new profile goes through all steps', async () => {
    const store = await openHistory({ name, steps: [...HISTORY_STEPS, withStar] });
    await store.add([record(1)]);
    expect((await store.page(EVERYTHING, null, 10)).hits).toHaveLength(1);
    store.close();
  });

  it.each<[string, HistoryStep]>([
    [
      'throws at once',
      ({ transaction, database }) => {
        transaction
          .objectStore('transfers')
          .clear()
          .catch(() => undefined);
        database.createObjectStore('half-done');
        throw new Error('no');
      },
    ],
    [
      'throws after it has waited for a request',
      async ({ transaction, database }) => {
        database.createObjectStore('half-done');
        await transaction.objectStore('transfers').clear();
        throw new Error('no');
      },
    ],
    [
      'makes a request that fails',
      async ({ transaction, database }) => {
        database.createObjectStore('half-done');
        const transfers = transaction.objectStore('transfers');
        await transfers.clear();
        await transfers.add({ transferId: 'same' });
        await transfers.add({ transferId: 'same' });
      },
    ],
  ])('that %s fails loudly and leaves everything as it was', async (_what, bad) => {
    await filled();
    const before = await raw();
    const steps = [...HISTORY_STEPS, withStar, bad];
    await expect(openHistory({ name, steps })).rejects.toMatchObject({ code: 'migration-failed' });
    expect(await raw()).toEqual(before);
    expect(before).toMatchObject({ version: 1, values: [{ title: 'file-1.txt' }, {}] });
    // A build whose step works takes it from there.
    const store = await openHistory({ name, steps: [...HISTORY_STEPS, withStar] });
    expect((await store.page(EVERYTHING, null, 10)).hits).toHaveLength(2);
    store.close();
  });

  it('a database of a newer build is not touched', async () => {
    await filled();
    (await openHistory({ name, steps: [...HISTORY_STEPS, withStar] })).close();
    const before = await raw();
    await expect(openHistory({ name })).rejects.toMatchObject({ code: 'newer-version' });
    expect(await raw()).toEqual(before);
  });

  it('does not wait for another context that has the old version open', async () => {
    const old = await openHistory({ name });
    await old.add([record(1)]);
    const store = await openHistory({ name, steps: [...HISTORY_STEPS, withStar] });
    expect((await store.page(EVERYTHING, null, 10)).hits).toHaveLength(1);
    await expect(old.get(record(1).transferId)).rejects.toMatchObject({
      code: 'storage-unavailable',
    });
    store.close();
  });

  it('a browser that opens no database says so', async () => {
    const open = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('no', 'SecurityError');
    });
    await expect(openHistory({ name })).rejects.toMatchObject({ code: 'storage-unavailable' });
    open.mockRestore();
  });
});
