import { randomInt } from 'node:crypto';
import type { Clock, Random } from './ports.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export const systemRandom: Random = { int: (min, max) => randomInt(min, max) };
