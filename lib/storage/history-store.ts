/**
 * The history of transfers, in IndexedDB. Background writes it; `history.html` reads it beside.
 *
 * What is read is checked: a record that does not fit is moved to `set-aside`, kept as it is, and
 * counted, so that a person can be told. Every method throws StorageError `storage-unavailable` for
 * whatever the browser throws.
 */
import type { DBSchema, IDBPDatabase } from 'idb';
import * as v from 'valibot';
import { guarded } from './open-store.ts';
import { historySchema, type HistoryRecord } from './history-record.ts';
import { matchOf, searchWords } from './history-search.ts';

export interface HistoryDatabase extends DBSchema {
  transfers: {
    key: string;
    value: unknown;
    indexes: { ended: [number, string]; device: [string, number, string] };
  };
  'set-aside': { key: number; value: unknown };
  removed: { key: string; value: { transferId: string; at: number } };
  meta: { key: string; value: unknown };
}

/** Nothing that ended at or before this time (ms since 1970) is taken any more: cleared, or too old. */
const FORGOTTEN_UNTIL = 'forgotten-until';

export interface HistoryQuery {
  /** As typed; every word must match. */
  readonly search: string;
  /** Null: all devices. */
  readonly deviceId: string | null;
  /** Of the end, ms since 1970: from the first to before the second. Null: all days. */
  readonly day: readonly [number, number] | null;
}

/** Where a page ended. */
export type HistoryPlace = Pick<HistoryRecord, 'endedAt' | 'transferId'>;

export interface HistoryHit {
  readonly entry: HistoryRecord;
  /** Names that were found and that the title does not show. */
  readonly matched: readonly string[];
}

export interface HistoryPage {
  /** Newest first. */
  readonly hits: readonly HistoryHit[];
  /** Null: there are no more. */
  readonly next: HistoryPlace | null;
}

export interface HistorySummary {
  readonly count: number;
  /** Records that could not be read. */
  readonly setAside: number;
  /** Everyone who occurs, under the newest name, the last one first. */
  readonly devices: readonly { readonly deviceId: string; readonly name: string }[];
}

/** How a transfer ended: what tells whether it is here already. */
export interface HistoryEnd {
  readonly transferId: string;
  readonly state: string;
  readonly endedAt: number;
}

export class HistoryStore {
  readonly #database: IDBPDatabase<HistoryDatabase>;

  /** See `openHistory`. */
  constructor(database: IDBPDatabase<HistoryDatabase>) {
    this.#database = database;
  }

  close(): void {
    this.#database.close();
  }

  /** Those that are to be added: not here yet, not taken out, not too old. */
  async missing(ends: readonly HistoryEnd[]): Promise<string[]> {
    return await guarded(async () => {
      const stores = this.#database.transaction(['transfers', 'removed', 'meta']);
      const until = forgottenUntil(await stores.objectStore('meta').get(FORGOTTEN_UNTIL));
      const missing: string[] = [];
      for (const end of ends) {
        const { transferId } = end;
        if (end.endedAt <= until) continue;
        if ((await stores.objectStore('removed').getKey(transferId)) !== undefined) continue;
        const known = await stores.objectStore('transfers').get(transferId);
        if (!sameEnd(known, end)) missing.push(transferId);
      }
      return missing;
    });
  }

  /** In one step. What was taken out or is too old is left out; what is here is replaced. */
  async add(records: readonly HistoryRecord[]): Promise<void> {
    await guarded(async () => {
      const stores = this.#database.transaction(['transfers', 'removed', 'meta'], 'readwrite');
      const until = forgottenUntil(await stores.objectStore('meta').get(FORGOTTEN_UNTIL));
      for (const record of records) {
        if (record.endedAt <= until) continue;
        const removed = await stores.objectStore('removed').getKey(record.transferId);
        if (removed === undefined) await stores.objectStore('transfers').put(record);
      }
      await stores.done;
    });
  }

  async get(transferId: string): Promise<HistoryRecord | undefined> {
    const value = await guarded(() => this.#database.get('transfers', transferId));
    return read(value);
  }

  /** @param after where the page before ended; null for the first. */
  async page(query: HistoryQuery, after: HistoryPlace | null, limit: number): Promise<HistoryPage> {
    const words = searchWords(query.search);
    const hits: HistoryHit[] = [];
    const bad: string[] = [];
    const full = await guarded(async () => {
      for await (const values of this.#newestFirst(query, after, limit + 1)) {
        for (const value of values) {
          const entry = read(value);
          const matched = entry && matchOf(entry, words);
          if (!entry) bad.push(idOf(value));
          else if (matched && hits.length === limit) return true;
          else if (matched) hits.push({ entry, matched });
        }
      }
      return false;
    });
    await this.#setAside(bad);
    const last = hits.at(-1)?.entry;
    if (!full || !last) return { hits, next: null };
    return { hits, next: { endedAt: last.endedAt, transferId: last.transferId } };
  }

  async summary(): Promise<HistorySummary> {
    return await guarded(async () => {
      const stores = this.#database.transaction(['transfers', 'set-aside']);
      const transfers = stores.objectStore('transfers');
      const newest: { deviceId: string; name: string; at: number }[] = [];
      let cursor = await transfers.index('device').openCursor(null, 'prev');
      while (cursor) {
        const [deviceId, at] = cursor.key;
        const entry = read(cursor.value);
        if (entry) newest.push({ deviceId, name: entry.deviceName, at });
        // Before everything else of that device; of a record that does not fit, the one before it.
        cursor = await (entry ? cursor.continue([deviceId] as never) : cursor.continue());
      }
      return {
        count: await transfers.count(),
        setAside: await stores.objectStore('set-aside').count(),
        devices: newest
          .toSorted((a, b) => b.at - a.at)
          .map(({ deviceId, name }) => ({ deviceId, name })),
      };
    });
  }

  /** A person took it out: it stays out, whoever tells of it again. */
  async remove(transferId: string, at: number): Promise<void> {
    await guarded(async () => {
      const stores = this.#database.transaction(['transfers', 'removed'], 'readwrite');
      await stores.objectStore('transfers').delete(transferId);
      await stores.objectStore('removed').put({ transferId, at });
      await stores.done;
    });
  }

  /** Everything goes, also what could not be read, and nothing of before `at` comes again. */
  async clear(at: number): Promise<void> {
    await guarded(async () => {
      const stores = this.#database.transaction(
        ['transfers', 'set-aside', 'removed', 'meta'],
        'readwrite',
      );
      await stores.objectStore('transfers').clear();
      await stores.objectStore('set-aside').clear();
      await stores.objectStore('removed').clear();
      await stores.objectStore('meta').put(at, FORGOTTEN_UNTIL);
      await stores.done;
    });
  }

