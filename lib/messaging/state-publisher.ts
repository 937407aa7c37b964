import type { OffscreenState } from './background-calls.ts';

/** Progress is told at most four times a second. */
const INTERVAL_MS = 250;

/**
 * Tells this document's state to background: the latest only, one at a time, progress no more often
 * than every `INTERVAL_MS`, what a person waits for at once.
 */
export class StatePublisher {
  readonly #state: () => OffscreenState;
  readonly #tell: (state: OffscreenState) => Promise<unknown>;
  #telling: Promise<void> | undefined;
  #again = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #toldAt = -Infinity;

  constructor(state: () => OffscreenState, tell: (state: OffscreenState) => Promise<unknown>) {
    this.#state = state;
    this.#tell = tell;
  }

  /** Progress: soon is enough. */
  changed(): void {
    const wait = this.#toldAt + INTERVAL_MS - performance.now();
    if (wait <= 0) void this.now();
    else this.#timer ??= setTimeout(() => void this.now(), wait);
  }

  /** Resolves when background has this state or a later one, or cannot be told. */
  now(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#again = true;
    this.#telling ??= this.#run().finally(() => {
      this.#telling = undefined;
    });
    return this.#telling;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      this.#toldAt = performance.now();
      // Background may be dying or starting: its next start asks for the whole state by itself.
      await this.#tell(this.#state()).catch(() => {});
    }
  }
}
