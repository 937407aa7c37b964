import { TallowError } from '../errors/index.ts';

/**
 * Every reason the server gives for not doing what it was asked ([SV2]). Closed: clients switch over
 * it.
 */
export const REFUSAL_CODES = [
  /** Arguments of the wrong shape. */
  'bad-request',
  /** `data` is longer than `MAX_DATA_CHARS`. */
  'too-large',
  /** Too many requests or bytes from this socket, or too many nameplates from this address. */
  'rate-limited',
  /** All seats of the room are taken. */
  'room-full',
  /** This socket is in `ROOMS_PER_SOCKET` rooms. */
  'too-many-rooms',
  /** The sender is not in the room it names. */
  'not-in-room',
  /** The target is not connected, or not in the named room. */
  'target-offline',
  /** No such nameplate: never given, given up unused, long ended, or not this socket's to release. */
  'nameplate-unknown',
  /** Its ten minutes ended lately, unused. */
  'nameplate-expired',
  /** It was joined, and ended lately. */
  'nameplate-used',
  /** Someone else has joined this nameplate before. */
  'nameplate-taken',
  /** This socket has `NAMEPLATES_PER_SOCKET` live ones. */
  'too-many-nameplates',
  /** Too many wrong nameplates from this address. */
  'too-many-guesses',
  /** The server is at its capacity, is shutting down, or could not do it. */
  'unavailable',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** What the server can refuse, and what can go wrong on the way to it. */
export type SignalingErrorCode =
  | RefusalCode
  /** Not connected: nothing was sent. */
  | 'offline'
  /** No acknowledgement within `ACK_TIMEOUT_MS`; the request may or may not have been carried out. */
  | 'timeout'
  /** The server's answer has the wrong shape. */
  | 'invalid-reply';

export class SignalingError extends TallowError<SignalingErrorCode> {}
