import type { DeclineReason, TextKind, TransferKind } from '../protocol/kinds.ts';
import type { ByteChannel } from '../protocol/byte-channel.ts';
import type { ShareMessage } from '../protocol/messages.ts';
import type { LaneTask } from './lane-desk.ts';
import type {
  Clock,
  FileRef,
  Ledger,
  RandomBytes,
  SinkStore,
  Source,
  SourceStore,
  TransferStore,
} from './ports.ts';
import type { TransferSnapshot } from './records.ts';

/** What the engine tells its owner. Plain data: it can be posted to another context as it is. */
export type EngineEvent =
  /** State changes at once; progress at most `PROGRESS_PER_SECOND` times a second a transfer. */
  | { readonly type: 'transfer-changed'; readonly snapshot: TransferSnapshot }
  | { readonly type: 'transfer-removed'; readonly transferId: string }
  /** An offer that is written down and waits for `decide` ([TR12]). Told again after a restart. */
  | {
      readonly type: 'offer-received';
      readonly transferId: string;
      readonly deviceId: string;
      readonly kind: TransferKind;
      readonly count: number;
      readonly totalBytes: number;
      /** The first few, safe to show. */
      readonly names: readonly string[];
      /** The sender's words, safe to show. */
      readonly note: string | null;
      readonly expiresAt: number;
      /** A password is asked for: no rule may accept it ([PW1]). */
      readonly locked?: true;
      /** Files that this device delivered before ([TR18]), and where each was saved then. */
      readonly known: readonly { readonly fileId: number; readonly saved: FileRef }[];
    }
  /** The receiver's person asks for what failed ([TR20]): `retry` it under a fresh id. */
  | { readonly type: 'retry-asked'; readonly transferId: string; readonly deviceId: string }
  /** Verified on disk and waiting to be saved. Told again after a restart until `markSaved`. */
  | {
      readonly type: 'file-stored';
      readonly transferId: string;
      readonly deviceId: string;
      readonly kind: TransferKind;
      readonly fileId: number;
      readonly safePath: string;
      readonly mime: string;
      readonly size: number;
      /** Where the `SinkStore` holds the bytes: `size` of them from `offset` on. */
      readonly sinkRef: FileRef & { readonly offset: number };
    }
  /** The content of a `text`, `link` or `page`, instead of `file-stored`; `markSaved(id, 0)` ends it. */
  | {
      readonly type: 'text-received';
      readonly transferId: string;
      readonly deviceId: string;
      readonly kind: TextKind;
      readonly text: string;
    }
  /** Something waits for a session with this device: bring one up and `attachSession`. */
  | { readonly type: 'need-session'; readonly deviceId: string }
  /** The session is detached and must be closed. `code` is of `SessionErrorCode`. */
  | {
      readonly type: 'session-error';
      readonly sessionId: string;
      readonly deviceId: string;
      readonly code: SessionErrorCode;
    }
  /** The peer removed us ([RM1]); the session is detached and must be closed. */
  | { readonly type: 'removed-by-peer'; readonly sessionId: string; readonly deviceId: string }
  /** The document is to do something for one of the session's further lanes ([LN1]). */
  | { readonly type: 'lane-task'; readonly sessionId: string; readonly task: LaneTask }
  /** Told before anything else of the session, and after its last word, whatever its end was. */
  | { readonly type: 'session-attached'; readonly sessionId: string; readonly deviceId: string }
  | { readonly type: 'session-detached'; readonly sessionId: string }
  /** From the peer, for whoever keeps the shares ([SH1]); answered with `Engine.postShare`. */
  | { readonly type: 'share-message'; readonly sessionId: string; readonly message: ShareMessage }
  /** Lanes of a session that are up, `lane-0` included: another number than before. */
  | { readonly type: 'lanes'; readonly sessionId: string; readonly count: number }
  /** The receiver's first chunk of a transfer. */
  | { readonly type: 'first-byte'; readonly transferId: string; readonly at: number };

/** Why the engine ends a session. All but the last four are the peer's breach of docs/PROTOCOL.md. */
export type SessionErrorCode =
  | 'bad-message'
  | 'bad-frame'
  | 'bad-seal'
  | 'out-of-state'
  | 'unknown-transfer'
  | 'unknown-file'
  | 'unknown-tag'
  | 'unknown-chunk'
  | 'wrong-length'
  | 'wrong-tag'
  | 'wrong-proof'
  | 'over-credit'
  | 'over-limit'
  | 'bad-manifest'
  | 'bad-leaves'
  | 'peer-error'
  | 'channel-closed'
  | 'message-size'
  | 'internal';

export interface SessionOptions {
  readonly sessionId: string;
  readonly deviceId: string;
  /** The direction in which this side sends, by Noise role: the initiator sends `i2r`. */
  readonly role: 'i2r' | 'r2i';
  /** 32 bytes each; copied, the copies wiped when the session is detached. */
  readonly keys: { readonly control: Uint8Array; readonly fileRoot: Uint8Array };
  /** 16 bytes: the id of the peer connection that carries `control`. */
  readonly pcId: Uint8Array;
  readonly control: ByteChannel;
  /** Of the same connection as `control`, at least one: the loss of one is the session's. */
  readonly lanes: readonly ByteChannel[];
  /** So many lanes in all, whatever they bring: for measurements. */
  readonly fixedLanes?: number;
}

export interface SendItem {
  /** Relative, `/` between levels; made fit for the wire by the engine. */
  readonly path: string;
  readonly mime: string;
  /** Milliseconds since 1970, 0 when unknown. */
  readonly modified: number;
  readonly source: Source;
}

export interface SendRequest {
  /** 32 hex digits, fresh. */
  readonly transferId: string;
  readonly kind: TransferKind;
  readonly note?: string;
  /** What views call it, where its file's name says nothing; never told to the peer. */
  readonly title?: string;
  readonly items: readonly SendItem[];
  /** It asks for a password ([PW1]): 16 bytes, and the 32 of `stretchPassword`. */
  readonly lock?: { readonly salt: Uint8Array; readonly secret: Uint8Array };
  /** Sends the bytes even where the device has them from an earlier time ([TR18]). */
  readonly force?: boolean;
}

export type Decision =
  | {
      readonly type: 'accept';
      /** Of `known` of the offer, the files that are still where they were saved: not sent again. */
      readonly alreadyHere?: readonly number[];
    }
  | { readonly type: 'decline'; readonly reason: DeclineReason };

export interface EngineDeps {
  readonly store: TransferStore;
  readonly sinks: SinkStore;
  readonly sources: SourceStore;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly onEvent: (event: EngineEvent) => void;
}
