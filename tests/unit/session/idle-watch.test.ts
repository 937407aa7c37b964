import { describe, expect, it, vi } from 'vitest';
import { CONNECTION_IDLE_MS, IdleWatch, OWNER_IDLE_MS } from '../../../lib/session/idle-watch.ts';

function watch() {
  vi.useFakeTimers();
  const state = { busy: false, connected: ['d'] };
  const log: string[] = [];
  const idle = new IdleWatch({
    clock: {
      now: () => Date.now(),
      monotonic: () => Date.now(),
      schedule(ms, task) {
        const timer = setTimeout(task, ms);
        return () => clearTimeout(timer);
      },
    },
    busy: () => state.busy,
    connected: () => state.connected,
    closeDevice: (deviceId) => {
      log.push(`close ${deviceId}`);
      state.connected = [];
    },
    idle: () => log.push('idle'),
  });
  return { state, log, idle };
}

describe('closing what nobody needs', () => {
  it('[TM1] closes idle connections, then says that all is idle', () => {
    const { log, idle } = watch();
    idle.touch();
    vi.advanceTimersByTime(CONNECTION_IDLE_MS - 1);
    expect(log).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(log).toEqual(['close d']);
    vi.advanceTimersByTime(OWNER_IDLE_MS);
    expect(log).toEqual(['close d', 'idle']);
  });

  it('every touch starts the waiting anew, and nothing ends while something runs', () => {
    const { state, log, idle } = watch();
    idle.touch();
    vi.advanceTimersByTime(CONNECTION_IDLE_MS - 1);
    idle.touch();
    vi.advanceTimersByTime(CONNECTION_IDLE_MS - 1);
    state.busy = true;
    idle.touch();
    vi.advanceTimersByTime(10 * CONNECTION_IDLE_MS);
    expect(log).toEqual([]);
  });

  it('asks again when whoever was told keeps it', () => {
    const { state, log, idle } = watch();
    state.connected = [];
    idle.touch();
    vi.advanceTimersByTime(2 * OWNER_IDLE_MS);
    expect(log).toEqual(['idle', 'idle']);
  });
});
