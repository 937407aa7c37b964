import { CryptoError } from '../crypto/errors.ts';

const MAX_KID = 0xffff_ffff;

/**
 * The key ids of one direction of a session: one source for all its shares, tracks, encodings and
 * connections, kept where the session is, so that a worker that starts anew does not begin again.
 *
 * A kid is drawn in the task that announces it ([SF3]): announcements then go up as the kids do,
 * and a receiver needs to remember only the last one. Nonces do not depend on kids: whoever seals
 * draws an `inst` of its own.
 */
export class KidSource {
  #next = 0;

  /** @throws CryptoError `exhausted` after 2^32 of them. */
  next(): number {
    if (this.#next > MAX_KID) throw new CryptoError('exhausted', 'kid');
    return this.#next++;
  }
}
