import { describe, expect, it, vi } from 'vitest';
import { WakeWatch } from '../../../lib/session/wake-watch.ts';
import { FakeClock } from './fake-clock.ts';

const settle = async (): Promise<void> => {};

function watched(): { clock: FakeClock; onWake: ReturnType<typeof vi.fn>; watch: WakeWatch } {
  const clock = new FakeClock();
  const onWake = vi.fn();
  const watch = new WakeWatch(clock, onWake);
  watch.needed = true;
  return { clock, onWake, watch };
}

describe('[IC9] sleep and wake, by the clock', () => {
  it('hours in which nothing happens are no sleep', async () => {
    const { clock, onWake } = watched();
    await clock.advance(3 * 3_600_000, settle);
    expect(onWake).not.toHaveBeenCalled();
  });

  it('the monotonic clock stood still while the wall clock went on', async () => {
    const { clock, onWake } = watched();
    await clock.advance(7_000, settle);
    clock.setWall(clock.now() + 60_000);
    await clock.advance(5_000, settle);
    expect(onWake).toHaveBeenCalledTimes(1);
    await clock.advance(60_000, settle);
    expect(onWake).toHaveBeenCalledTimes(1);
  });

  it('the monotonic clock went on while no timer ran', async () => {
    const { clock, onWake } = watched();
    let late = 0;
    const monotonic = clock.monotonic;
    clock.monotonic = () => monotonic() + late;
    await clock.advance(7_000, settle);
    late = 600_000;
    await clock.advance(5_000, settle);
    expect(onWake).toHaveBeenCalledTimes(1);
  });

  it('a tick some seconds late, or a clock set back, is no sleep', async () => {
    const { clock, onWake } = watched();
    clock.setWall(clock.now() + 9_000);
    await clock.advance(5_000, settle);
    clock.setWall(clock.now() - 3_600_000);
    await clock.advance(5_000, settle);
    expect(onWake).not.toHaveBeenCalled();
  });

  it('no timer runs where nothing can be lost', () => {
    const { clock, watch } = watched();
    watch.needed = true;
    expect(clock.timers).toBe(1);
    watch.needed = false;
    expect(clock.timers).toBe(0);
  });
});
