/** What `SignalingClient` answers and tells. */
import type { RelayEvent } from './events.ts';
import type { RelayData } from './schemas.ts';

export type SignalingStatus =
  /** Not connected, and not trying: before `connect` and after `close`. */
  | { readonly state: 'closed' }
  | { readonly state: 'connecting' }
  /** Could not connect, the connection broke, or the server ended it. `connect` tries again. */
  | { readonly state: 'failed'; readonly how: 'lost' | 'ended' }
  | { readonly state: 'online'; readonly socketId: string }
  /** The server speaks another version, and was left. */
  | { readonly state: 'incompatible'; readonly version: number };

/** A relayed message. `from` is a socket id and proves nothing about who sent it. */
export interface SignalingMessage {
  readonly event: RelayEvent;
  readonly roomId: string;
  readonly from: string;
  readonly data: RelayData;
}

export interface CreatedNameplate {
  /** Decimal digits, at least five. */
  readonly nameplate: string;
  /** `n` + nameplate. */
  readonly roomId: string;
  readonly expiresInMs: number;
}

export interface JoinedNameplate {
  readonly roomId: string;
  /** The creator's nonce, 16 bytes in base64. */
  readonly nonceC: string;
}

/** STUN and TURN servers of the signaling server, with credentials of limited time ([SV15]). */
export interface TurnCredentials {
  readonly stun: readonly string[];
  readonly turn: readonly {
    readonly url: string;
    readonly username: string;
    readonly credential: string;
  }[];
  readonly expiresInMs: number;
}
