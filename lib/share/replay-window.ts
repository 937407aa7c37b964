/** Which counters were taken already: [SF8], as the windows of IPsec and SRTP (RFC 3711 §3.3.2). */
export const REPLAY_WINDOW = 1024;

const WORD_BITS = 32;

/** Counters of one key. Below the window everything counts as taken. */
export class ReplayWindow {
  /** Bit `ctr mod 1024` says whether `ctr` was taken, for the 1,024 counters up to the highest. */
  readonly #bits = new Uint32Array(REPLAY_WINDOW / WORD_BITS);
  #highest = -1;

  /** Whether it may still be taken. Asked before the frame is opened, to save the work. */
  isFree(ctr: number): boolean {
    if (ctr > this.#highest) return true;
    if (ctr <= this.#highest - REPLAY_WINDOW) return false;
    return !this.#taken(ctr);
  }

  /** Only for an authentic frame. `false`: it came before, or is too old to tell. */
  take(ctr: number): boolean {
    if (!this.isFree(ctr)) return false;
    if (ctr > this.#highest) {
      // What the window leaves behind must read as free in its next round.
      if (ctr - this.#highest >= REPLAY_WINDOW) this.#bits.fill(0);
      else for (let passed = this.#highest + 1; passed < ctr; passed++) this.#set(passed, false);
      this.#highest = ctr;
    }
    this.#set(ctr, true);
    return true;
  }

  #taken(ctr: number): boolean {
    const bit = ctr % REPLAY_WINDOW;
    return (((this.#bits[Math.floor(bit / WORD_BITS)] ?? 0) >>> (bit % WORD_BITS)) & 1) === 1;
  }

  #set(ctr: number, taken: boolean): void {
    const bit = ctr % REPLAY_WINDOW;
    const word = Math.floor(bit / WORD_BITS);
    const mask = 1 << (bit % WORD_BITS);
    const old = this.#bits[word] ?? 0;
    this.#bits[word] = taken ? old | mask : old & ~mask;
  }
}
