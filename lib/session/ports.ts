/**
 * What sessions need from outside, as small as a test can fake: a way to signal, a way to make peer
 * connections, the device's identity, the pairs it knows, and time.
 */
import type { Direction } from '../crypto/direction.ts';
import type { DhKey } from '../crypto/keys.ts';
import type { NatProfile } from '../ice/nat.ts';
import type { ConnectionPath } from '../ice/path.ts';
import type { Rung } from '../ice/strategy.ts';
import type { PairSlot, RoomOwner } from '../devices/slots.ts';
import type { RelayEvent } from '../signaling/events.ts';
import type { SignalingEnvelope } from '../signaling/schemas.ts';

export type { PairSlot, RoomOwner } from '../devices/slots.ts';

export type Cancel = () => void;

export interface Clock {
  /** Wall clock, ms since 1970. People change it: never measure with it. */
  now(): number;
  /** Milliseconds that only grow, from any start. */
  monotonic(): number;
  /** Calls `task` once after `ms`, unless cancelled before. */
  schedule(ms: number, task: () => void): Cancel;
}

/** A socket, as seen from a room that it shares with ours ([SV8]). */
export interface SocketAddress {
  readonly roomId: string;
  readonly target: string;
}

/**
 * Outgoing signaling. Calls are carried out in the order they are made; each promise settles with
 * the server's acknowledgement and rejects with a `TallowError` whose `code` is one of
 * `SignalingErrorCode` (or anything else, which counts as the server being away).
 */
export interface SignalPort {
  /** @throws `target-offline` if the socket is not in that room any more. */
  send(to: SocketAddress, event: RelayEvent, data: string | SignalingEnvelope): Promise<void>;
  /** Also enters room `n` + nameplate. `nonceC` is 16 bytes in base64 ([SV9]). */
  createNameplate(nonceC: string): Promise<{ nameplate: string; expiresInMs: number }>;
  /** Enters room `n` + nameplate; its creator arrives through `peerJoined` ([SV11]). */
  joinNameplate(nameplate: string): Promise<{ nonceC: string }>;
  /** The creator's: nobody can join with it any more, but who is in its room stays ([PR9]). */
  endNameplate(nameplate: string): Promise<void>;
  /** Either side is done with the nameplate: the creator ends it, both leave its room. */
  releaseNameplate(nameplate: string): Promise<void>;
}

/** `addIceCandidate`'s fields, as they travel sealed ([CS5]). */
export interface LinkCandidate {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
}

export type LinkState = 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

/** What a completed handshake gives to the peer connection it travelled for. */
export interface SecuredSession {
  /** Equal on both sides: the hex of the session's first `pcId`. */
  readonly sessionId: string;
  /** The peer. */
  readonly deviceId: string;
  /** The direction this side sends in. */
  readonly role: Direction;
  readonly pcId: Uint8Array;
  /** Copies, 32 bytes each, for the link to hand on and wipe: [KS2]. */
  readonly keys: {
    readonly bind: Uint8Array;
    readonly control: Uint8Array;
    readonly fileRoot: Uint8Array;
    readonly media: Uint8Array;
  };
}

/**
 * One peer connection. Its SDPs hold no candidates ([IC1]). Rejections of its methods end the
 * handshake or session that uses it; calls that describe it are made one at a time.
 */
export interface Link {
  readonly pcId: Uint8Array;
  /** Offerer only, once: the SDP to send, without waiting for candidates. */
  offer(): Promise<string>;
  /**
   * The answer to the first offer, and to each restart that the peer asks for; an unanswered
   * restart of our own is given up by it. Rejects a restart that is not one of the same connection:
   * other fingerprints, other media ([IC6]).
   */
  answer(offerSdp: string): Promise<string>;
  /** To the first offer, and to each restart of our own. Rejects as `answer` does. */
  acceptAnswer(sdp: string): Promise<void>;
  /** An offer with new ICE credentials; DTLS and the channels stay as they are ([IC6]). */
  restart(rung: Rung): Promise<string>;
  /** Called only after the remote description is set; null = no more of them. */
  addCandidate(candidate: LinkCandidate | null): Promise<void>;
  /** The way it goes at the moment; undefined while there is none. */
  path(): Promise<ConnectionPath | undefined>;
  /**
   * The peer is authenticated. Before this the link accepts nothing on its channels; afterwards it
   * binds each one to the session ([BD2]) and hands it on. Called exactly once, or never.
   */
  secure(session: SecuredSession): void;
  /** Idempotent; no callback afterwards. */
  close(): void;
}

export interface LinkOptions {
  readonly pcId: Uint8Array;
  readonly sessionId: string;
  readonly offerer: boolean;
  /** What the peer is behind, where it is known beforehand. */
  readonly remoteNat?: NatProfile;
  readonly onCandidate: (candidate: LinkCandidate | null) => void;
  readonly onState: (state: LinkState) => void;
}

/** What decides which ways are tried ([IC3]). Read anew for each connection and restart. */
export interface LinkProfile {
  readonly nat: NatProfile;
  /** [IC5] */
  readonly privacy: boolean;
  /** Whether a relay is known. */
  readonly relays: boolean;
}

export interface LinkFactory {
  create(options: LinkOptions): Link;
  profile(): LinkProfile;
}

export interface IdentityPort {
  /** The device's one static X25519 key ([PR11], [ID1]). */
  staticKey(): Promise<DhKey>;
  /** The name this device introduces itself with, at most 64 characters. */
  deviceName(): Promise<string>;
}

export interface PairSecrets {
  /** 32 bytes, a copy that the caller wipes. */
  readonly pskRoot: Uint8Array;
  /** The peer's static public key, 32 bytes. */
  readonly remoteStatic: Uint8Array;
}

export interface NewPair extends PairSecrets {
  readonly deviceId: string;
  /** The peer's own name for itself, already safe to display. */
  readonly name: string;
  readonly checkWords: readonly string[];
}

/** Secrets of the paired devices; only the offscreen document implements it over real ones ([ST2]). */
export interface PairStore {
  secrets(deviceId: string, slot: PairSlot): Promise<PairSecrets | undefined>;
  /** Must leave a `paired` record of the same device alone ([PR13]). Copies what it is given. */
  savePending(pair: NewPair): Promise<void>;
  /** Pending becomes paired and replaces an older record; harmless when nothing is pending. */
  confirm(deviceId: string): Promise<void>;
  /** `pending`: a pairing was taken back. `all`: the device is removed ([RM1]). */
  discard(deviceId: string, what: 'pending' | 'all'): Promise<void>;
}

/** Which pair meets in a rendezvous room; answers from memory (`DeviceRegistry.rooms`). */
export interface RoomDirectory {
  ownerOf(roomId: string): RoomOwner | undefined;
}

/** Cryptographic randomness; replaced in tests that need the same bytes again. */
export type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>;
