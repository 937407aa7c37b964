import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pulse } from '../../../entrypoints/offscreen/pulse.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('beats on, never twice at once, and the next one waits for the last', async () => {
  let finish = () => {};
  let beats = 0;
  const pulse = new Pulse(() => {
    beats++;
    return new Promise((resolve) => (finish = resolve));
  });
  pulse.start(100);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(beats).toBe(1);
  finish();
  await vi.advanceTimersByTimeAsync(99);
  expect(beats).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(beats).toBe(2);
  finish();
  pulse.stop();
  await vi.advanceTimersByTimeAsync(1_000);
  expect([beats, pulse.running]).toEqual([2, false]);
});

it('takes another rhythm at once, also from within a beat', async () => {
  const at: number[] = [];
  const pulse = new Pulse(async () => {
    at.push(Date.now() - began);
    pulse.start(1_000);
  });
  const began = Date.now();
  pulse.start(10_000);
  pulse.start(200);
  await vi.advanceTimersByTimeAsync(2_500);
  pulse.stop();
  expect(at).toEqual([200, 1_200, 2_200]);
});

it('stopped within a beat it is stopped', async () => {
  let beats = 0;
  const pulse = new Pulse(async () => {
    beats++;
    pulse.stop();
  });
  pulse.start(10);
  await vi.advanceTimersByTimeAsync(100);
  expect(beats).toBe(1);
});
