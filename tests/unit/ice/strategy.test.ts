import { describe, expect, it } from 'vitest';
import { NAT_TYPES, type NatType } from '../../../lib/ice/nat.ts';
import { cascade, pathStrategy, type PathStrategy } from '../../../lib/ice/strategy.ts';

type Row = [PathStrategy['strategy'], number, PathStrategy['reason']];
const BLOCKED: Row = ['turn-only', 0, 'udp-blocked'];
const PEER_BLOCKED: Row = ['turn-only', 0, 'peer-udp-blocked'];
const BOTH_SYMMETRIC: Row = ['turn-only', 0, 'both-symmetric'];
const ONE_SYMMETRIC: Row = ['turn-fallback', 5_000, 'one-symmetric'];
const BOTH_PORT: Row = ['turn-fallback', 8_000, 'both-port-restricted'];
const MIXED: Row = ['turn-fallback', 10_000, 'mixed-restrictive'];
const GOOD: Row = ['direct', 15_000, 'favourable'];
const UNKNOWN: Row = ['turn-fallback', 8_000, 'unknown'];

/** Columns: full-cone, restricted, port-restricted, symmetric, blocked, unknown. */
const TABLE: Record<NatType, Row[]> = {
  'full-cone': [GOOD, GOOD, GOOD, ONE_SYMMETRIC, PEER_BLOCKED, UNKNOWN],
  restricted: [GOOD, GOOD, MIXED, ONE_SYMMETRIC, PEER_BLOCKED, UNKNOWN],
  'port-restricted': [GOOD, MIXED, BOTH_PORT, ONE_SYMMETRIC, PEER_BLOCKED, UNKNOWN],
  symmetric: [ONE_SYMMETRIC, ONE_SYMMETRIC, ONE_SYMMETRIC, BOTH_SYMMETRIC, PEER_BLOCKED, UNKNOWN],
  blocked: [BLOCKED, BLOCKED, BLOCKED, BLOCKED, BLOCKED, BLOCKED],
  unknown: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, PEER_BLOCKED, UNKNOWN],
};
const PAIRS = NAT_TYPES.flatMap((local) => NAT_TYPES.map((remote) => [local, remote] as const));

describe('path strategy', () => {
  it.each(PAIRS)('[IC3] %s with %s', (local, remote) => {
    const { strategy, directTimeoutMs, reason } = pathStrategy(local, remote);
    expect([strategy, directTimeoutMs, reason]).toEqual(TABLE[local][NAT_TYPES.indexOf(remote)]);
  });

  it.each(PAIRS)('[IC3] both sides of %s and %s do the same', (local, remote) => {
    const one = pathStrategy(local, remote);
    const other = pathStrategy(remote, local);
    expect(other.strategy).toBe(one.strategy);
    expect(other.directTimeoutMs).toBe(one.directTimeoutMs);
  });
});

describe('cascade', () => {
  const direct = pathStrategy('full-cone', 'full-cone');
  const fallback = pathStrategy('symmetric', 'full-cone');
  const only = pathStrategy('symmetric', 'symmetric');
  const rungs = (strategy: PathStrategy, relays: boolean, privacy = false) =>
    cascade(strategy, { relays, privacy }).map(({ rung, timeoutMs }) => [rung, timeoutMs]);

  it('[IC4] direct first, everything when that takes its time, relays once it failed', () => {
    expect(rungs(direct, true)).toEqual([
      ['direct', 2_000],
      ['all', 13_000],
      ['relay', 12_000],
    ]);
  });

  it('[IC4] both at once for as long as the strategy gives a direct path', () => {
    expect(rungs(fallback, true)).toEqual([
      ['all', 5_000],
      ['relay', 12_000],
    ]);
  });

  it('[IC4] without hope of a direct path host candidates still take part', () => {
    expect(rungs(only, true)).toEqual([
      ['all', 12_000],
      ['relay', 12_000],
    ]);
  });

  it('[IC4] without a relay the last attempt is a retry with everything', () => {
    for (const strategy of [direct, fallback, only])
      expect(rungs(strategy, false).at(-1)).toEqual(['all', 12_000]);
    expect(rungs(direct, false)[0]).toEqual(['direct', 2_000]);
  });

  it('[IC4] privacy mode has no rung but relays, known or not', () => {
    for (const strategy of [direct, fallback, only])
      for (const relays of [true, false])
        expect(rungs(strategy, relays, true)).toEqual([
          ['relay', 12_000],
          ['relay', 12_000],
        ]);
  });
});
