import type { Clock } from './ports.ts';

/** At most one thing that is waited for. */
export class Timer {
  readonly #clock: Clock;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get running(): boolean {
    return this.#cancel !== null;
  }

  /** Replaces what was waited for. */
  set(ms: number, task: () => void): void {
    this.clear();
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = null;
      task();
    });
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
