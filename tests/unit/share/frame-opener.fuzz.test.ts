import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../../lib/crypto/bytes.ts';
import { EPOCH_MS } from '../../../lib/share/frame-format.ts';
import type { FrameOpener } from '../../../lib/share/frame-opener.ts';
import { Mutator } from '../../fuzz/mutate.ts';
import { flipped } from '../crypto/support.ts';
import { at, fate, frameOf, pair, sealAll, sealed } from './support.ts';

function counted(opener: FrameOpener): number {
  const { opened, replayed, unauthentic, unknownKey, malformed } = opener.counts();
  return opened + replayed + unauthentic + unknownKey + malformed;
}

/** Of VP8, so that there is a clear header to change too. */
async function keyFrame(sealer: ReturnType<typeof pair>['sealer']): Promise<Bytes> {
  return sealed(sealer.seal(frameOf(60, 0x10), 'vp8'));
}

describe('changed frames', () => {
  it.each([0x01, 0x10, 0x80, 0xff])(
    '[SF8] are dropped and counted, whichever byte is changed (by %i)',
    async (mask) => {
      const { sealer, opener } = pair();
      await sealAll(sealer, 3);
      const frame = await keyFrame(sealer);
      const fates = new Set<string>();
      for (let position = 0; position < frame.length; position++) {
        fates.add(await fate(opener.open(flipped(frame, position, mask))));
      }
      expect([...fates].toSorted()).toEqual(['malformed', 'unauthentic', 'unknown-key']);
      expect(opener.counts()).toMatchObject({ opened: 0, replayed: 0 });
      expect(counted(opener)).toBe(frame.length);
      // None of them spoilt the frame that was meant.
      expect(await fate(opener.open(frame))).toBe('opened');
    },
  );

  it('[SF8] are dropped wherever they are cut', async () => {
    const { sealer, opener } = pair();
    const frame = await keyFrame(sealer);
    for (let length = 0; length < frame.length; length++) {
      expect(await fate(opener.open(frame.subarray(0, length)))).not.toBe('opened');
      expect(await fate(opener.open(frame.subarray(frame.length - length)))).not.toBe('opened');
    }
    expect(counted(opener)).toBe(2 * frame.length);
    expect(await fate(opener.open(frame))).toBe('opened');
  });

  it('[SF8] are dropped where two frames have changed their trailers', async () => {
    const { sealer, opener } = pair();
    const frames = await sealAll(sealer, 2);
    const [first, second] = [at(frames, 0), at(frames, 1)];
    const crossed = new Uint8Array([...first.subarray(0, -17), ...second.subarray(-17)]);
    expect(await fate(opener.open(crossed))).toBe('unauthentic');
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('[SF8] never throw and never open (seed %i)', async (seed) => {
    const { sealer, opener } = pair();
    const random = new Mutator(seed);
    const frames = await sealAll(sealer, 20);
    const valid = new Set(frames.map((frame) => frame.join()));
    let given = 0;
    for (let round = 0; round < 25; round++) {
      const mutants = Array.from({ length: 20 }, () => random.bytes(random.pick(frames)));
      // What became a frame again is no mutant.
      const changed = mutants.filter((mutant) => !valid.has(mutant.join()));
      given += changed.length;
      const fates = await Promise.all(changed.map((mutant) => fate(opener.open(mutant))));
      expect(fates, `seed ${seed}`).not.toContain('opened');
    }
    expect(counted(opener)).toBe(given);
    expect(given).toBeGreaterThan(400);
    for (const frame of frames) expect(await fate(opener.open(frame))).toBe('opened');
  });

  it.each([1, 2, 3])('[SF8] are told from noise by nobody (seed %i)', async (seed) => {
    const { opener } = pair();
    const random = new Mutator(seed);
    for (let i = 0; i < 300; i++) {
      const noise = new Uint8Array(random.int(90)).map(() => random.int(256));
      expect(await fate(opener.open(noise))).not.toBe('opened');
    }
    expect(counted(opener)).toBe(300);
  });

  it.each([1, 2, 3, 4])(
    '[SF8] lost, doubled and out of order: each frame opens at most once (seed %i)',
    async (seed) => {
      const { sealer, opener, clock } = pair();
      const random = new Mutator(seed);
      const wire: { frame: Bytes; due: number }[] = [];
      for (let i = 0; i < 1_500; i++) {
        if (i === 500 || i === 1_000) clock.pass(EPOCH_MS);
        const frame = await sealed(sealer.seal(frameOf(20, i), 'vp9'));
        for (let copies = random.int(5) % 3; copies >= 0; copies--) {
          if (random.int(10) > 0) wire.push({ frame, due: i + random.int(60) });
        }
      }
      wire.sort((a, b) => a.due - b.due);
      const results = await Promise.all(
        wire.map(async ({ frame }) => ((await fate(opener.open(frame))) === 'opened' ? frame : [])),
      );
      const opened = results.filter((frame) => frame.length > 0);
      expect(new Set(opened).size).toBe(opened.length);
      // None is so late that it falls out of the window, or out of the epoch before.
      expect(opened.length).toBe(new Set(wire.map(({ frame }) => frame)).size);
      expect(counted(opener)).toBe(wire.length);
    },
  );
});
