/** CPU seconds of browsers between two moments that are only known afterwards. */
import type { ExtensionBrowser } from '../tests/support/browser.ts';
import { cpuSecondsOf, processTree, rootProcess } from '../tests/support/processes.ts';

const SAMPLE_MS = 40;
/** Looking for processes that are new costs more than reading what the known ones have used. */
const SAMPLES_PER_LOOK = 25;

interface Sample {
  readonly at: number;
  /** CPU seconds so far, by browser. */
  readonly used: readonly number[];
}

export class CpuMeter {
  readonly #roots: readonly number[];
  readonly #samples: Sample[] = [];
  readonly #timer: NodeJS.Timeout;
  #trees: readonly (readonly number[])[] = [];

  constructor(browsers: readonly ExtensionBrowser[]) {
    this.#roots = browsers.map(rootProcess);
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** By browser, between two moments in milliseconds since 1970; ends it. */
  between(from: number, to: number): number[] {
    clearInterval(this.#timer);
    this.#sample();
    return this.#roots.map((_, which) => this.#usedAt(to, which) - this.#usedAt(from, which));
  }

  #sample(): void {
    if (this.#samples.length % SAMPLES_PER_LOOK === 0) this.#trees = this.#roots.map(processTree);
    this.#samples.push({ at: Date.now(), used: this.#trees.map(cpuSecondsOf) });
  }

  #usedAt(time: number, which: number): number {
    // The first sample may be of the very same millisecond.
    const next = this.#samples.findIndex(({ at }, index) => index > 0 && at >= time);
    const [before, after] = [this.#samples[next - 1], this.#samples[next]];
    if (before === undefined || after === undefined)
      throw new Error('outside of what was measured');
    const part = (time - before.at) / (after.at - before.at);
    const [low = Number.NaN, high = Number.NaN] = [before.used[which], after.used[which]];
    return low + part * (high - low);
  }
}
