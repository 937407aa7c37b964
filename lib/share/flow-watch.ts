import { STALL_MS } from './constants.ts';

/** Whether a viewer's picture moves on: fed with the count of decoded frames. */
export class FlowWatch {
  #frames: number | null = null;
  #movedAt = 0;

  /** @param at milliseconds that only grow @returns whether frames come */
  look(at: number, frames: number): boolean {
    // Another connection counts from 0 again.
    if (this.#frames === null ? frames > 0 : frames !== this.#frames) {
      this.#frames = frames;
      this.#movedAt = at;
    }
    return this.#frames !== null && this.#frames > 0 && at - this.#movedAt < STALL_MS;
  }
}
