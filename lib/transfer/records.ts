import type { TransferKind } from '../protocol/kinds.ts';
import type { LockView, ReceiveLockRecord, SendLockRecord } from './lock-records.ts';
import type {
  FailureReason,
  NeedsSender,
  Party,
  ReceiveFileState,
  ReceiveState,
  SendFileState,
  SendState,
} from './states.ts';

/** What is kept of one transfer, without its files. Plain data: it can be cloned and stored as it is. */
export type TransferHead = {
  /** 32 hex digits. */
  readonly transferId: string;
  readonly deviceId: string;
  readonly kind: TransferKind;
  readonly count: number;
  /** Bytes of all files. */
  readonly totalBytes: number;
  readonly note: string | null;
  /** Milliseconds since 1970: `send` was called, or the offer arrived. */
  readonly createdAt: number;
  /** The accept. */
  readonly startedAt: number | null;
  /** The first chunk left, or arrived. */
  readonly firstByteAt: number | null;
  /** The last file was stored (as the receiver tells it, on the sender's side). */
  readonly storedAt: number | null;
  /** It came to an end, whichever: delivered, saved, declined, failed, cancelled or expired. */
  readonly endedAt: number | null;
  /** Bytes and whole files that were sent or received when this was written. */
  readonly doneBytes: number;
  readonly doneFiles: number;
  /** Bytes of ciphertext that went over the wire for it, over all sessions and restarts. */
  readonly wireBytes: number;
  /** One's own pause outlasts a restart. */
  readonly pausedByMe: boolean;
  /** What a view calls it, where no file's name says it: the beginning of a text that one sends. */
  readonly title?: string;
} & (
  | { readonly direction: 'send'; readonly state: SendState }
  | { readonly direction: 'receive'; readonly state: ReceiveState }
);

/** One file of a stored transfer. */
export interface StoredFile {
  readonly fileId: number;
  /** As on the wire: data, not a place. */
  readonly path: string;
  /** Where it may be saved ([BP2], [BP3]): relative, `/` between levels. */
  readonly safePath: string;
  readonly size: number;
  readonly mime: string;
  /** Milliseconds since 1970, 0 when unknown. */
  readonly modified: number;
  readonly state: SendFileState | ReceiveFileState;
  /** 64 hex digits once the receiver has verified the file on its disk, else null. */
  readonly root: string | null;
  /** Where the bytes lie when they came in a pack ([TR16]): a part of another file of the store. */
  readonly place?: Place;
  /** It was delivered before, and no byte of it went ([TR18]). */
  readonly alreadyThere?: true;
  /** Why it failed, once it did. */
  readonly reason?: FailureReason;
  /** A person here paused this very file. */
  readonly paused?: true;
  /** How many versions of it there were before ([TR19]); absent for the first. */
  readonly version?: number;
}

export interface Place {
  /** The id under which the `SinkStore` has it. */
  readonly fileId: number;
  /** Bytes. */
  readonly offset: number;
}

/** As it is written down: with what opens a locked transfer, which no snapshot has ([PW8]). */
export type StoredHead = TransferHead & {
  readonly lock?: SendLockRecord | ReceiveLockRecord;
};

export interface StoredTransfer {
  readonly head: StoredHead;
  readonly files: readonly StoredFile[];
}

export interface FileSnapshot {
  readonly fileId: number;
  /** Safe to show and to save under. */
  readonly path: string;
  readonly size: number;
  readonly doneBytes: number;
  readonly state: SendFileState | ReceiveFileState;
  readonly reason?: FailureReason;
  /** What it waits for, while a sender's person is needed. */
  readonly needs?: NeedsSender;
  /** Whose pause it is, while it is paused by itself. */
  readonly pausedBy?: Party | 'both';
  readonly alreadyThere?: true;
}

/** What a view sees of a transfer. No key, no content. */
export type TransferSnapshot = TransferHead & {
  /**
   * The first `SNAPSHOT_FILES` files that are not done, or, when all are, the first of all; of what
   * is over at most `HISTORY_FILES`.
   */
  readonly files: readonly FileSnapshot[];
  /** Its own, or else the first file's path, safe to show, whichever files are listed. */
  readonly title?: string;
  /** Files that were there already ([TR18]); absent for none. */
  readonly alreadyThere?: number;
  /** [PW1] It asks for a password, or asked for one. */
  readonly lock?: LockView;
};
