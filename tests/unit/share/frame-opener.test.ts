import { afterEach, describe, expect, it, vi } from 'vitest';
import { FrameOpener } from '../../../lib/share/frame-opener.ts';
import { FrameSealer } from '../../../lib/share/frame-sealer.ts';
import { EPOCH_MS } from '../../../lib/share/frame-format.ts';
import { flipped } from '../crypto/support.ts';
import { at, fate, frameOf, MEDIA_KEY, pair, SCOPE, sealAll, sealed, startOf } from './support.ts';

afterEach(() => vi.restoreAllMocks());

describe('frames that come', () => {
  it('[SF8] twice are taken once, and counted', async () => {
    const { sealer, opener } = pair();
    const frame = at(await sealAll(sealer, 1), 0);
    expect(await fate(opener.open(frame))).toBe('opened');
    expect(await fate(opener.open(frame))).toBe('replayed');
    expect(opener.counts()).toMatchObject({ opened: 1, replayed: 1 });
  });

  it('[SF8] twice at the same time are taken once', async () => {
    const { sealer, opener } = pair();
    const frame = at(await sealAll(sealer, 1), 0);
    const fates = await Promise.all([1, 2, 3].map(() => fate(opener.open(frame))));
    expect(fates).toEqual(['opened', 'replayed', 'replayed']);
  });

  it('[SF8] twice are not even deciphered the second time', async () => {
    const { sealer, opener } = pair();
    const frame = at(await sealAll(sealer, 1), 0);
    await opener.open(frame);
    const decrypt = vi.spyOn(crypto.subtle, 'decrypt');
    await opener.open(frame);
    expect(decrypt).not.toHaveBeenCalled();
  });

  it('[SF8] late are taken within the window and dropped beyond it', async () => {
    const { sealer, opener } = pair();
    const frames = await sealAll(sealer, 1_030);
    expect(await fate(opener.open(at(frames, 1_029)))).toBe('opened');
    expect(await fate(opener.open(at(frames, 5)))).toBe('replayed');
    expect(await fate(opener.open(at(frames, 6)))).toBe('opened');
    expect(await fate(opener.open(at(frames, 7)))).toBe('opened');
    expect(opener.counts()).toMatchObject({ opened: 3, replayed: 1 });
  });

  it('[SF8] forged with a high counter do not move the window', async () => {
    const { sealer, opener } = pair();
    const frames = await sealAll(sealer, 2);
    const first = at(frames, 0);
    // The counter's third byte from the end: 65,536 and more.
    expect(await fate(opener.open(flipped(first, first.length - 3)))).toBe('unauthentic');
    expect(await fate(opener.open(first))).toBe('opened');
    expect(await fate(opener.open(at(frames, 1)))).toBe('opened');
  });

  it('[SF10] are told in the order they came, whichever is deciphered first', async () => {
    const { sealer, opener } = pair();
    const frames = await sealAll(sealer, 4);
    const { subtle } = crypto;
    const decrypt = subtle.decrypt.bind(subtle);
    const finished: number[] = [];
    let turn = 0;
    vi.spyOn(subtle, 'decrypt').mockImplementation(async (algorithm, key, data) => {
      const mine = turn++;
      const plain = await decrypt(algorithm, key, data);
      // The first waits until all the others are through.
      if (mine === 0) await vi.waitFor(() => expect(finished).toHaveLength(3));
      finished.push(mine);
      return plain;
    });
    const told: number[] = [];
    await Promise.all(
      frames.map(async (frame, i) => {
        await opener.open(frame);
        told.push(i);
      }),
    );
    expect(finished.at(-1)).toBe(0);
    expect(told).toEqual([0, 1, 2, 3]);
  });

  it('[SF8] after a frame that failed are opened all the same', async () => {
    const { sealer, opener } = pair();
    const frames = await sealAll(sealer, 3);
    const fates = await Promise.all([
      fate(opener.open(flipped(at(frames, 0), 5))),
      fate(opener.open(at(frames, 1))),
      fate(opener.open(new Uint8Array(0))),
      fate(opener.open(at(frames, 2))),
      fate(opener.open(at(frames, 0))),
    ]);
    expect(fates).toEqual(['unauthentic', 'opened', 'malformed', 'opened', 'opened']);
    expect(opener.counts()).toEqual({
      opened: 3,
      replayed: 0,
      unauthentic: 1,
      unknownKey: 0,
      malformed: 1,
    });
  });

  it('[SF5] of the epoch before are still opened after one of the next, each once', async () => {
    const { sealer, opener, clock } = pair();
    const old = await sealAll(sealer, 3);
    clock.pass(EPOCH_MS);
    const young = await sealAll(sealer, 2);
    expect(await fate(opener.open(at(old, 0)))).toBe('opened');
    expect(await fate(opener.open(at(young, 0)))).toBe('opened');
    expect(await fate(opener.open(at(old, 2)))).toBe('opened');
    expect(await fate(opener.open(at(old, 0)))).toBe('replayed');
    expect(await fate(opener.open(at(young, 1)))).toBe('opened');
    expect(await fate(opener.open(at(old, 1)))).toBe('opened');
  });

  it('[SF5] of an epoch before that are dropped', async () => {
    const { sealer, opener, clock } = pair();
    const epochs = [];
    for (let i = 0; i < 3; i++) {
      epochs.push(await sealAll(sealer, 2));
      clock.pass(EPOCH_MS);
    }
    for (const epoch of epochs) expect(await fate(opener.open(at(epoch, 0)))).toBe('opened');
    const second = epochs.map((epoch) => at(epoch, 1));
    expect(await Promise.all(second.map((frame) => fate(opener.open(frame))))).toEqual([
      'replayed',
      'opened',
      'opened',
    ]);
  });

  it('[SF5] after epochs of which nothing came are opened', async () => {
    const { sealer, opener, clock } = pair();
    const first = await sealAll(sealer, 2);
    await opener.open(at(first, 0));
    for (let i = 0; i < 5; i++) {
      clock.pass(EPOCH_MS);
      await sealAll(sealer, 1);
    }
    const last = await sealAll(sealer, 1);
    expect(await fate(opener.open(at(last, 0)))).toBe('opened');
    expect(await fate(opener.open(at(first, 1)))).toBe('opened');
  });

  it('[SF5] at once, the first ones of an epoch, are all taken, and each once', async () => {
    const { sealer, opener } = pair();
    const frames = await sealAll(sealer, 5);
    const twice = [...frames, ...frames].map((frame) => fate(opener.open(frame)));
    const fates = await Promise.all(twice);
    expect(fates).toEqual([...frames.map(() => 'opened'), ...frames.map(() => 'replayed')]);
  });

  it('[SF5] between frames forged for other epochs are each taken once', async () => {
    const { sealer, opener } = pair();
    const frames = await sealAll(sealer, 3);
    // Another epoch in between throws away the key that was being tried.
    const forged = (frame: Uint8Array, by: number) => flipped(frame, frame.length - 9, by);
    const fates = await Promise.all(
      [...frames, ...frames].flatMap((frame, i) => [
        fate(opener.open(frame)),
        fate(opener.open(forged(frame, i + 1))),
      ]),
    );
    expect(fates.filter((one) => one === 'opened')).toHaveLength(3);
    expect(fates.filter((one) => one === 'replayed')).toHaveLength(3);
    expect(fates.filter((one) => one === 'unauthentic')).toHaveLength(6);
  });

  it('[SF5] forged for a later epoch do not end the one that is on', async () => {
    const { sealer, opener } = pair();
    const frames = await sealAll(sealer, 3);
    await opener.open(at(frames, 0));
    for (let i = 1; i < 255; i++) {
      const forged = flipped(at(frames, 1), at(frames, 1).length - 9, i);
      expect(await fate(opener.open(forged))).toBe('unauthentic');
    }
    expect(await fate(opener.open(at(frames, 1)))).toBe('opened');
    expect(await fate(opener.open(at(frames, 0)))).toBe('replayed');
  });

  it('[SF9] under a kid that is not announced are dropped, and known once it is', async () => {
    const { opener, ring, clock } = pair(3);
    const next = new FrameSealer({ mediaKey: MEDIA_KEY, dir: 'i2r', clock });
    next.begin(4);
    const frames = await sealAll(next, 2);
    expect(await fate(opener.open(at(frames, 0)))).toBe('unknown-key');
    expect(ring.add(startOf(next, 4))).toBe('late');
    expect(await fate(opener.open(at(frames, 1)))).toBe('opened');
    expect(opener.counts()).toMatchObject({ opened: 1, unknownKey: 1 });
  });

  it.each([
    ['another track of the share', { ...SCOPE, track: 'audio' }],
    ['the same track of another share', { ...SCOPE, shareId: 'bb'.repeat(16) }],
  ] as const)('[SF9] under a key of %s are dropped', async (_, scope) => {
    const { sealer, ring } = pair();
    const other = new FrameOpener(ring, scope);
    expect(await fate(other.open(at(await sealAll(sealer, 1), 0)))).toBe('unknown-key');
  });

  it('[SF11] after the end are dropped and not counted, those under way too', async () => {
    const { sealer, opener } = pair();
    const frames = await sealAll(sealer, 2);
    const underWay = fate(opener.open(at(frames, 0)));
    opener.destroy();
    expect(await underWay).toBe('ended');
    expect(await fate(opener.open(at(frames, 1)))).toBe('ended');
    expect(Object.values(opener.counts()).every((count) => count === 0)).toBe(true);
  });

  it('[SF11] when the ring is gone are dropped, those under way too', async () => {
    const { sealer, opener, ring } = pair();
    const frames = await sealAll(sealer, 2);
    const underWay = fate(opener.open(at(frames, 0)));
    ring.destroy();
    expect(await underWay).toBe('ended');
    expect(await fate(opener.open(at(frames, 1)))).toBe('unknown-key');
    expect(opener.counts()).toMatchObject({ opened: 0, replayed: 0, unknownKey: 1 });
  });

  it('[SF1] of Opus and VP8 are what was sealed', async () => {
    const { sealer, opener } = pair();
    for (const codec of ['opus', 'vp8', 'vp9'] as const) {
      for (const length of [1, 2, 3, 4, 9, 10, 11, 80, 20_000]) {
        for (const first of [0, 1]) {
          const frame = frameOf(length, first);
          const result = await opener.open(await sealed(sealer.seal(frame, codec)));
          expect(result).toEqual({ type: 'opened', data: frame });
        }
      }
    }
  });
});
