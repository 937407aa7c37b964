import type { Clock } from './ports.ts';

/**
 * At most so many in each stretch of `windowMs`. Coarser than `RateLimit`, which remembers when each
 * was taken: this is for what may come sixty times a second.
 */
export class FloodGate {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #windowMs: number;
  #since = -Infinity;
  #count = 0;

  constructor(clock: Clock, limit: number, windowMs: number) {
    this.#clock = clock;
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** False when there were too many. */
  take(): boolean {
    const past = this.#clock.now() - this.#since;
    // A wall clock may be set back.
    if (past >= this.#windowMs || past < 0) {
      this.#since = this.#clock.now();
      this.#count = 0;
    }
    return ++this.#count <= this.#limit;
  }
}
