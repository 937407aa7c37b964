/**
 * The engine's `Ledger` in IndexedDB: roots of what went between this device and each paired one
 * ([TR18]). Bounded a device; the oldest make room.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { FileRef, Ledger, SentContent, SentFile } from '../transfer/ports.ts';

const DATABASE = 'tallow-ledger';
const VERSION = 1;

/** Contents remembered for one device and direction: two years of thirteen files a day. */
export const LEDGER_KEPT = 10_000;

/** So many more may gather before the oldest go: counting at each one would read them all. */
const SLACK = 500;

type SentKey = [deviceId: string, path: string, size: number, modified: number];
type ReceivedKey = [deviceId: string, root: string, size: number];
type AgeKey = [deviceId: string, at: number];

interface Schema extends DBSchema {
  sent: { key: SentKey; value: SentRecord; indexes: { age: AgeKey } };
  received: { key: ReceivedKey; value: ReceivedRecord; indexes: { age: AgeKey } };
}
interface SentRecord extends SentFile, SentContent {
  readonly deviceId: string;
  /** Milliseconds since 1970, of its writing. */
  readonly at: number;
}
interface ReceivedRecord extends FileRef {
  readonly deviceId: string;
  readonly root: string;
  readonly size: number;
  readonly at: number;
}
type Write =
  | { readonly store: 'sent'; readonly record: SentRecord }
  | { readonly store: 'received'; readonly record: ReceivedRecord };

export interface LedgerOptions {
  readonly kept?: number;
  readonly slack?: number;
  readonly now?: () => number;
}

export class TransferLedger implements Ledger {
  readonly #kept: number;
  readonly #slack: number;
  readonly #now: () => number;
  #database: Promise<IDBPDatabase<Schema>> | undefined;
  #waiting: Write[] = [];
  #writing: Promise<void> | undefined;
  /** Records by store and device, never fewer than there are. */
  readonly #counts = new Map<string, number>();

  constructor({ kept = LEDGER_KEPT, slack = SLACK, now = Date.now }: LedgerOptions = {}) {
    this.#kept = kept;
    this.#slack = slack;
    this.#now = now;
  }

  async sent(deviceId: string, { path, size, modified }: SentFile): Promise<SentContent | null> {
    if (modified === 0) return null;
    const record = await (await this.#open()).get('sent', [deviceId, path, size, modified]);
    return record ? { root: record.root, chunkSize: record.chunkSize } : null;
  }

  /** A file of unknown date is not kept: by path and size alone another content would pass for it. */
  async putSent(deviceId: string, file: SentFile, content: SentContent): Promise<void> {
    const { path, size, modified } = file;
    if (modified === 0) return;
    const { root, chunkSize } = content;
    const record = { deviceId, path, size, modified, root, chunkSize, at: this.#now() };
    await this.#write({ store: 'sent', record });
  }

  async received(deviceId: string, root: string, size: number): Promise<FileRef | null> {
    const record = await (await this.#open()).get('received', [deviceId, root, size]);
    return record ? { transferId: record.transferId, fileId: record.fileId } : null;
  }

  async putReceived(deviceId: string, root: string, size: number, file: FileRef): Promise<void> {
    const { transferId, fileId } = file;
    const record = { deviceId, root, size, transferId, fileId, at: this.#now() };
    await this.#write({ store: 'received', record });
  }

  async forget(deviceId: string): Promise<void> {
    // Whatever is still to be written first, lest it comes after.
    await this.#writing?.catch(() => undefined);
    const transaction = (await this.#open()).transaction(['sent', 'received'], 'readwrite');
    await Promise.all([
      transaction.objectStore('sent').delete(ofDevice(deviceId)),
      transaction.objectStore('received').delete(ofDevice(deviceId)),
      transaction.done,
    ]);
    this.#counts.clear();
  }

  /** Resolves when it is on the disk. What comes while one step is written goes in the next. */
  #write(write: Write): Promise<void> {
    this.#waiting.push(write);
    const mine = this.#waiting;
    const after = this.#writing ?? Promise.resolve();
    if (mine.length > 1) return after;
    const step = after
      .catch(() => undefined)
      .then(async () => {
        this.#waiting = [];
        await this.#commit(mine);
      });
    this.#writing = step;
    return step;
  }

  async #commit(writes: readonly Write[]): Promise<void> {
    const database = await this.#open();
    const transaction = database.transaction(['sent', 'received'], 'readwrite');
    const puts = writes.map(({ store, record }) => {
      return store === 'sent'
        ? transaction.objectStore('sent').put(record)
        : transaction.objectStore('received').put(record);
    });
    await Promise.all([...puts, transaction.done]);
    for (const { store, record } of writes) await this.#countOne(store, record.deviceId);
  }

  async #countOne(store: Write['store'], deviceId: string): Promise<void> {
    const key = `${store}:${deviceId}`;
    const counted = this.#counts.get(key);
    const database = await this.#open();
    const now =
      counted === undefined ? await database.count(store, ofDevice(deviceId)) : counted + 1;
    this.#counts.set(key, now);
    if (now > this.#kept + this.#slack) await this.#prune(store, deviceId);
  }

  async #prune(store: Write['store'], deviceId: string): Promise<void> {
    const transaction = (await this.#open()).transaction(store, 'readwrite');
    const count = await transaction.store.count(ofDevice(deviceId));
    let surplus = count - this.#kept;
    let oldest = await transaction.store.index('age').openCursor(ofDevice(deviceId));
    for (; oldest !== null && surplus > 0; surplus -= 1) {
      await oldest.delete();
      oldest = await oldest.continue();
    }
    await transaction.done;
    this.#counts.set(`${store}:${deviceId}`, Math.min(count, this.#kept));
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    this.#database ??= openDB<Schema>(DATABASE, VERSION, {
      upgrade(database) {
        const sent = database.createObjectStore('sent', {
          keyPath: ['deviceId', 'path', 'size', 'modified'],
        });
        sent.createIndex('age', ['deviceId', 'at']);
        const received = database.createObjectStore('received', {
          keyPath: ['deviceId', 'root', 'size'],
        });
        received.createIndex('age', ['deviceId', 'at']);
      },
    }).catch((error: unknown) => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }
}

/** Every key that begins with the device: an array sorts after all numbers and strings. */
function ofDevice(deviceId: string): IDBKeyRange {
  return IDBKeyRange.bound([deviceId], [deviceId, []]);
}
