import { TallowError } from '../errors/index.ts';

/** Why there is no session, or no longer one. Closed: views make sentences of it. */
export type SessionErrorCode =
  /** No socket of that device is in a room that we share. */
  | 'peer-offline'
  /** The peer's socket went away while the handshake ran. */
  | 'peer-left'
  /** The signaling server cannot be reached. */
  | 'server-away'
  /** The handshake took longer than `HANDSHAKE_TIMEOUT_MS`. */
  | 'timeout'
  /** Handshake done, but no path between the devices, or it broke. */
  | 'link-failed'
  /** [IC5] Privacy mode, and no relay is known: nothing could connect. */
  | 'no-relay'
  /** The other end closed the connection or said goodbye. */
  | 'peer-closed'
  /** The other side refused our handshake, without a reason ([EN5]). */
  | 'refused'
  /** Something arrived that breaks the protocol: a bad tag, a wrong length, a message out of turn. */
  | 'bad-peer'
  /** A data channel's proof was wrong: someone sits between the two DTLS ends ([BD4]). */
  | 'binding-failed'
  | 'no-common-version'
  /** We hold no pair secret for that device. */
  | 'not-paired'
  /** A newer session with the same device took over. */
  | 'replaced'
  /** The pair was removed, here or there. */
  | 'removed'
  /** Nothing needed the session for a while. */
  | 'idle'
  /** This side closed it. */
  | 'cancelled';

export class SessionError extends TallowError<SessionErrorCode> {}

/** Why a pairing did not happen. Each one has a sentence of its own in the views. */
export type PairingFailure =
  /** The two devices used different codes. */
  | 'wrong-code'
  /** The code was not used in its ten minutes. */
  | 'code-expired'
  /** The server knows no such nameplate: mistyped, or of long ago. */
  | 'code-unknown'
  /** The code has paired once, or the other device takes nobody else with it. */
  | 'code-used'
  /** Another device has joined with this nameplate. */
  | 'code-taken'
  /** Creator: someone entered a wrong code for this nameplate; the code is burnt ([PR9]). */
  | 'someone-tried'
  /** The code entered is the one that this device shows. */
  | 'own-code'
  /** The peer presented our own static key ([PR14]). */
  | 'own-key'
  | 'server-away'
  /** The server has seen too many wrong nameplates from this address for now. */
  | 'too-many-tries'
  | 'timeout'
  | 'peer-left'
  | 'cancelled'
  | 'bad-peer'
  | 'no-common-version'
  /** A fault on this side: the store or the peer connection failed. */
  | 'internal';

export class PairingError extends TallowError<PairingFailure> {}

/** A message from outside that is not what the protocol says. Never carries a part of it. */
export class MessageError extends TallowError<
  'bad-shape' | 'bad-length' | 'unknown-type' | 'too-large'
> {}
