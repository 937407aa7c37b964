import { describe, expect, it } from 'vitest';
import { HASH_BYTES } from '../../../lib/protocol/limits.ts';
import { Bitmap } from '../../../lib/transfer/bitmap.ts';
import { chunkLength, layoutOf } from '../../../lib/transfer/chunking.ts';
import { SinkError } from '../../../lib/transfer/errors.ts';
import { leafOf } from '../../../lib/transfer/merkle.ts';
import type { Sink } from '../../../lib/transfer/ports.ts';
import { ReadBack } from '../../../lib/transfer/read-back.ts';
import { pattern } from './rig.ts';

const CHUNK = 65_536;
const COUNT = 10;

/** Ten chunks, the last one short, on a disk that says which of them were read. */
async function disk() {
  const layout = layoutOf(COUNT * CHUNK - 5, CHUNK);
  const bytes = pattern(layout.size);
  const leaves = new Uint8Array(COUNT * HASH_BYTES);
  for (let index = 0; index < COUNT; index++) {
    const prefixed = new Uint8Array(1 + chunkLength(layout, index));
    prefixed.set(bytes.subarray(index * CHUNK, (index + 1) * CHUNK), 1);
    leaves.set(await leafOf(prefixed), index * HASH_BYTES);
  }
  const reads: number[] = [];
  const state = { broken: false, goesOn: true };
  const sink: Sink = {
    write() {},
    read(offset, into) {
      if (state.broken) throw new SinkError('sink-failed');
      reads.push(offset / CHUNK);
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    flush() {},
    close() {},
  };
  const readBack = new ReadBack(layout, leaves, () => state.goesOn);
  return { layout, bytes, sink, state, readBack, taken: () => reads.splice(0).sort() };
}

function bits(...indexes: number[]): Bitmap {
  const bitmap = new Bitmap(COUNT);
  for (const index of indexes) bitmap.add(index);
  return bitmap;
}

const ALL = Array.from({ length: COUNT }, (_, index) => index);

describe('what lies on the disk', () => {
  it('[TR9] is read back behind the writing, as far as leaves are known, and only once', async () => {
    const { sink, readBack, taken } = await disk();
    await readBack.follow(sink, bits(0, 1, 3, 7), 4);
    expect(taken()).toEqual([0, 1, 3]);
    await readBack.follow(sink, bits(0, 1, 2, 3, 7, 8), 8);
    expect(taken()).toEqual([2, 7]);
    expect(await readBack.rest(sink)).toEqual([]);
    expect(taken()).toEqual([4, 5, 6, 8, 9]);
  });

  it('[TR9] is all read at the end where nothing was before', async () => {
    const { sink, readBack, taken } = await disk();
    expect(await readBack.rest(sink)).toEqual([]);
    expect(taken()).toEqual(ALL);
  });

  it('[TR9] and wrong is told at the end, and looked at once more when it came again', async () => {
    const { bytes, sink, readBack, taken } = await disk();
    for (const index of [2, 5]) bytes[index * CHUNK] = 1 + (bytes[index * CHUNK] ?? 0);
    await readBack.follow(sink, bits(1, 2, 3), COUNT);
    expect(await readBack.rest(sink)).toEqual([2, 5]);
    taken();
    bytes[2 * CHUNK] = (bytes[2 * CHUNK] ?? 0) - 1;
    expect(await readBack.rest(sink)).toEqual([5]);
    expect(taken()).toEqual([2, 5]);
  });

  it('[TR9] does not count once it is asked for again', async () => {
    const { bytes, sink, readBack } = await disk();
    await readBack.follow(sink, bits(...ALL), COUNT);
    readBack.forget(4);
    bytes[4 * CHUNK] = 1 + (bytes[4 * CHUNK] ?? 0);
    expect(await readBack.rest(sink)).toEqual([4]);
  });

  it('[TR9] and shorter than it should be is wrong', async () => {
    const { bytes, layout, sink, readBack } = await disk();
    const short: Sink = {
      ...sink,
      read: (at, into) => Math.min(into.length, layout.size - 9 - at),
    };
    expect(bytes.length).toBe(layout.size);
    expect((await readBack.rest(short)).at(-1)).toBe(COUNT - 1);
  });

  it('[TR9] one look at a time, and the last one ends before the rest is looked at', async () => {
    const { sink, readBack, taken } = await disk();
    const following = readBack.follow(sink, bits(...ALL), COUNT);
    expect(readBack.follow(sink, bits(...ALL), COUNT)).toBeNull();
    expect(await readBack.rest(sink)).toEqual([]);
    await following;
    expect(taken()).toEqual(ALL);
  });

  it('and cannot be read: told at the end, not behind the writing', async () => {
    const { sink, state, readBack } = await disk();
    state.broken = true;
    await readBack.follow(sink, bits(...ALL), COUNT);
    await expect(readBack.rest(sink)).rejects.toMatchObject({ code: 'sink-failed' });
    state.broken = false;
    expect(await readBack.rest(sink)).toEqual([]);
  });

  it('is looked at by nobody any more once the run has ended', async () => {
    const { sink, state, readBack, taken } = await disk();
    state.goesOn = false;
    await readBack.follow(sink, bits(...ALL), COUNT);
    expect(await readBack.rest(sink)).toEqual([]);
    expect(taken()).toEqual([]);
  });
});
