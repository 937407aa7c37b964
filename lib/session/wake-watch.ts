import type { Cancel, Clock } from './ports.ts';

const TICK_MS = 5_000;
/** A tick may come late by itself: hidden pages' timers are held back, a busy machine is slow. */
const TOLERANCE_MS = 10_000;

/**
 * Notices that the machine slept ([IC9]). Some clocks that only grow stand still meanwhile and some
 * do not, so both are asked: a tick that comes far too late on either tells it. A person who sets
 * the wall clock looks the same; what follows then is harmless.
 */
export class WakeWatch {
  readonly #clock: Clock;
  readonly #onWake: () => void;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, onWake: () => void) {
    this.#clock = clock;
    this.#onWake = onWake;
  }

  /** Watches while there is something to lose; no timer runs otherwise. */
  set needed(needed: boolean) {
    if (needed) {
      if (this.#cancel === undefined) this.#tick();
      return;
    }
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #tick(): void {
    const { now, monotonic } = { now: this.#clock.now(), monotonic: this.#clock.monotonic() };
    this.#cancel = this.#clock.schedule(TICK_MS, () => {
      const late = Math.max(this.#clock.now() - now, this.#clock.monotonic() - monotonic) - TICK_MS;
      this.#tick();
      if (late > TOLERANCE_MS) this.#onWake();
    });
  }
}
