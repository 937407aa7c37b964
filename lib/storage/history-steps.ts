/**
 * How the history's database came to its present shape. A step is never changed once it was
 * released: a new shape is a new step. It runs in the one transaction of the upgrade, so it may wait
 * for requests of that transaction only, and what it throws leaves the database as it was.
 */
import type { IDBPDatabase, IDBPTransaction } from 'idb';

export interface HistoryUpgrade {
  readonly database: IDBPDatabase;
  readonly transaction: IDBPTransaction<unknown, string[], 'versionchange'>;
}

/** The step at index `n` leads from version `n` to `n + 1`. */
export type HistoryStep = (upgrade: HistoryUpgrade) => void | Promise<void>;

/**
 * `transfers`: what is over. `set-aside`: what did not fit when it was read. `removed`: ids that a
 * person took out, so that they do not come back with what the document still knows. `meta`: see
 * `history-store.ts`.
 */
function first({ database }: HistoryUpgrade): void {
  const transfers = database.createObjectStore('transfers', { keyPath: 'transferId' });
  // With the id at the end every place is a place of its own, and a page can go on from it.
  transfers.createIndex('ended', ['endedAt', 'transferId']);
  transfers.createIndex('device', ['deviceId', 'endedAt', 'transferId']);
  database.createObjectStore('set-aside', { autoIncrement: true });
  database.createObjectStore('removed', { keyPath: 'transferId' });
  database.createObjectStore('meta');
}

export const HISTORY_STEPS: readonly HistoryStep[] = [first];
