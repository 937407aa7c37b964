/** Does something again and again, never twice at once; the next beat counts from the last one's end. */
export class Pulse {
  readonly #beat: () => Promise<void>;
  #ms: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #beating = false;

  constructor(beat: () => Promise<void>) {
    this.#beat = beat;
  }

  get running(): boolean {
    return this.#ms !== null;
  }

  /** From now on so often; also while it runs. */
  start(ms: number): void {
    this.#ms = ms;
    if (!this.#beating) this.#wait();
  }

  stop(): void {
    this.#ms = null;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#ms !== null) this.#timer = setTimeout(() => void this.#run(), this.#ms);
  }

  async #run(): Promise<void> {
    this.#beating = true;
    try {
      await this.#beat();
    } finally {
      this.#beating = false;
      this.#wait();
    }
  }
}
