/**
 * Brings something outside in line with what is wanted, one run at a time: a run that was asked for
 * during another comes after it, once, and finds the newest. Runs that overlapped could end in the
 * wrong order, and leave what nobody wants any more.
 */
export class Latest {
  readonly #work: () => Promise<void>;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Resolves when what is wanted now, or later, was brought about. @throws what `work` throws */
  run(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#loop();
    return this.#running;
  }

  async #loop(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        await this.#work();
      }
    } finally {
      // In the same step as the last look at `#again`, or a call in between would be lost.
      this.#running = undefined;
    }
  }
}
