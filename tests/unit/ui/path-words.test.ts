import { describe, expect, it } from 'vitest';
import type { ConnectionPath } from '../../../lib/ice/path.ts';
import { connectionWords, pathDetails, pathWords } from '../../../lib/ui/path-words.ts';

const path = (more: Partial<ConnectionPath> = {}): ConnectionPath => ({
  kind: 'direct',
  sameNetwork: false,
  transport: 'udp',
  rttMs: 31.4,
  sendRate: 0,
  receiveRate: 0,
  loss: 0,
  ...more,
});

describe('a path in words', () => {
  it.each<[Partial<ConnectionPath>, string]>([
    [{}, 'Direct, 31 ms'],
    [{ sameNetwork: true, rttMs: 2 }, 'Direct, same network, 2 ms'],
    [{ sameNetwork: true, rttMs: 0.3 }, 'Direct, same network, 1 ms'],
    [{ kind: 'relay', rttMs: 48 }, 'Relay, 48 ms'],
    [{ kind: 'relay', transport: 'tcp', rttMs: 48 }, 'Relay over TCP, 48 ms'],
    [{ kind: 'relay', transport: 'tls', rttMs: 1480 }, 'Relay over TLS, 1,480 ms'],
    [{ transport: 'tcp' }, 'Direct over TCP, 31 ms'],
    [{ rttMs: null }, 'Direct'],
    [{ kind: 'relay', rttMs: null }, 'Relay'],
  ])('%j', (more, words) => expect(pathWords(path(more))).toBe(words));

  it('rates and loss for who asks', () => {
    expect(pathDetails(path({ sendRate: 3_400_000, receiveRate: 12 }))).toBe(
      'Sending 3.2 MiB/s, receiving 12 B/s',
    );
    expect(pathDetails(path({ loss: 0.002 }))).toBe('Sending 0 B/s, receiving 0 B/s, 1 % lost');
    expect(pathDetails(path({ loss: 0.25 }))).toMatch(/25 % lost$/);
  });
});

describe('a connection in words', () => {
  it.each([
    ['none', path(), undefined],
    ['connecting', null, 'Connecting…'],
    ['connected', null, 'Connected'],
    ['connected', path(), 'Direct, 31 ms'],
    // The old path is no longer the one it has.
    ['restarting', path(), 'Reconnecting…'],
  ] as const)('%s', (connection, its, words) =>
    expect(connectionWords({ connection, path: its, presence: 'online' })).toBe(words),
  );

  it('who is there is not waited for: the next try comes', () => {
    const waiting = { connection: 'waiting', path: null } as const;
    expect(connectionWords({ ...waiting, presence: 'online' })).toBe('Trying again soon');
    expect(connectionWords({ ...waiting, presence: 'offline' })).toBe('Waiting for the device');
  });
});
