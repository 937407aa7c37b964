import { describe, expect, it } from 'vitest';
import { Connector, MAX_RETRIES, RETRY_MS } from '../../../lib/session/connector.ts';
import { SessionError, type SessionErrorCode } from '../../../lib/session/errors.ts';

/** Answers `connect` with the given outcomes in turn and runs each wait at once, noting it. */
function connector(outcomes: (SessionErrorCode | 'ok')[]) {
  const log: (string | number)[] = [];
  const made = new Connector({
    connect: async () => {
      const next = outcomes.shift();
      if (next === undefined) throw new Error('one attempt too many');
      if (next !== 'ok') throw new SessionError(next);
    },
    hint: (_deviceId, reach) => log.push(reach),
    clock: {
      now: () => 0,
      monotonic: () => 0,
      schedule(ms, task) {
        log.push(ms);
        queueMicrotask(task);
        return () => {};
      },
    },
  });
  return { log, made };
}

describe('bringing up a session for a transfer', () => {
  it('a device that is away is waited for, without retries', async () => {
    const { log, made } = connector(['peer-offline']);
    await made.reach('d');
    expect(log).toEqual(['connecting', 'offline']);
  });

  it('a failed attempt is repeated, each wait twice as long', async () => {
    const { log, made } = connector(['timeout', 'link-failed', 'ok']);
    await made.reach('d');
    expect(log).toEqual(['connecting', RETRY_MS, 'connecting', 2 * RETRY_MS, 'connecting']);
  });

  it('gives up after the last retry', async () => {
    const { log, made } = connector(Array.from({ length: MAX_RETRIES + 1 }, () => 'timeout'));
    await made.reach('d');
    expect(log.at(-1)).toBe('unreachable');
    expect(log.filter((entry) => entry === 'connecting')).toHaveLength(MAX_RETRIES + 1);
  });

  it('one attempt at a time for a device, and another can be made afterwards', async () => {
    const { log, made } = connector(['ok', 'ok']);
    await Promise.all([made.reach('d'), made.reach('d')]);
    await made.reach('d');
    expect(log).toEqual(['connecting', 'connecting']);
  });
});