  /** Forgets what ended at or before `until`. @returns the ids of what went. */
  async prune(until: number, now: number): Promise<string[]> {
    return await guarded(async () => {
      const stores = this.#database.transaction(['transfers', 'removed', 'meta'], 'readwrite');
      const meta = stores.objectStore('meta');
      const before = forgottenUntil(await meta.get(FORGOTTEN_UNTIL));
      // One in the future was written while the clock was wrong.
      if (until > before || before > now) await meta.put(until, FORGOTTEN_UNTIL);
      const transfers = stores.objectStore('transfers');
      const old = await transfers.index('ended').getAllKeys(IDBKeyRange.upperBound([until, END]));
      for (const transferId of old) await transfers.delete(transferId);
      // What was taken out by then had ended before, and is too old to come back.
      for (const { transferId, at } of await stores.objectStore('removed').getAll()) {
        if (at <= until) await stores.objectStore('removed').delete(transferId);
      }
      await stores.done;
      return old;
    });
  }

  /** Finds records that no page shows because they are in no index, and sets them aside. */
  async check(): Promise<void> {
    const bad = await guarded(async () => {
      const transfers = this.#database.transaction('transfers').store;
      const [all, listed] = [await transfers.count(), await transfers.index('ended').count()];
      if (all === listed) return [];
      const found: string[] = [];
      for await (const { value, primaryKey } of transfers) if (!read(value)) found.push(primaryKey);
      return found;
    });
    await this.#setAside(bad);
  }

  /**
   * In batches, the first of `first`: a cursor that stops at each of thousands of records takes ten
   * times as long as one that skips to where a batch ends, and browsers read batches forward only.
   */
  async *#newestFirst(
    { deviceId, day }: HistoryQuery,
    after: HistoryPlace | null,
    first: number,
  ): AsyncGenerator<unknown[]> {
    const { store } = this.#database.transaction('transfers');
    const index = deviceId === null ? store.index('ended') : store.index('device');
    const prefix = deviceId === null ? [] : [deviceId];
    const [from, to] = day ?? [0, Infinity];
    const lower = [...prefix, from];
    let upper: IDBValidKey = [...prefix, ...(after ? [after.endedAt, after.transferId] : [to])];
    for (let size = first; ; size = BATCH) {
      const left = IDBKeyRange.bound(lower, upper, false, true);
      const cursor: KeyCursor | null = await index.openKeyCursor(left, 'prev');
      if (!cursor) return;
      const last = size > 1 ? await cursor.advance(size - 1) : cursor;
      const start: IDBValidKey = last?.key ?? lower;
      const batch = await index.getAll(IDBKeyRange.bound(start, upper, false, true));
      yield batch.toReversed();
      if (!last) return;
      upper = start;
    }
  }

  async #setAside(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await guarded(async () => {
      const stores = this.#database.transaction(['transfers', 'set-aside'], 'readwrite');
      for (const key of keys) {
        const value = await stores.objectStore('transfers').get(key);
        // Another context may have been first, or have put one that fits in its place.
        if (value === undefined || read(value)) continue;
        await stores.objectStore('set-aside').add(value);
        await stores.objectStore('transfers').delete(key);
      }
      await stores.done;
    });
  }
}

/** Records read at once, while searching. */
const BATCH = 500;

/** After every id. */
const END = '\uffff';

function read(value: unknown): HistoryRecord | undefined {
  const parsed = v.safeParse(historySchema, value);
  return parsed.success ? parsed.output : undefined;
}

interface KeyCursor {
  readonly key: IDBValidKey;
  advance(count: number): Promise<KeyCursor | null>;
}

/** The key of a record, whatever else is in it. */
function idOf(value: unknown): string {
  return (value as { transferId: string }).transferId;
}

function sameEnd(value: unknown, end: HistoryEnd): boolean {
  const known = read(value);
  return known?.state === end.state && known.endedAt === end.endedAt;
}

function forgottenUntil(value: unknown): number {
  return typeof value === 'number' ? value : -1;
}
