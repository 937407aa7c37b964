import type { FileRef } from '../transfer/ports.ts';
import {
  outboxDatabase,
  sourcesOf,
  type CopyRef,
  type SendingRecord,
  type SourceRecord,
} from './outbox-records.ts';

/** Records written in one transaction: a worker that sends must not stand still for long. */
const STEP_RECORDS = 2000;

/** What was written with a transfer. */
export interface NewSources {
  readonly sending: SendingRecord;
  readonly records: readonly SourceRecord[];
  readonly roots: ReadonlyMap<string, FileSystemHandle>;
  /** Contents that are small enough to lie beside their records, by `CopyRef.id`. */
  readonly bytes: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Copies that nobody refers to any more. */
export interface Freed {
  readonly bytes: number;
  /** Files of the spool, to be deleted. */
  readonly spooled: readonly string[];
}

/** The records of all sources, each change in one transaction. */
export class OutboxStore {
  /** Resolves when a restart would find them. The transfer's own record last: it says "complete". */
  async create({ sending, records, roots, bytes }: NewSources): Promise<void> {
    const database = await outboxDatabase();
    for (let at = 0; at < records.length; at += STEP_RECORDS) {
      await this.#put(records.slice(at, at + STEP_RECORDS));
    }
    const transaction = database.transaction(['sendings', 'roots', 'bytes'], 'readwrite');
    const puts: Promise<unknown>[] = [transaction.objectStore('sendings').put(sending)];
    for (const [key, handle] of roots) puts.push(transaction.objectStore('roots').put(handle, key));
    for (const [key, part] of bytes) puts.push(transaction.objectStore('bytes').put(part, key));
    await Promise.all([...puts, transaction.done]);
  }

  async get({ transferId, fileId }: FileRef): Promise<SourceRecord | undefined> {
    return (await outboxDatabase()).get('sources', [transferId, fileId]);
  }

  async sending(transferId: string): Promise<SendingRecord | undefined> {
    return (await outboxDatabase()).get('sendings', transferId);
  }

  async all(transferId: string): Promise<SourceRecord[]> {
    return (await outboxDatabase()).getAll('sources', sourcesOf(transferId));
  }

  async root(key: string): Promise<FileSystemHandle | undefined> {
    return (await outboxDatabase()).get('roots', key);
  }

  async bytes(id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return (await outboxDatabase()).get('bytes', id);
  }

  /** Replaces what is known of files whose transfer is there. */
  async replace(
    records: readonly SourceRecord[],
    roots: ReadonlyMap<string, FileSystemHandle>,
  ): Promise<void> {
    const transaction = (await outboxDatabase()).transaction('roots', 'readwrite');
    const puts = [...roots].map(([key, handle]) => transaction.store.put(handle, key));
    await Promise.all([...puts, transaction.done]);
    await this.#put(records);
  }

  /** @returns false where the file is gone or has moved meanwhile: nothing is written then */
  async setCopies(
    copies: readonly (FileRef & { readonly copy: CopyRef; bytes?: Uint8Array<ArrayBuffer> })[],
  ): Promise<boolean[]> {
    const database = await outboxDatabase();
    const transaction = database.transaction(['sources', 'bytes'], 'readwrite');
    const sources = transaction.objectStore('sources');
    const written = await Promise.all(
      copies.map(async ({ transferId, fileId, copy, bytes }) => {
        const record = await sources.get([transferId, fileId]);
        if (record === undefined) return false;
        await sources.put({ ...record, copy });
        if (bytes) await transaction.objectStore('bytes').put(bytes, copy.id);
        return true;
      }),
    );
    await transaction.done;
    return written;
  }

  async move(from: FileRef, to: FileRef): Promise<void> {
    const database = await outboxDatabase();
    const transaction = database.transaction(['sources', 'sendings'], 'readwrite');
    const [sources, sendings] = [
      transaction.objectStore('sources'),
      transaction.objectStore('sendings'),
    ];
    const record = await sources.get([from.transferId, from.fileId]);
    if (record !== undefined) {
      await sources.delete([from.transferId, from.fileId]);
      const { transferId, fileId } = to;
      await sources.put({ ...record, transferId, fileId });
    }
    const sending = await sendings.get(from.transferId);
    if (from.transferId !== to.transferId && record !== undefined && sending !== undefined) {
      if ((await sendings.get(to.transferId)) === undefined) {
        await sendings.put({ ...sending, transferId: to.transferId, releasedAt: null, lost: 0 });
      }
      // It cannot be sent again as a whole any more.
      await sendings.put({ ...sending, lost: sending.lost + 1 });
    }
    await transaction.done;
  }

