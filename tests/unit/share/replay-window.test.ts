import { describe, expect, it } from 'vitest';
import { ReplayWindow, REPLAY_WINDOW } from '../../../lib/share/replay-window.ts';
import { Mutator } from '../../fuzz/mutate.ts';

function takenUpTo(...ctrs: number[]): ReplayWindow {
  const window = new ReplayWindow();
  for (const ctr of ctrs) window.take(ctr);
  return window;
}

describe('the replay window', () => {
  it('[SF8] takes each counter once, in any order', () => {
    const window = new ReplayWindow();
    for (const ctr of [0, 2, 1, 5, 3, 4]) expect(window.take(ctr)).toBe(true);
    for (const ctr of [0, 1, 2, 3, 4, 5]) expect(window.take(ctr)).toBe(false);
  });

  it('[SF8] reaches 1,024 counters back, and not one more', () => {
    const window = takenUpTo(5_000);
    expect(window.isFree(5_000 - REPLAY_WINDOW)).toBe(false);
    expect(window.take(5_000 - REPLAY_WINDOW)).toBe(false);
    expect(window.isFree(5_000 - REPLAY_WINDOW + 1)).toBe(true);
    expect(window.take(5_000 - REPLAY_WINDOW + 1)).toBe(true);
    expect(window.take(5_000 - REPLAY_WINDOW + 1)).toBe(false);
  });

  it('[SF8] changes nothing when it is only asked', () => {
    const window = takenUpTo(10);
    expect(window.isFree(90_000)).toBe(true);
    expect(window.take(9)).toBe(true);
  });

  it.each([1, 31, 32, 33, 1_023, 1_024, 1_025, 40_000])(
    '[SF8] forgets what it leaves behind after a step of %i',
    (step) => {
      const window = takenUpTo(0, 1, 2, 3);
      expect(window.take(3 + step)).toBe(true);
      for (let ctr = 4; ctr < 3 + step; ctr++) {
        expect(window.take(ctr)).toBe(ctr > 3 + step - REPLAY_WINDOW);
      }
    },
  );

  it.each([1, 2, 3, 4])('[SF8] agrees with a list of all that was taken (seed %i)', (seed) => {
    const random = new Mutator(seed);
    const window = new ReplayWindow();
    const taken = new Set<number>();
    let highest = -1;
    for (let i = 0; i < 20_000; i++) {
      const far = random.int(200) === 0 ? 3_000 : 40;
      const ctr = Math.max(0, highest + random.int(far) - random.int(random.int(9) ? 30 : 1_400));
      const free = ctr > highest - REPLAY_WINDOW && !taken.has(ctr);
      expect(window.isFree(ctr)).toBe(free);
      expect(window.take(ctr)).toBe(free);
      if (free) taken.add(ctr);
      highest = Math.max(highest, free ? ctr : -1);
    }
    expect(taken.size).toBeGreaterThan(2_000);
  });
});
