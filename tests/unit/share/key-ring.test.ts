import { describe, expect, it } from 'vitest';
import { KeyRing, type MediaStart } from '../../../lib/share/key-ring.ts';
import { codeOf, counting } from '../crypto/support.ts';
import { MEDIA_KEY, SCOPE } from './support.ts';

const AUDIO = { ...SCOPE, track: 'audio' } as const;
const OTHER = { ...SCOPE, shareId: 'bb'.repeat(16) };

function newRing(): KeyRing {
  return new KeyRing({ mediaKey: MEDIA_KEY, dir: 'i2r' });
}

function start(kid: number, more: Partial<MediaStart> = {}): MediaStart {
  return { ...SCOPE, kid, inst: counting(16, kid), encoding: 0, ...more };
}

describe('the key ring', () => {
  it('[SF3] takes kids that go up, over all shares and tracks', () => {
    const ring = newRing();
    ring.add(start(3));
    ring.add(start(4, AUDIO));
    ring.add(start(9, OTHER));
    for (const kid of [9, 8, 4, 3, 0]) expect(codeOf(() => ring.add(start(kid)))).toBe('bad-order');
  });

  it('[SF3] does not take a kid again whose share is over', () => {
    const ring = newRing();
    ring.add(start(5));
    ring.forget(SCOPE.shareId);
    expect(codeOf(() => ring.add(start(5, OTHER)))).toBe('bad-order');
  });

  it('[SF3] refuses an inst of another length, and too high an encoding', () => {
    const ring = newRing();
    expect(codeOf(() => ring.add(start(0, { inst: counting(15) })))).toBe('bad-length');
    expect(codeOf(() => ring.add(start(0, { encoding: 8 })))).toBe('out-of-range');
    expect(codeOf(() => new KeyRing({ mediaKey: counting(31), dir: 'i2r' }))).toBe('bad-length');
  });

  it('[SF9] knows a key only in its share and track', () => {
    const ring = newRing();
    ring.add(start(0));
    ring.add(start(1, AUDIO));
    ring.add(start(2, OTHER));
    const found = [SCOPE, AUDIO, OTHER].map((scope) =>
      [0, 1, 2].filter((kid) => ring.find(kid, scope) !== undefined),
    );
    expect(found).toEqual([[0], [1], [2]]);
  });

  it('[SF9] keeps the newest two starts of each encoding', () => {
    const ring = newRing();
    ring.add(start(0));
    ring.add(start(1, AUDIO));
    ring.add(start(2, { encoding: 1 }));
    const first = ring.find(0, SCOPE);
    for (const kid of [3, 4, 5]) ring.add(start(kid));
    const kept = [0, 2, 3, 4, 5].filter((kid) => ring.find(kid, SCOPE) !== undefined);
    expect(kept).toEqual([2, 4, 5]);
    expect(ring.find(1, AUDIO)).toBeDefined();
    expect(first?.epoch(0)).toBeUndefined();
  });

  it('[SF9] holds no more than that, however many are announced', () => {
    const ring = newRing();
    for (let kid = 0; kid < 5_000; kid++) ring.add(start(kid, { encoding: kid % 8 }));
    let held = 0;
    for (let kid = 0; kid < 5_000; kid++) if (ring.find(kid, SCOPE) !== undefined) held++;
    expect(held).toBe(16);
  });

  it('[SF9] says of a start whether frames of it came before', () => {
    const ring = newRing();
    expect(ring.add(start(0))).toBe('in-time');
    expect(ring.find(1, SCOPE)).toBeUndefined();
    expect(ring.find(1, SCOPE)).toBeUndefined();
    expect(ring.add(start(1))).toBe('late');
    expect(ring.add(start(2))).toBe('in-time');
  });

  it('[SF9] remembers a bounded number of strangers', () => {
    const ring = newRing();
    for (let kid = 1; kid <= 17; kid++) ring.find(kid, SCOPE);
    expect(ring.add(start(1))).toBe('in-time');
    expect(ring.add(start(2))).toBe('late');
  });

  it('[SF11] forgets a share, and only that one', () => {
    const ring = newRing();
    ring.add(start(0));
    ring.add(start(1, AUDIO));
    ring.add(start(2, OTHER));
    const gone = ring.find(0, SCOPE);
    ring.forget(SCOPE.shareId);
    expect(ring.find(0, SCOPE)).toBeUndefined();
    expect(ring.find(1, AUDIO)).toBeUndefined();
    expect(ring.find(2, OTHER)).toBeDefined();
    expect(gone?.epoch(0)).toBeUndefined();
  });

  it('[SF11] knows nothing after its end, and learns nothing', () => {
    const ring = newRing();
    ring.add(start(0));
    const gone = ring.find(0, SCOPE);
    ring.destroy();
    expect(ring.find(0, SCOPE)).toBeUndefined();
    expect(gone?.epoch(0)).toBeUndefined();
    expect(codeOf(() => ring.add(start(1)))).toBe('bad-state');
  });
});
