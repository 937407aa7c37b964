import { expect, it } from 'vitest';
import { clockAge, clockCode, clockPage } from '../../../bench/clock.ts';

const NOW = 1_800_000_000_123;
const ROUND = 2 ** 24;

it('reads how old a picture is from its row of blocks', () => {
  for (const age of [0, 1, 33, 250, 9_999]) {
    expect(clockAge(clockCode(NOW - age), NOW)).toBe(age);
  }
});

it('goes on where the bits of the time begin anew', () => {
  const drawn = Math.ceil(NOW / ROUND) * ROUND - 20;
  expect(clockAge(clockCode(drawn), drawn + 50)).toBe(50);
});

it('takes no row for a time in which one block was read wrong', () => {
  const code = clockCode(NOW);
  for (let bit = 0; bit < 29; bit += 1) {
    const wrong = Math.floor(code / 2 ** bit) % 2 === 1 ? code - 2 ** bit : code + 2 ** bit;
    expect(clockAge(wrong, NOW), `block ${bit}`).toBeNull();
  }
});

it('takes a black or white picture for none, and one of long ago', () => {
  expect(clockAge(0, 0)).toBeNull();
  expect(clockAge(2 ** 29 - 1, NOW)).toBeNull();
  expect(clockAge(clockCode(NOW - 60_000), NOW)).toBeNull();
});

it('brings its page all it needs', () => {
  expect(clockPage('A clock')).toContain('const clockCode = function clockCode(ms)');
});
