import type { Clock } from '../../../lib/session/ports.ts';

/** Time that passes only when a test says so. Timers run in order of their moment. */
export class FakeClock implements Clock {
  #monotonic = 0;
  #wall: number;
  #next = 0;
  readonly #timers = new Map<number, { at: number; task: () => void }>();

  constructor(wall = Date.UTC(2026, 10, 21, 12)) {
    this.#wall = wall;
  }

  now = (): number => this.#wall;
  monotonic = (): number => this.#monotonic;

  schedule = (ms: number, task: () => void): (() => void) => {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#monotonic + ms, task });
    return () => this.#timers.delete(id);
  };

  get timers(): number {
    return this.#timers.size;
  }

  /** `between` runs after each timer, so that what it set in motion finishes first. */
  async advance(ms: number, between: () => Promise<void>): Promise<void> {
    const end = this.#monotonic + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end);
      due.sort(([, a], [, b]) => a.at - b.at);
      const [first] = due;
      if (first === undefined) break;
      const [id, { at, task }] = first;
      this.#timers.delete(id);
      this.#move(Math.max(at, this.#monotonic));
      task();
      await between();
    }
    this.#move(end);
  }

  /** The person, or NTP, sets the clock. */
  setWall(now: number): void {
    this.#wall = now;
  }

  #move(to: number): void {
    this.#wall += to - this.#monotonic;
    this.#monotonic = to;
  }
}
