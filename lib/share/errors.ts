import { TallowError } from '../errors/index.ts';

/** A peer's breach of docs/PROTOCOL.md §7: the session it came over ends with this code ([BP1]). */
export class ShareError extends TallowError<'out-of-state' | 'over-limit'> {}

/** Thrown at the caller of the book for a request that cannot be. */
export class ShareRequestError extends TallowError<
  'unknown-share' | 'duplicate-share' | 'too-many-shares' | 'device-unknown'
> {}
