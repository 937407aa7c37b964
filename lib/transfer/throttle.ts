import { PROGRESS_PER_SECOND } from './constants.ts';
import type { Clock } from './ports.ts';

/** Lets a task run at once, or at most a few times a second. */
export class Throttle {
  readonly #clock: Clock;
  readonly #task: () => void;
  readonly #interval: number;
  #last = -Infinity;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, task: () => void, perSecond = PROGRESS_PER_SECOND) {
    this.#clock = clock;
    this.#task = task;
    this.#interval = 1000 / perSecond;
  }

  now(): void {
    this.stop();
    this.#last = this.#clock.now();
    this.#task();
  }

  soon(): void {
    const wait = this.#last + this.#interval - this.#clock.now();
    if (wait <= 0) this.now();
    else this.#cancel ??= this.#clock.after(wait, () => this.now());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
