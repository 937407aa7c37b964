import { describe, expect, it } from 'vitest';
import { toHex, utf8, type Bytes } from '../../../lib/crypto/bytes.ts';
import {
  cpaceGenerator,
  cpaceScalarMultVfy,
  cpaceStart,
  type CpaceParty,
} from '../../../lib/crypto/cpace.ts';
import { codeOf, hex } from './support.ts';
import { CPACE_POINTS, CPACE_VECTOR } from './vectors/cpace.ts';

const V = CPACE_VECTOR;
const shared = { prs: hex(V.PRS), ci: hex(V.CI), sid: hex(V.sid) };
const ads = { adA: hex(V.ADa), adB: hex(V.ADb) };
/** 2^252 + …, the group's order, little-endian. */
const ORDER = 'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010';

function start(role: 'a' | 'b', changes: Partial<typeof shared> = {}): CpaceParty {
  return cpaceStart({ role, ...shared, ...changes });
}

describe('CPACE-RISTR255-SHA512', () => {
  it('[CP1] reproduces the draft: generator, shares, K and ISK', () => {
    expect(toHex(cpaceGenerator(shared.prs, shared.ci, shared.sid))).toBe(V.g);
    const a = cpaceStart({ role: 'a', ...shared, scalar: hex(V.ya) });
    const b = cpaceStart({ role: 'b', ...shared, scalar: hex(V.yb) });
    expect(toHex(a.share)).toBe(V.Ya);
    expect(toHex(b.share)).toBe(V.Yb);
    expect(toHex(cpaceScalarMultVfy(hex(V.ya), b.share))).toBe(V.K);
    expect(toHex(cpaceScalarMultVfy(hex(V.yb), a.share))).toBe(V.K);
    expect(toHex(a.finish({ remoteShare: b.share, ...ads }))).toBe(V.ISK_IR);
    expect(toHex(b.finish({ remoteShare: a.share, ...ads }))).toBe(V.ISK_IR);
  });

  it('[CP1] reproduces scalar_mult_vfy of the draft', () => {
    const product = cpaceScalarMultVfy(hex(CPACE_POINTS.s), hex(CPACE_POINTS.x));
    expect(toHex(product)).toBe(CPACE_POINTS.product);
  });

  it.each([
    ['the first invalid encoding of the draft', CPACE_POINTS.invalidY1],
    ['the identity', CPACE_POINTS.invalidY2],
    ['a field element that is not reduced', 'f3' + 'ff'.repeat(30) + '7f'],
    ['a negative field element', '01' + 'ff'.repeat(30) + '7f'],
    ['all ones', 'ff'.repeat(32)],
  ])('[CP3] refuses %s', (_, share) => {
    expect(codeOf(() => cpaceScalarMultVfy(hex(CPACE_POINTS.s), hex(share)))).toBe('bad-point');
    const party = start('a');
    expect(codeOf(() => party.finish({ remoteShare: hex(share), ...ads }))).toBe('bad-point');
  });

  it('[CP3] [EN5] refuses a share of another length before looking at it', () => {
    for (const length of [0, 31, 33, 64]) {
      const party = start('b');
      const remoteShare = new Uint8Array(length);
      expect(codeOf(() => party.finish({ remoteShare, ...ads }))).toBe('bad-length');
    }
  });

  it('[CP2] draws a fresh non-zero scalar each time', () => {
    const shares = new Set(Array.from({ length: 8 }, () => toHex(start('a').share)));
    expect(shares.size).toBe(8);
    expect(shares).not.toContain(CPACE_POINTS.invalidY2);
  });

  it('[CP2] refuses a scalar of zero, of the order, or of another length', () => {
    for (const [scalar, code] of [
      ['00'.repeat(32), 'out-of-range'],
      [ORDER, 'out-of-range'],
      ['01', 'bad-length'],
    ] as const) {
      expect(codeOf(() => cpaceStart({ role: 'a', ...shared, scalar: hex(scalar) }))).toBe(code);
    }
  });

  it('[CP2] a party works once, also if its one run failed', () => {
    const a = start('a');
    const b = start('b');
    const input = { remoteShare: b.share, ...ads };
    a.finish(input);
    expect(codeOf(() => a.finish(input))).toBe('bad-state');
    expect(codeOf(() => b.finish({ ...input, remoteShare: new Uint8Array(32) }))).toBe('bad-point');
    expect(codeOf(() => b.finish({ ...input, remoteShare: a.share }))).toBe('bad-state');
    const destroyed = start('a');
    destroyed.destroy();
    expect(codeOf(() => destroyed.finish(input))).toBe('bad-state');
  });

  it.each([
    ['password', { prs: utf8('other') }],
    ['channel identifier', { ci: utf8('other') }],
    ['session id', { sid: utf8('other') }],
  ])('[CP1] another %s gives another ISK', (_, changes) => {
    const a = start('a');
    const b = start('b', changes);
    const iskA = a.finish({ remoteShare: b.share, ...ads });
    const iskB = b.finish({ remoteShare: a.share, ...ads });
    expect(toHex(iskA)).not.toBe(toHex(iskB));
  });

  it('[CP1] another associated data on either side gives another ISK', () => {
    const run = (adB: Bytes): [string, string] => {
      const a = start('a');
      const b = start('b');
      const iskA = a.finish({ remoteShare: b.share, ...ads });
      return [toHex(iskA), toHex(b.finish({ remoteShare: a.share, ...ads, adB }))];
    };
    const [same, alsoSame] = run(ads.adB);
    expect(same).toBe(alsoSame);
    const [one, other] = run(utf8('another choice'));
    expect(one).not.toBe(other);
  });

  it('[CP1] two parties of the same role do not meet', () => {
    const one = start('a');
    const two = start('a');
    const iskOne = one.finish({ remoteShare: two.share, ...ads });
    const iskTwo = two.finish({ remoteShare: one.share, ...ads });
    expect(toHex(iskOne)).not.toBe(toHex(iskTwo));
  });
});
