import { TallowError } from '../errors/index.ts';
import type { SessionErrorCode } from './events.ts';

/**
 * Thrown by a `Source` or a `SourceStore`. `source-changed`: not the bytes it had when it was
 * offered. `needs-permission`, `choose-again`: only a person can make it readable again.
 */
export class SourceError extends TallowError<
  'source-changed' | 'source-unreadable' | 'needs-permission' | 'choose-again'
> {}

/** Thrown by a `Sink` or a `SinkStore`. */
export class SinkError extends TallowError<'no-space' | 'sink-failed'> {}

/** Thrown at the caller of the engine for a request that cannot be. */
export class TransferError extends TallowError<
  | 'unknown-transfer'
  | 'duplicate-transfer'
  | 'bad-request'
  | 'shut-down'
  /** [PW1] It is unlocked with a password first, which must be one, and one at a time. */
  | 'locked'
  | 'bad-password'
  | 'busy'
> {}

/** A peer's breach of the protocol, or the end of its channels: the session ends ([BP1]). */
export class SessionError extends TallowError<SessionErrorCode> {}