  /** Copies go; what a handle finds again stays, to be sent once more. */
  async release(transferId: string, now: number): Promise<Freed> {
    const database = await outboxDatabase();
    const transaction = database.transaction(['sources', 'sendings', 'bytes'], 'readwrite');
    const [sources, sendings] = [
      transaction.objectStore('sources'),
      transaction.objectStore('sendings'),
    ];
    const sending = await sendings.get(transferId);
    const records = await sources.getAll(sourcesOf(transferId));
    const kept = records.filter(({ original }) => original !== undefined);
    const work: Promise<unknown>[] = [];
    for (const { copy, ...record } of records) {
      if (copy?.where === 'database') work.push(transaction.objectStore('bytes').delete(copy.id));
      if (record.original === undefined) work.push(sources.delete([transferId, record.fileId]));
      else if (copy !== undefined) work.push(sources.put(record));
    }
    if (kept.length === 0) work.push(sendings.delete(transferId));
    else if (sending !== undefined) {
      const lost = sending.lost + records.length - kept.length;
      work.push(sendings.put({ ...sending, lost, releasedAt: sending.releasedAt ?? now }));
    }
    await Promise.all([...work, transaction.done]);
    return freed(records);
  }

  /** Nothing of them stays. */
  async delete(transferIds: readonly string[]): Promise<Freed> {
    const database = await outboxDatabase();
    const gone: SourceRecord[] = [];
    for (const transferId of transferIds) {
      const transaction = database.transaction(
        ['sources', 'sendings', 'bytes', 'roots'],
        'readwrite',
      );
      const sources = transaction.objectStore('sources');
      const records = await sources.getAll(sourcesOf(transferId));
      await sources.delete(sourcesOf(transferId));
      await transaction.objectStore('sendings').delete(transferId);
      for (const { copy } of records) {
        if (copy?.where === 'database') await transaction.objectStore('bytes').delete(copy.id);
      }
      for (const root of new Set(records.map(({ original }) => original?.root))) {
        // "Send again" and a retry share it.
        if (root === undefined || (await sources.index('root').count(root)) > 0) continue;
        await transaction.objectStore('roots').delete(root);
      }
      await transaction.done;
      gone.push(...records);
    }
    return freed(gone);
  }

  async sendings(): Promise<SendingRecord[]> {
    return (await outboxDatabase()).getAll('sendings');
  }

  /** Deletes records of transfers that were never written down whole, and contents without a record. */
  async sweep(): Promise<{ readonly copiedBytes: number; readonly spooled: ReadonlySet<string> }> {
    const database = await outboxDatabase();
    const known = new Set(await database.getAllKeys('sendings'));
    const records = await database.getAll('sources');
    const orphans = new Set(
      records.map(({ transferId }) => transferId).filter((id) => !known.has(id)),
    );
    await this.delete([...orphans]);
    const copied = records.filter(({ copy, transferId }) => copy && known.has(transferId));
    const ids = new Set(copied.map(({ copy }) => copy?.id ?? ''));
    for (const id of await database.getAllKeys('bytes')) {
      if (!ids.has(id)) await database.delete('bytes', id);
    }
    return { copiedBytes: copied.reduce((sum, { size }) => sum + size, 0), spooled: ids };
  }

  async #put(records: readonly SourceRecord[]): Promise<void> {
    const transaction = (await outboxDatabase()).transaction('sources', 'readwrite');
    const puts = records.map((record) => transaction.store.put(record));
    await Promise.all([...puts, transaction.done]);
  }
}

function freed(records: readonly SourceRecord[]): Freed {
  const copied = records.filter(({ copy }) => copy !== undefined);
  return {
    bytes: copied.reduce((sum, { size }) => sum + size, 0),
    spooled: copied.flatMap(({ copy }) => (copy?.where === 'spool' ? [copy.id] : [])),
  };
}
