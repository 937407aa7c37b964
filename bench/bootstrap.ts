/** Medians with the interval they are known to, for figures of a machine that does other things too. */

export interface Estimate {
  readonly median: number;
  /** Ends of the 95 % interval. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

const RESAMPLES = 10_000;
const OUTSIDE = 0.05;

/**
 * The median of `values` and its 95 % percentile bootstrap interval (Efron, 1979). Seeded: the same
 * values give the same interval.
 */
export function estimate(values: readonly number[], seed = 1): Estimate {
  const draw = generator(seed);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[Math.floor(draw() * values.length)] ?? Number.NaN)),
  ).sort((a, b) => a - b);
  const at = (part: number) => medians[Math.round(part * (RESAMPLES - 1))] ?? Number.NaN;
  return {
    median: median(values),
    low: at(OUTSIDE / 2),
    high: at(1 - OUTSIDE / 2),
    count: values.length,
  };
}

/** The mean of the two in the middle, where there are two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const [below, above] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  if (below === undefined || above === undefined) throw new Error('nothing was measured');
  return (below + above) / 2;
}

/** mulberry32: numbers in [0, 1) that look random and are the same each time. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
