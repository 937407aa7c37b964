import { describe, expect, it } from 'vitest';
import { planStrip, StripError } from '../../lib/files/strip/index.ts';
import * as made from '../unit/files/strip/pictures.ts';
import { Mutator } from './mutate.ts';

const { bytesOf } = made;
const SEEDS: Readonly<Record<string, made.Bytes>> = {
  jpeg: bytesOf(
    ...[made.SOI, made.JFIF, made.exif(6), made.xmp, made.extendedXmp, made.ICC, made.mpf],
    ...[made.ADOBE, made.comment, made.PIXELS.slice(0, -1), made.EOI, made.GPS],
  ),
  png: bytesOf(
    ...[made.PNG, made.IHDR, made.pngChunk('eXIf', made.tiff(8, 'MM'))],
    ...[made.pngChunk('tEXt', made.GPS), made.IDAT, made.IEND, made.GPS],
  ),
  webp: made.webp(
    made.vp8x(0x0e),
    made.riffChunk('ANIM', 'loop'),
    made.riffChunk('ANMF', made.FRAME_HEAD, made.riffChunk('GPSD', made.GPS), made.VP8),
    made.riffChunk('EXIF', made.tiff(3)),
    made.riffChunk('XMP ', made.GPS),
  ),
};
const ROUNDS = 6_000;

/** What would be sent. Parts must be in order, so that nothing is sent twice. */
async function output(picture: made.Bytes): Promise<made.Bytes | null> {
  let reads = 0;
  const plan = await planStrip(picture.length, async (offset, count) => {
    if (++reads > 2_000) throw new Error('reads without end');
    expect(count).toBeLessThanOrEqual(256 * 1024);
    return await Promise.resolve(picture.subarray(offset, offset + count));
  });
  if (plan === null) return null;
  expect(plan.removed.length).toBeGreaterThan(0);
  let last = 0;
  const parts = plan.parts.map((part) => {
    if (part.type === 'bytes') return part.bytes;
    expect(part.start).toBeGreaterThanOrEqual(last);
    expect(part.end).toBeLessThanOrEqual(picture.length);
    last = part.end;
    return picture.subarray(part.start, part.end);
  });
  return bytesOf(...parts);
}

describe.each(Object.entries(SEEDS))('metadata of a mutated %s', (name, seed) => {
  it('is taken out or refused: always an end, nothing longer, nothing left to take', async () => {
    let stripped = 0;
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const mutator = new Mutator(round * 31 + name.length);
      const picture = round === 0 ? seed : mutator.bytes(seed);
      try {
        const out = await output(picture);
        if (out === null) continue;
        stripped++;
        expect(out.length, `round ${round}`).toBeLessThanOrEqual(picture.length + 64);
        expect(await output(out), `round ${round}: twice`).toBeNull();
      } catch (error) {
        if (!(error instanceof StripError)) throw new Error(`round ${round}`, { cause: error });
        refused++;
      }
    }
    // Both ways were gone often: the mutations neither miss nor break everything.
    expect(stripped).toBeGreaterThan(ROUNDS / 20);
    expect(refused).toBeGreaterThan(ROUNDS / 20);
  });

  it('is taken out or refused at every length that it could be cut to', async () => {
    for (let length = 0; length < seed.length; length++) {
      const cut = seed.slice(0, length);
      const out = await output(cut).catch((error: unknown) => {
        if (error instanceof StripError) return null;
        throw error;
      });
      if (out !== null) expect(made.contains(out, made.GPS), `at ${length}`).toBe(false);
    }
  });
});
