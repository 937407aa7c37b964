/** Milliseconds from any start. */
interface Clock {
  now(): number;
}

/** At most so many in any stretch of `windowMs`. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #windowMs: number;
  /** When each of those that still count was taken, oldest first. */
  #taken: number[] = [];

  constructor(clock: Clock, limit: number, windowMs: number) {
    this.#clock = clock;
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Takes one; false, and nothing taken, when there is none left. */
  take(): boolean {
    if (this.wait() > 0) return false;
    this.#taken.push(this.#clock.now());
    return true;
  }

  /** Milliseconds until there is one; 0 when there is. */
  wait(): number {
    const now = this.#clock.now();
    // The wall clock may be set back: what lies in the future would count for far too long.
    this.#taken = this.#taken.filter((at) => at <= now && now - at < this.#windowMs);
    const first = this.#taken[this.#taken.length - this.#limit];
    return first === undefined ? 0 : first + this.#windowMs - now;
  }
}
