import { expect, it } from 'vitest';
import { estimate, median } from '../../../bench/bootstrap.ts';

it('gives the middle of an odd count, and the mean of the two in the middle of an even one', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow('nothing was measured');
});

it('gives the same interval for the same values, around their median', () => {
  const values = Array.from({ length: 21 }, (_, at) => 1 + ((at * 8) % 21) / 100);
  const first = estimate(values);
  expect(estimate(values)).toEqual(first);
  expect(first.count).toBe(21);
  expect(first.median).toBeCloseTo(1.1);
  expect(first.low).toBeLessThan(first.median);
  expect(first.high).toBeGreaterThan(first.median);
  expect(first.low).toBeGreaterThan(1.0);
  expect(first.high).toBeLessThan(1.2);
});

it('narrows with the count, and knows one value only as itself', () => {
  const values = [0.8, 0.9, 1, 1.1, 1.2];
  const wide = estimate(values);
  const narrow = estimate(Array.from({ length: 20 }, () => values).flat());
  expect(narrow.high - narrow.low).toBeLessThan(wide.high - wide.low);
  expect(estimate([7])).toEqual({ median: 7, low: 7, high: 7, count: 1 });
});

it('covers the true median about as often as it says', () => {
  // Samples from a known distribution: 0..1 evenly, median 0.5; a few seeds in twenty may miss.
  let state = 1;
  const draw = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  let covered = 0;
  for (let trial = 0; trial < 60; trial += 1) {
    const { low, high } = estimate(Array.from({ length: 15 }, draw), trial);
    if (low <= 0.5 && high >= 0.5) covered += 1;
  }
  expect(covered).toBeGreaterThan(60 * 0.85);
});
