import { beforeEach, expect, it, vi } from 'vitest';
import { SignalQueue } from '../../../entrypoints/background/signal-queue.ts';
import type { OffscreenCall, Presence } from '../../../lib/messaging/offscreen-calls.ts';

let open: boolean;
let passed: OffscreenCall[];
let opened: number;
let clock: number;
let queue: SignalQueue;

beforeEach(() => {
  open = true;
  passed = [];
  opened = 0;
  clock = 0;
  queue = new SignalQueue({
    call: async (call) => {
      if (!open) opened += 1;
      open = true;
      await Promise.resolve();
      passed.push(call);
    },
    callIfOpen: async (call) => {
      await Promise.resolve();
      if (open) passed.push(call);
      return open;
    },
    presence: (): Presence => ({ online: true, socketId: 'me', clockOffset: clock, peers: [] }),
  });
});

const signal = (data: string) => ({ type: 'signal', roomId: 'r', from: 's', data }) as const;
const drained = (count: number) => vi.waitFor(() => expect(passed).toHaveLength(count));

it('passes everything on in order, presence among it', async () => {
  queue.presenceChanged();
  queue.push(signal('1'), true);
  queue.push(signal('2'), true);
  queue.presenceChanged();
  queue.push(signal('3'), true);
  await drained(5);
  expect(passed.map((call) => (call.type === 'signal' ? call.data : call.type))).toEqual([
    'presence',
    '1',
    '2',
    'presence',
    '3',
  ]);
});

it('tells presence once for many changes, as it is when its turn comes', async () => {
  queue.push(signal('1'), true);
  for (let n = 0; n < 10; n += 1) queue.presenceChanged();
  clock = 7;
  await drained(2);
  expect(passed[1]).toMatchObject({ type: 'presence', presence: { clockOffset: 7 } });
});

it('opens the document for a message of a known device only', async () => {
  open = false;
  queue.presenceChanged();
  queue.push(signal('stranger'), false);
  queue.push(signal('friend'), true);
  await drained(1);
  expect(passed).toEqual([signal('friend')]);
  expect(opened).toBe(1);
});

it('goes on after a message that could not be passed on', async () => {
  const failing = new SignalQueue({
    call: (call) =>
      call.type === 'signal' && call.data === 'bad'
        ? Promise.reject(new Error('no document'))
        : Promise.resolve(passed.push(call)),
    callIfOpen: () => Promise.resolve(false),
    presence: () => ({ online: false, socketId: null, clockOffset: 0, peers: [] }),
  });
  failing.push(signal('bad'), true);
  failing.push(signal('good'), true);
  await drained(1);
  expect(passed).toEqual([signal('good')]);
});

it('drops a flood instead of growing without end', async () => {
  for (let n = 0; n < 2000; n += 1) queue.push(signal(`${n}`), true);
  await vi.waitFor(() => expect(passed.length).toBeGreaterThan(500));
  expect(passed.length).toBeLessThanOrEqual(513);
});
