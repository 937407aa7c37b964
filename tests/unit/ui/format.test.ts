import { describe, expect, it } from 'vitest';
import {
  formatAgo,
  formatBytes,
  formatCountdown,
  formatMinutesLeft,
  formatMs,
  formatPercent,
  formatPlace,
  formatSpan,
} from '../../../lib/ui/format.ts';

const KIB = 1024;
const MIB = KIB * KIB;

it.each([
  [1, '1st'],
  [2, '2nd'],
  [3, '3rd'],
  [4, '4th'],
  [11, '11th'],
  [12, '12th'],
  [22, '22nd'],
])('formatPlace(%d) is %s', (place, words) => expect(formatPlace(place)).toBe(words));

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [-5, '0 B'],
    [812, '812 B'],
    [1023, '1,023 B'],
    [1024, '1 KiB'],
    [1.44 * MIB, '1.4 MiB'],
    [9.96 * MIB, '10 MiB'],
    [32 * MIB, '32 MiB'],
    [1023.7 * KIB, '1 MiB'],
    [3.25 * KIB * MIB, '3.3 GiB'],
    [5000 * MIB * MIB, '5,000 TiB'],
  ])('%d bytes are %s', (bytes, words) => expect(formatBytes(bytes)).toBe(words));
});

describe('formatAgo', () => {
  const now = Date.UTC(2026, 4, 10, 12);
  it.each([
    [0, 'just now'],
    [-60_000, 'just now'],
    [59_999, 'just now'],
    [60_000, '1 minute ago'],
    [119_999, '1 minute ago'],
    [2 * 3_600_000, '2 hours ago'],
    [86_400_000, 'yesterday'],
    [3 * 604_800_000, '3 weeks ago'],
    [400 * 86_400_000, 'last year'],
  ])('%d ms ago is "%s"', (past, words) => expect(formatAgo(now - past, now)).toBe(words));
});

describe('countdown', () => {
  it.each([
    [600_000, '10:00', '10 minutes'],
    [545_001, '9:06', '10 minutes'],
    [60_000, '1:00', '1 minute'],
    [999, '0:01', '1 minute'],
    [0, '0:00', '0 minutes'],
    [-4000, '0:00', '0 minutes'],
  ])('%d ms left', (left, clock, spoken) => {
    expect(formatCountdown(left)).toBe(clock);
    expect(formatMinutesLeft(left)).toBe(spoken);
  });
});

describe('formatMs', () => {
  it.each([
    [0, '1'],
    [0.4, '1'],
    [1.5, '2'],
    [48.2, '48'],
    [12_345, '12,345'],
  ])('%d', (ms, words) => expect(formatMs(ms)).toBe(words));
});

describe('formatPercent', () => {
  it.each([
    [0, '0'],
    [0.0001, '1'],
    [0.125, '13'],
    [1, '100'],
    [7, '100'],
    [-1, '0'],
  ])('%d', (share, words) => expect(formatPercent(share)).toBe(words));
});

describe('formatSpan', () => {
  it.each([
    [0, '0 s'],
    [140, '0.1 s'],
    [9_940, '9.9 s'],
    [12_400, '12 s'],
    [90_000, '90 s'],
    [99_500, '2 min'],
    [5 * 60_000, '5 min'],
    [99.5 * 60_000, '2 h'],
    [26 * 3_600_000, '26 h'],
  ])('%d', (ms, words) => expect(formatSpan(ms)).toBe(words));
});
