import type { ChunkSize } from '../protocol/limits.ts';
import type { StoredFile, StoredHead, StoredTransfer } from './records.ts';

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
  /** Lets go of open handles. Called once, when the file is delivered, given up or opened anew. */
  close?(): void | Promise<void>;
}

/** A source that was found again, with what tells whether it is still the same file. */
export interface OpenedSource {
  readonly source: Source;
  /** Milliseconds since 1970, 0 when unknown. */
  readonly modified: number;
}

export interface FileRef {
  readonly transferId: string;
  readonly fileId: number;
}

/**
 * Finds the sources of outgoing transfers again: after a restart, after a file on the disk changed,
 * for a retry. Where the bytes of one are (a spooled copy, a handle of a picked file) was written
 * down by whoever called `Engine.send`, before.
 */
export interface SourceStore {
  /**
   * The file as it is now: its size and date may be others than before.
   *
   * @throws SourceError `needs-permission` (a person has to allow it once more), `choose-again`
   *   (only a person can find it), `source-unreadable`
   */
  open(file: FileRef): Promise<OpenedSource>;
  /** From now on `to` names what `from` named: a retry, or a file that starts anew. */
  move(from: FileRef, to: FileRef): Promise<void>;
  /** The transfer needs none of its sources any more. Missing ones are no error. */
  release(transferId: string): Promise<void>;
}

/**
 * What went between this device and each paired one, by content: answers "already there" without a
 * byte. Only for what this very device delivered before ([TR18]).
 */
export interface Ledger {
  /** Sender: what was delivered under this path, size and date. */
  sent(deviceId: string, file: SentFile): Promise<SentContent | null>;
  putSent(deviceId: string, file: SentFile, content: SentContent): Promise<void>;
  /** Receiver: where content of this root, which that device delivered, was saved. */
  received(deviceId: string, root: string, size: number): Promise<FileRef | null>;
  putReceived(deviceId: string, root: string, size: number, file: FileRef): Promise<void>;
  /** The device is removed: nothing of it stays. */
  forget(deviceId: string): Promise<void>;
}

export interface SentContent {
  /** 64 hex digits. */
  readonly root: string;
  /** The root depends on it: to check the claim, the file is hashed in these chunks again. */
  readonly chunkSize: ChunkSize;
}

export interface SentFile {
  readonly path: string;
  readonly size: number;
  readonly modified: number;
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
  /**
   * Opens the small file beside it that says which chunks are there ([TR17]); created when missing.
   * One's own outgoing files have one too, and no other bytes here.
   *
   * @throws SinkError
   */
  openJournal(transferId: string, fileId: number): Promise<Sink>;
  /** Deletes one file with its journal, or all of the transfer's. Missing ones are no error. */
  remove(transferId: string, fileId?: number): Promise<void>;
  /** Deletes what a crash left of transfers that are not in `keep`. Once, at the start. */
  sweep(keep: ReadonlySet<string>): Promise<void>;
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
  putHead(head: StoredHead): Promise<void>;
  /** Replaces one file of a transfer. Unknown ids are ignored. */
  putFile(transferId: string, file: StoredFile): Promise<void>;
  /** Adds or replaces files in one step. Of unknown transfers nothing is written. */
  putFiles(transferId: string, files: readonly StoredFile[]): Promise<void>;
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
