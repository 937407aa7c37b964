import { TallowError } from '../errors/index.ts';

/** Every reason the server gives for not doing what it was asked. Closed: clients switch over it. */
export const REFUSAL_CODES = [
  /** Arguments of the wrong shape. */
  'invalid-request',
  /** `data` is longer than `MAX_DATA_CHARS`. */
  'message-too-large',
  /** Too many requests from this socket, or nameplates or guesses from this address. */
  'rate-limited',
  /** All seats of the room are taken. */
  'room-full',
  /** This socket is in `ROOMS_PER_SOCKET` rooms. */
  'too-many-rooms',
  /** A live socket holds this peerId in this room. */
  'peer-id-taken',
  /** The target is not connected, or does not share the named room with the sender. */
  'target-offline',
  /** No such nameplate: never given, expired, released, or not this socket's to release. */
  'nameplate-unknown',
  /** Someone else has joined this nameplate before. */
  'nameplate-taken',
  /** This socket has `NAMEPLATES_PER_SOCKET` open. */
  'nameplate-limit',
  /** The server is at its capacity, or is shutting down. */
  'server-busy',
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
