import { STALL_MS } from './constants.ts';
import type { Clock } from './ports.ts';

interface StallOwner {
  /** Bytes that left and that the receiver has not said it is done with. */
  outstanding(): number;
  /** Bytes that wait in this side's own queues. */
  queued(): number;
  stalled(): void;
}

/**
 * [TR10] Notices that what left is neither dealt with nor still on its way: a receiver is done with
 * every byte sooner or later, also with those it drops, and says so. Whatever swallowed them, another
 * session asks for what is missing.
 */
export class StallWatch {
  readonly #clock: Clock;
  readonly #owner: StallOwner;
  #cancel: (() => void) | null = null;
  #moved = false;

  constructor(clock: Clock, owner: StallOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /** A chunk left, or the receiver dealt with some. */
  moved(): void {
    this.#moved = true;
    this.#cancel ??= this.#clock.after(STALL_MS, () => this.#look());
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #look(): void {
    this.#cancel = null;
    if (this.#owner.outstanding() <= 0) return;
    if (!this.#moved && this.#owner.queued() === 0) return this.#owner.stalled();
    this.#moved = false;
    this.#cancel = this.#clock.after(STALL_MS, () => this.#look());
  }
}
