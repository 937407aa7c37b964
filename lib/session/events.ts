/** What sessions and pairing tell the outside; values only, nothing secret. */
import type { PairingFailure, SessionErrorCode } from './errors.ts';
import type { Reach } from './pursuit.ts';

export interface SessionInfo {
  readonly sessionId: string;
  /** The peer. */
  readonly deviceId: string;
}

/** Where the way to one device stands. */
export type DeviceState =
  | { readonly type: 'idle' }
  /** Hellos are out; nothing has come back. */
  | { readonly type: 'rendezvous' }
  | { readonly type: 'handshaking' }
  /** Authenticated; ICE and DTLS run. */
  | { readonly type: 'connecting'; readonly sessionId: string }
  | { readonly type: 'connected'; readonly sessionId: string }
  /** The path is lost or in doubt; the session goes on if one is found in time. */
  | { readonly type: 'restarting'; readonly sessionId: string }
  /** Something wants the connection; nothing can be done until this comes, or its time does. */
  | { readonly type: 'waiting'; readonly for: 'device' | 'server' | 'retry' }
  /** The last attempt or session ended; `connect` may be called again. */
  | { readonly type: 'closed'; readonly reason: SessionErrorCode };

export type SessionEvent =
  | { readonly type: 'state'; readonly deviceId: string; readonly state: DeviceState }
  | { readonly type: 'session-up'; readonly session: SessionInfo }
  | {
      readonly type: 'session-down';
      readonly session: SessionInfo;
      readonly reason: SessionErrorCode;
    }
  /** Its path is lost, or was in doubt; what led elsewhere may be lost too. */
  | { readonly type: 'doubt'; readonly deviceId: string }
  /** For transfers that wait for the device. */
  | { readonly type: 'reach'; readonly deviceId: string; readonly how: Reach }
  /** A pending pair became a real one: by the peer's `paired` or by a reconnection ([PR12]). */
  | { readonly type: 'pair-confirmed'; readonly deviceId: string }
  /** The peer removed us, sealed; the pair's secrets are gone here too ([RM1]). */
  | { readonly type: 'removed-by-peer'; readonly deviceId: string };

export type PairingState =
  | { readonly type: 'idle' }
  // Creator.
  | { readonly type: 'creating' }
  | {
      readonly type: 'showing';
      /** As a person reads it: `12345-word-word-word` or `12345-ABCD1234`. */
      readonly code: string;
      /** `popup.html#pair=<code>`; the page puts the extension's origin in front ([PR1]). */
      readonly link: string;
      /** Wall clock, ms. */
      readonly expiresAt: number;
    }
  // Joiner.
  | { readonly type: 'joining' }
  // Both.
  | { readonly type: 'handshaking' }
  /** The peer is authenticated and named; its own confirmation is on the way. */
  | {
      readonly type: 'confirm-words';
      readonly deviceId: string;
      readonly name: string;
      readonly words: readonly string[];
      readonly remembered: boolean;
    }
  | {
      readonly type: 'paired';
      readonly deviceId: string;
      readonly name: string;
      readonly words: readonly string[];
      /** False: a one-time send, nothing is stored ([PR11]). */
      readonly remembered: boolean;
    }
  | { readonly type: 'failed'; readonly reason: PairingFailure };

export type Listener<Event> = (event: Event) => void;
export type Unsubscribe = () => void;
