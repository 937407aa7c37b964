/** A speed that a person can follow: over the last seconds, not since the start, nor of one chunk. */

/** How far back it looks, ms. */
const WINDOW_MS = 5_000;
/** Before this it says more about the start than about the line, ms. */
const LEAST_MS = 500;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** Of one transfer; times are milliseconds that only grow. */
export class Speed {
  #samples: Sample[] = [];

  /** Bytes that are done by now; fewer than before (a file began anew) starts the measuring anew. */
  add(at: number, bytes: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && bytes < last.bytes) this.#samples = [];
    this.#samples.push({ at, bytes });
    // One from before the window stays: the window begins at it.
    while ((this.#samples[1]?.at ?? at) <= at - WINDOW_MS) this.#samples.shift();
  }

  /** Bytes a second, null before it can be told. Falls while nothing comes. */
  at(now: number): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || now - first.at < LEAST_MS) return null;
    return ((last.bytes - first.bytes) * 1000) / (now - first.at);
  }
}
