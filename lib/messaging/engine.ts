import type { Direction } from '../crypto/direction.ts';
import type { TransferKind } from '../protocol/kinds.ts';
import type { ShareMessage } from '../protocol/messages.ts';
import type { Reach } from '../session/pursuit.ts';
import type { Decision, EngineEvent, SendRequest, SessionErrorCode } from '../transfer/events.ts';
import type { LaneNews } from '../transfer/lane-desk.ts';
import type { NeedsYou } from '../transfer/states.ts';
import type { OutboxView } from './snapshot.ts';

/**
 * The offscreen document and the engine's dedicated worker, which only these two can post to: both
 * are one build and one origin, so the types are the check.
 */

/** A data channel, or, where those cannot be transferred, the port it is relayed over. */
export type TransferredChannel = RTCDataChannel | MessagePort;

/** Document → worker. */
export type EngineRequest =
  /** Transfers both channels; they are silent until `secure`. */
  | {
      readonly type: 'channels';
      readonly sessionId: string;
      readonly control: TransferredChannel;
      readonly lane: TransferredChannel;
    }
  /** The peer is authenticated and DTLS is up: bind the channels, then attach the session. */
  | {
      readonly type: 'secure';
      readonly sessionId: string;
      readonly deviceId: string;
      readonly role: Direction;
      readonly pcId: Uint8Array;
      readonly keys: {
        readonly bind: Uint8Array;
        readonly control: Uint8Array;
        readonly fileRoot: Uint8Array;
        readonly media: Uint8Array;
      };
      readonly ownFingerprint: Uint8Array;
      readonly peerFingerprint: Uint8Array;
      readonly maxMessageSize: number;
      /** So many lanes, whatever they bring: for measurements. */
      readonly fixedLanes?: number;
    }
  /** Transfers a further lane's channel; it is silent until `lane-secure`. `pcId` in hex. */
  | {
      readonly type: 'lane-channel';
      readonly sessionId: string;
      readonly pcId: string;
      readonly channel: TransferredChannel;
    }
  /** The lane's DTLS is up: bind the channel ([LN2]). */
  | {
      readonly type: 'lane-secure';
      readonly sessionId: string;
      readonly pcId: string;
      readonly ownFingerprint: Uint8Array;
      readonly peerFingerprint: Uint8Array;
      readonly maxMessageSize: number;
    }
  /** Transfers the channel `bind` of a share's media; it is silent until `media-secure`. */
  | {
      readonly type: 'media-channel';
      readonly sessionId: string;
      readonly pcId: string;
      readonly channel: TransferredChannel;
    }
  /** DTLS of a share's media is up: prove it ([SH4]); `media-bound` or `media-unbound` answers. */
  | {
      readonly type: 'media-secure';
      readonly sessionId: string;
      readonly pcId: string;
      readonly ownFingerprint: Uint8Array;
      readonly peerFingerprint: Uint8Array;
      readonly maxMessageSize: number;
    }
  | { readonly type: 'media-drop'; readonly sessionId: string; readonly pcId: string }
  /** To the worker of frames; transferred. A new one takes the place of the one before. */
  | { readonly type: 'frames-port'; readonly port: MessagePort }
  /** Hand that worker the session's key ([SF2]). */
  | { readonly type: 'media-keys'; readonly sessionId: string }
  /** About a share, over the session's control channel. */
  | { readonly type: 'share-post'; readonly sessionId: string; readonly message: ShareMessage }
  /** [BP1] What came about a share is a breach. */
  | { readonly type: 'share-breach'; readonly sessionId: string; readonly code: SessionErrorCode }
  /** The connection to the device goes another way, or may. */
  | { readonly type: 'path-changed'; readonly deviceId: string }
  | { readonly type: 'lane-news'; readonly sessionId: string; readonly news: LaneNews }
  | { readonly type: 'drop'; readonly sessionId: string; readonly reason: string }
  | {
      readonly type: 'send';
      readonly transferId: string;
      readonly deviceId: string;
      readonly kind: TransferKind;
      readonly note?: string;
      readonly title?: string;
      readonly items: readonly EngineItem[];
      /** Handles of what was picked or dropped, for `EngineItem.original`. */
      readonly roots?: readonly FileSystemHandle[];
      readonly force?: boolean;
      /** It asks for a password ([PW1]). */
      readonly lock?: SendRequest['lock'];
    }
  | { readonly type: 'reach'; readonly deviceId: string; readonly how: Reach }
  | { readonly type: 'decide'; readonly transferId: string; readonly decision: Decision }
  | { readonly type: 'unlock'; readonly transferId: string; readonly password: string }
  | { readonly type: 'cancel'; readonly transferId: string; readonly fileId?: number }
  | { readonly type: 'pause'; readonly transferId: string; readonly fileId?: number }
  | { readonly type: 'resume'; readonly transferId: string; readonly fileId?: number }
  /** `freshId`: the transfer that carries what failed, where this side is the sender. */
  | {
      readonly type: 'retry';
      readonly transferId: string;
      readonly fileId?: number;
      readonly freshId: string;
      readonly force?: boolean;
    }
  | { readonly type: 'sources'; readonly transferId: string }
  /** Files that a person chose again: written down, then as `sources`. */
  | {
      readonly type: 'give';
      readonly transferId: string;
      readonly files: readonly EngineGivenFile[];
      readonly roots: readonly FileSystemHandle[];
    }
  /** The same files to the same device once more, under a fresh id; `taken` or `refused` tells. */
  | { readonly type: 'again'; readonly transferId: string; readonly freshId: string }
  /** What is kept only to be sent again goes: of these transfers, or of all that are over. */
  | { readonly type: 'forget-sources'; readonly transferIds: readonly string[] | null }
  | { readonly type: 'dismiss'; readonly transferId: string }
  | { readonly type: 'remove-device'; readonly deviceId: string }
  | {
      readonly type: 'save';
      readonly transferId: string;
      readonly fileId: number;
      readonly outcome:
        | { readonly type: 'saving' }
        | { readonly type: 'saved' }
        | { readonly type: 'failed'; readonly what: NeedsYou };
    };

