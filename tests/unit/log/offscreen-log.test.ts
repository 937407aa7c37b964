import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOffscreenLog } from '../../../entrypoints/offscreen/debug-log.ts';
import type { LogEntry } from '../../../lib/log/entry.ts';

describe('[LG1] lines of the offscreen document', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function start(fail: () => boolean = () => false) {
    const batches: string[][] = [];
    const side = createOffscreenLog((entries: LogEntry[]) => {
      batches.push(entries.map(({ message }) => message));
      return fail() ? Promise.reject(new Error('away')) : Promise.resolve();
    });
    return { batches, ...side };
  }

  it('[LG1] go nowhere until it is switched on', async () => {
    const { batches, log } = start();
    log('NAT', 'a');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(batches).toEqual([]);
  });

  it('[LG1] are handed over together after a second', async () => {
    const { batches, log, setEnabled } = start();
    setEnabled(true);
    log('NAT', 'a');
    await vi.advanceTimersByTimeAsync(900);
    log('NAT', 'b');
    expect(batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(batches).toEqual([['a', 'b']]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(batches).toHaveLength(1);
  });

  it('[LG1] are handed over at once when there are fifty', () => {
    const { batches, log, setEnabled } = start();
    setEnabled(true);
    for (let index = 0; index < 51; index += 1) log('NAT', `line ${index}`);
    expect(batches.map(({ length }) => length)).toEqual([50]);
  });

  it('[LG1] wait for the next batch when background does not answer, and are bounded', async () => {
    let away = true;
    const { batches, log, setEnabled, flush } = start(() => away);
    setEnabled(true);
    log('NAT', 'first');
    await vi.advanceTimersByTimeAsync(1_000);
    log('NAT', 'second');
    away = false;
    await flush();
    expect(batches.at(-1)).toEqual(['first', 'second']);
    away = true;
    for (let index = 0; index < 2_000; index += 1) {
      log('NAT', `line ${index}`);
      if (index % 100 === 0) await vi.advanceTimersByTimeAsync(1_000);
    }
    away = false;
    await vi.advanceTimersByTimeAsync(1_000);
    await flush();
    expect(batches.at(-1)).toHaveLength(500);
    expect(batches.at(-1)?.at(-1)).toBe('line 1999');
  });

  it('[LG1] are dropped when it is switched off', async () => {
    const { batches, log, setEnabled, flush } = start();
    setEnabled(true);
    log('NAT', 'a');
    setEnabled(false);
    await flush();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(batches).toEqual([]);
  });
});
