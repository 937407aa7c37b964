import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchNetworkBursts } from '../../../entrypoints/offscreen/network-bursts.ts';

class Connection extends EventTarget {
  type = 'wifi';
}

class Scope extends EventTarget {
  readonly navigator = { connection: new Connection() };
}

let scope: Scope;
let onChange: ReturnType<typeof vi.fn<() => void>>;
let noticed: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  scope = new Scope();
  onChange = vi.fn<() => void>();
  noticed = watchNetworkBursts(scope, onChange);
});
afterEach(() => void vi.useRealTimers());

describe('[IC9] another network', () => {
  it('back online is told at once', () => {
    scope.dispatchEvent(new Event('online'));
    expect(onChange).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10_000);
    expect(onChange).toHaveBeenCalledTimes(1);
  });

  it('another kind of link is told, another estimate of its speed is not', () => {
    const { connection } = scope.navigator;
    connection.dispatchEvent(new Event('change'));
    scope.dispatchEvent(new Event('offline'));
    expect(onChange).not.toHaveBeenCalled();
    connection.type = 'cellular';
    connection.dispatchEvent(new Event('change'));
    expect(onChange).toHaveBeenCalledTimes(1);
  });

  it('a burst is told at its beginning and at its end', () => {
    for (let i = 0; i < 5; i++) {
      noticed();
      vi.advanceTimersByTime(200);
    }
    expect(onChange).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_000);
    expect(onChange).toHaveBeenCalledTimes(2);
    noticed();
    expect(onChange).toHaveBeenCalledTimes(3);
  });
});