export interface EngineItem {
  readonly path: string;
  readonly mime: string;
  /** Milliseconds since 1970, 0 when unknown. */
  readonly modified: number;
  readonly blob: Blob;
  /** Metadata was taken out of `blob`, and is of whatever the original is when it is opened again. */
  readonly strip?: true;
  /** Where it lies in the spool already. */
  readonly copy?: string;
  /** The picked file itself: which of the request's roots, and the names from there down. */
  readonly original?: { readonly root: number; readonly below: readonly string[] };
}

export type EngineGivenFile = Pick<EngineItem, 'blob' | 'modified' | 'strip' | 'original'> & {
  readonly fileId: number;
};

/** Worker → document. */
export type EngineReport =
  | { readonly type: 'started' }
  | { readonly type: 'event'; readonly event: EngineEvent }
  /** The transfer is in the engine, or (`refused`) is not. */
  | { readonly type: 'taken'; readonly transferId: string }
  | { readonly type: 'refused'; readonly transferId: string; readonly code: string }
  /** What is kept of files that wait to be sent. */
  | { readonly type: 'outbox'; readonly outbox: OutboxView }
  /** After `sources` and `give`: what can be read is held, whatever becomes of a permission. */
  | { readonly type: 'opened'; readonly transferId: string }
  /** Files of it would have to be chosen again after a restart. */
  | { readonly type: 'not-kept'; readonly transferId: string }
  /** [BD4]: somebody sits between the two ends of DTLS, or the peer is broken. */
  | { readonly type: 'binding-failed'; readonly sessionId: string }
  /** [SH4] Whether the peer proved to be at the other end of a share's media. */
  | { readonly type: 'media-bound'; readonly sessionId: string; readonly pcId: string }
  | { readonly type: 'media-unbound'; readonly sessionId: string; readonly pcId: string }
  /** Both channels are bound and the session carries transfers. */
  | { readonly type: 'attached'; readonly sessionId: string; readonly deviceId: string };
