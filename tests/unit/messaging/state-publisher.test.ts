import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { OffscreenState } from '../../../lib/messaging/background-calls.ts';
import { StatePublisher } from '../../../lib/messaging/state-publisher.ts';

let count: number;
let told: number[];
let answer: () => Promise<unknown>;
let publisher: StatePublisher;

beforeEach(() => {
  vi.useFakeTimers();
  count = 0;
  told = [];
  answer = async () => {};
  publisher = new StatePublisher(
    () => ({ count }) as unknown as OffscreenState,
    async (state) => {
      told.push((state as unknown as { count: number }).count);
      await answer();
    },
  );
});
afterEach(() => {
  vi.useRealTimers();
});

const change = (how: 'changed' | 'now') => {
  count += 1;
  return publisher[how]();
};

it('tells the first change at once and progress at most four times a second, the latest only', async () => {
  for (let at = 0; at < 990; at += 10) {
    void change('changed');
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(told).toHaveLength(4);
  expect(told[0]).toBe(1);
  await vi.advanceTimersByTimeAsync(250);
  expect(told.at(-1)).toBe(99);
});

it('tells at once what a person waits for, progress or not', async () => {
  void change('changed');
  await vi.advanceTimersByTimeAsync(1);
  void change('changed');
  await change('now');
  expect(told).toEqual([1, 3]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(told).toEqual([1, 3]);
});

it('one at a time: what changes meanwhile is told afterwards, before the wait ends', async () => {
  let finish = () => {};
  answer = () => new Promise<void>((resolve) => (finish = resolve));
  const first = change('now');
  const second = change('now');
  expect(told).toEqual([1]);
  answer = async () => {};
  finish();
  await Promise.all([first, second]);
  expect(told).toEqual([1, 2]);
});

it('goes on after background could not be told', async () => {
  answer = () => Promise.reject(new Error('it died'));
  await change('now');
  answer = async () => {};
  await change('now');
  expect(told).toEqual([1, 2]);
});
