import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchNetwork } from '../../../entrypoints/offscreen/network.ts';

const page = new EventTarget();
const connection = new EventTarget();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('navigator', { connection });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('[IC9] another network', () => {
  it.each([
    ['back online', () => page.dispatchEvent(new Event('online'))],
    ['another kind of link', () => connection.dispatchEvent(new Event('change'))],
  ])('%s is told at once', (_name, happen) => {
    const onChange = vi.fn();
    watchNetwork(onChange);
    happen();
    expect(onChange).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10_000);
    expect(onChange).toHaveBeenCalledTimes(1);
  });

  it('a burst is told at its beginning and at its end', () => {
    const onChange = vi.fn();
    const changed = watchNetwork(onChange);
    for (let i = 0; i < 5; i++) {
      changed();
      vi.advanceTimersByTime(200);
    }
    expect(onChange).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_000);
    expect(onChange).toHaveBeenCalledTimes(2);
    changed();
    expect(onChange).toHaveBeenCalledTimes(3);
  });

  it('a browser without the Network Information API still tells of being back online', () => {
    vi.stubGlobal('navigator', {});
    const onChange = vi.fn();
    watchNetwork(onChange);
    page.dispatchEvent(new Event('online'));
    expect(onChange).toHaveBeenCalledTimes(1);
  });
});
