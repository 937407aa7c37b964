import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Paths } from '../../../entrypoints/offscreen/paths.ts';
import type { ConnectionPath } from '../../../lib/ice/path.ts';

const DIRECT: ConnectionPath = {
  kind: 'direct',
  sameNetwork: false,
  transport: 'udp',
  rttMs: 31,
  sendRate: 0,
  receiveRate: 0,
  loss: 0,
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched() {
  const connected: string[] = [];
  const read = vi.fn<(deviceId: string) => Promise<ConnectionPath | undefined>>(async () => DIRECT);
  const changed = vi.fn();
  const paths = new Paths({ connected: () => connected, read, changed });
  return { connected, read, changed, paths };
}

describe('which way each connection goes', () => {
  it('is measured at once, and every two seconds while it stands', async () => {
    const { connected, read, changed, paths } = watched();
    connected.push('desktop');
    paths.refresh();
    await vi.advanceTimersByTimeAsync(0);
    expect(paths.of('desktop')).toEqual(DIRECT);
    expect(changed).toHaveBeenLastCalledWith('desktop', null, DIRECT);
    const relayed = { ...DIRECT, kind: 'relay' as const };
    read.mockResolvedValue(relayed);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(changed).toHaveBeenLastCalledWith('desktop', DIRECT, relayed);
    expect(paths.of('desktop')).toEqual(relayed);
  });

  it('is forgotten with the connection, and no timer runs without one', async () => {
    const { connected, paths } = watched();
    connected.push('desktop');
    paths.refresh();
    await vi.advanceTimersByTimeAsync(0);
    connected.pop();
    paths.refresh();
    expect(paths.of('desktop')).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a measurement that comes after the end is not taken', async () => {
    const { connected, read, changed, paths } = watched();
    let answer: (path: ConnectionPath) => void = () => undefined;
    read.mockReturnValue(new Promise((resolve) => (answer = resolve)));
    connected.push('desktop');
    paths.refresh();
    connected.pop();
    answer(DIRECT);
    await vi.advanceTimersByTimeAsync(0);
    expect(paths.of('desktop')).toBeNull();
    expect(changed).not.toHaveBeenCalled();
  });

  it('one that fails, or of a connection without a path yet, changes nothing', async () => {
    const { connected, read, changed, paths } = watched();
    read.mockRejectedValueOnce(new Error('closed')).mockResolvedValueOnce(undefined);
    connected.push('desktop');
    paths.refresh();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(read).toHaveBeenCalledTimes(2);
    expect(changed).not.toHaveBeenCalled();
  });
});
