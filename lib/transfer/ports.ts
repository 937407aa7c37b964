import type { StoredFile, StoredTransfer, TransferHead } from './records.ts';

/** Bytes to send: a `File`, a `Blob`, a file of one's own. Reads may overlap. */
export interface Source {
  /** Bytes; fixed from the offer on. */
  readonly size: number;
  /**
   * Fills `into` from `offset` and answers how many bytes it wrote: fewer than `into.length` only
   * where the source ends.
   *
   * @throws SourceError `source-changed`, `source-unreadable`
   */
  read(offset: number, into: Uint8Array): Promise<number>;
  /** Lets go of handles and temporary copies. Called once, when the transfer no longer needs it. */
  close?(): void | Promise<void>;
}

/** Where one incoming file's bytes lie until they are saved. Calls may overlap, in any order. */
export interface Sink {
  /**
   * Puts `bytes` at `offset`; resolves when a later `read` would give them back. The buffer may be
   * reused by the caller once this has resolved.
   *
   * @throws SinkError `no-space`, `sink-failed`
   */
  write(offset: number, bytes: Uint8Array): Promise<void> | void;
  /** As `Source.read`, but of what was written. @throws SinkError `sink-failed` */
  read(offset: number, into: Uint8Array): Promise<number> | number;
  /** Pushes everything written so far to the disk. @throws SinkError */
  flush(): Promise<void> | void;
  /** Lets go of the file; it stays in the store. */
  close(): Promise<void> | void;
}

/** All partial and complete incoming files, each under its transfer's and its own id. */
export interface SinkStore {
  /**
   * Opens the file, creating it when it is missing; what was written before is kept.
   *
   * @param size the final size in bytes
   * @throws SinkError `no-space`, `sink-failed`
   */
  open(transferId: string, fileId: number, size: number): Promise<Sink>;
  /** Deletes one file, or all of the transfer's. Missing ones are no error. */
  remove(transferId: string, fileId?: number): Promise<void>;
  /** Bytes that can still be written, as far as the browser tells. */
  freeBytes(): Promise<number>;
}

/** What outlives the document: offers, decisions, each file's outcome. Never a key, never content. */
export interface TransferStore {
  /** Everything stored, in any order. Called once, at the start. */
  list(): Promise<readonly StoredTransfer[]>;
  /** Writes a new transfer with all its files. Resolves when it would survive a restart. */
  create(transfer: StoredTransfer): Promise<void>;
  /** Replaces the head; the files stay. Unknown ids are ignored. */
  putHead(head: TransferHead): Promise<void>;
  /** Replaces one file of a transfer. Unknown ids are ignored. */
  putFile(transferId: string, file: StoredFile): Promise<void>;
  /** Deletes the transfer and its files. */
  remove(transferId: string): Promise<void>;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `task` once after `ms`; the answer cancels it. Never used to drive sending. */
  after(ms: number, task: () => void): () => void;
}

/** `n` bytes of a cryptographic generator. */
export type RandomBytes = (n: number) => Uint8Array<ArrayBuffer>;
