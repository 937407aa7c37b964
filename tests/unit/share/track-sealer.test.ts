import { describe, expect, it } from 'vitest';
import { parseFrame } from '../../../lib/share/frame-format.ts';
import { KidSource } from '../../../lib/share/kid-source.ts';
import { TrackSealer, type EncodingStart } from '../../../lib/share/track-sealer.ts';
import { at, FakeClock, frameOf, MEDIA_KEY, sealed } from './support.ts';

interface Transform {
  readonly sealer: TrackSealer;
  readonly starts: EncodingStart[];
  /** What whoever holds the session does with each start that is not announced yet. */
  announceAll(): void;
}

function transform(kids = new KidSource()): Transform {
  const starts: EncodingStart[] = [];
  let announced = 0;
  const sealer = new TrackSealer({
    ...{ mediaKey: MEDIA_KEY, dir: 'i2r', clock: new FakeClock() },
    announce: (start) => starts.push(start),
  });
  const announceAll = () => {
    for (; announced < starts.length; announced++) {
      sealer.begin(at(starts, announced).encoding, kids.next());
    }
  };
  return { sealer, starts, announceAll };
}

async function trailerOf(sealer: TrackSealer, source: number) {
  return parseFrame(await sealed(sealer.seal(source, frameOf(30), 'vp9')))?.trailer;
}

describe('the frames of a track', () => {
  it('[SF3] have their first start before the first frame', () => {
    const { starts } = transform();
    expect(starts.map(({ encoding }) => encoding)).toEqual([0]);
    expect(at(starts, 0).inst).toHaveLength(16);
  });

  it('[SF3] have a start and a kid for each encoding, told once', async () => {
    const { sealer, starts, announceAll } = transform();
    announceAll();
    expect(await trailerOf(sealer, 111)).toMatchObject({ kid: 0, ctr: 0 });
    for (const source of [222, 222]) {
      const early = await sealer.seal(source, frameOf(30), 'vp9');
      expect(early).toEqual({ type: 'dropped', reason: 'no-kid' });
    }
    announceAll();
    expect(await trailerOf(sealer, 222)).toMatchObject({ kid: 1, ctr: 0 });
    expect(await trailerOf(sealer, 111)).toMatchObject({ kid: 0, ctr: 1 });
    expect(starts.map(({ encoding }) => encoding)).toEqual([0, 1]);
    expect(at(starts, 0).inst).not.toEqual(at(starts, 1).inst);
    expect(sealer.counts()).toEqual({ sealed: 3, unsealed: 2 });
  });

  it('[SF3] of a ninth encoding are dropped and counted', async () => {
    const { sealer, starts, announceAll } = transform();
    for (let source = 0; source < 9; source++) await sealer.seal(source, frameOf(30), 'vp9');
    announceAll();
    const ninth = await sealer.seal(8, frameOf(30), 'vp9');
    expect(ninth).toEqual({ type: 'dropped', reason: 'exhausted' });
    expect(starts).toHaveLength(8);
    expect(await trailerOf(sealer, 7)).toMatchObject({ kid: 7 });
    expect(sealer.counts()).toEqual({ sealed: 1, unsealed: 10 });
  });

  it('[SF11] are all dropped after its end', async () => {
    const { sealer, announceAll } = transform();
    await sealer.seal(1, frameOf(30), 'vp9');
    await sealer.seal(2, frameOf(30), 'vp9');
    announceAll();
    sealer.destroy();
    for (const source of [1, 2]) {
      const late = await sealer.seal(source, frameOf(30), 'vp9');
      expect(late).toEqual({ type: 'dropped', reason: 'ended' });
    }
  });

  it('[SF11] of an encoding that appears after the end are dropped, and nothing is announced', async () => {
    const { sealer, starts } = transform();
    await sealer.seal(1, frameOf(30), 'vp9');
    sealer.destroy();
    const late = await sealer.seal(2, frameOf(30), 'vp9');
    expect(late).toEqual({ type: 'dropped', reason: 'ended' });
    expect(starts).toHaveLength(1);
  });
});

describe('kids', () => {
  it('[SF3] go up from 0, over all shares and tracks of a session', async () => {
    const kids = new KidSource();
    const transforms = [transform(kids), transform(kids), transform(kids)];
    for (const each of transforms) each.announceAll();
    const seen = await Promise.all(transforms.map(({ sealer }) => trailerOf(sealer, 1)));
    expect(seen.map((trailer) => trailer?.kid)).toEqual([0, 1, 2]);
  });
});
