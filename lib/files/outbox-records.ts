/**
 * Where the sources of outgoing transfers are, in IndexedDB: written before a transfer begins, so
 * that a restart finds them. The engine's worker writes; pages only read.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { TransferKind } from '../protocol/kinds.ts';
import type { FileRef } from '../transfer/ports.ts';

const DATABASE = 'tallow-outbox';
const VERSION = 1;

/** One outgoing transfer, until nobody can want it again. */
export interface SendingRecord {
  readonly transferId: string;
  readonly deviceId: string;
  readonly kind: TransferKind;
  readonly note?: string;
  /** [PW8] Salt and stretched password of one that asks for it. */
  readonly lock?: { readonly salt: Uint8Array; readonly secret: Uint8Array };
  /** Files of it that nothing finds again: it cannot be sent once more as a whole. */
  readonly lost: number;
  /** Milliseconds since 1970; null while the engine may still read its sources. */
  readonly releasedAt: number | null;
}

export interface SourceRecord extends FileRef {
  readonly path: string;
  readonly mime: string;
  /** Bytes of what is sent. */
  readonly size: number;
  /** Milliseconds since 1970, 0 when unknown. */
  readonly modified: number;
  /** Metadata is taken out of it, each time anew, when the original is opened. */
  readonly strip?: true;
  /** A copy of what is sent. */
  readonly copy?: CopyRef;
  readonly original?: OriginalRef;
}

export interface CopyRef {
  /** `database`: the store `bytes`, for small ones; `spool`: a file in OPFS. */
  readonly where: 'database' | 'spool';
  readonly id: string;
  /** It is as a page gave it: metadata is still to be taken out. */
  readonly raw?: true;
}

/** The file that a person picked. */
export interface OriginalRef {
  /** Key of the store `roots`: the handle of the file, or of the folder that it came with. */
  readonly root: string;
  /** Names from the root down to the file; none where the root is the file. */
  readonly below: readonly string[];
}

interface Schema extends DBSchema {
  sendings: { key: string; value: SendingRecord };
  sources: {
    key: [transferId: string, fileId: number];
    value: SourceRecord;
    indexes: { root: string };
  };
  roots: { key: string; value: FileSystemHandle };
  bytes: { key: string; value: Uint8Array<ArrayBuffer> };
}
export type OutboxDatabase = IDBPDatabase<Schema>;

let opened: Promise<OutboxDatabase> | undefined;

export function outboxDatabase(): Promise<OutboxDatabase> {
  opened ??= openDB<Schema>(DATABASE, VERSION, {
    upgrade(database) {
      database.createObjectStore('sendings', { keyPath: 'transferId' });
      const sources = database.createObjectStore('sources', { keyPath: ['transferId', 'fileId'] });
      sources.createIndex('root', 'original.root');
      database.createObjectStore('roots');
      database.createObjectStore('bytes');
    },
    terminated: closeOutboxDatabase,
  }).catch((error: unknown) => {
    closeOutboxDatabase();
    throw error;
  });
  return opened;
}

/** The next use opens it anew. */
export function closeOutboxDatabase(): void {
  void opened?.then(
    (database) => database.close(),
    () => undefined,
  );
  opened = undefined;
}

/** Keys of all sources of one transfer. */
export function sourcesOf(transferId: string): IDBKeyRange {
  return IDBKeyRange.bound([transferId], [transferId, []]);
}

/** Of a file, wherever a plain string has to name it. */
export function keyOf({ transferId, fileId }: FileRef): string {
  return `${transferId}.${fileId}`;
}
