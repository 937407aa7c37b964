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
  const readBack = new ReadBack(layout, leaves);
  const goesOn = () => state.goesOn;
  return {
    layout,
    bytes,
    leaves,
    sink,
    state,
    readBack,
    taken: () => reads.splice(0).sort((a, b) => a - b),
    follow: (flushed: readonly number[], known = COUNT) =>
      readBack.follow(sink, page(flushed), known, goesOn),
    rest: (from: Sink = sink) => readBack.rest(from, goesOn),
  };
}

function page(indexes: readonly number[]): Uint8Array {
  const bitmap = new Bitmap(COUNT);
  for (const index of indexes) bitmap.add(index);
  return bitmap.page(0, Infinity);
}

const ALL = Array.from({ length: COUNT }, (_, index) => index);

describe('what lies on the disk', () => {
  it('[TR9] is read back behind the writing, as far as leaves are known, and only once', async () => {
    const { follow, rest, taken } = await disk();
    await follow([0, 1, 3, 7], 4);
    expect(taken()).toEqual([0, 1, 3]);
    await follow([0, 1, 2, 3, 7, 8], 8);
    expect(taken()).toEqual([2, 7]);
    expect(await rest()).toEqual([]);
    expect(taken()).toEqual([4, 5, 6, 8, 9]);
  });

  it('[TR9] is all read at the end where nothing was before', async () => {
    const { rest, taken } = await disk();
    expect(await rest()).toEqual([]);
    expect(taken()).toEqual(ALL);
  });

  it('[TR9] and wrong is told at the end, and looked at once more when it came again', async () => {
    const { bytes, follow, rest, taken } = await disk();
    for (const index of [2, 5]) bytes[index * CHUNK] = 1 + (bytes[index * CHUNK] ?? 0);
    await follow([1, 2, 3]);
    expect(await rest()).toEqual([2, 5]);
    taken();
    bytes[2 * CHUNK] = (bytes[2 * CHUNK] ?? 0) - 1;
    expect(await rest()).toEqual([5]);
    expect(taken()).toEqual([2, 5]);
  });

  it('[TR9] does not count once it is asked for again', async () => {
    const { bytes, readBack, follow, rest } = await disk();
    await follow(ALL);
    readBack.forget(4);
    bytes[4 * CHUNK] = 1 + (bytes[4 * CHUNK] ?? 0);
    expect(await rest()).toEqual([4]);
  });

  it('[TR9] does not count when it was forgotten while it was read, right as it was', async () => {
    const { bytes, readBack, follow, rest, taken } = await disk();
    const following = follow([4]);
    readBack.forget(4);
    await following;
    bytes[4 * CHUNK] = 1 + (bytes[4 * CHUNK] ?? 0);
    taken();
    expect(await rest()).toEqual([4]);
    expect(taken()).toEqual(ALL);
  });

  it('[TR9] and wrong is read once behind the writing, however often that is followed', async () => {
    const { leaves, follow, rest, taken } = await disk();
    leaves.fill(0, 2 * HASH_BYTES, 5 * HASH_BYTES);
    for (let flush = 0; flush < 5; flush++) await follow(ALL);
    expect(taken()).toEqual(ALL);
    expect(await rest()).toEqual([2, 3, 4]);
  });

  it('[TR9] and shorter than it should be is wrong', async () => {
    const { bytes, layout, sink, rest } = await disk();
    const short: Sink = {
      ...sink,
      read: (at, into) => Math.min(into.length, layout.size - 9 - at),
    };
    expect(bytes.length).toBe(layout.size);
    expect((await rest(short)).at(-1)).toBe(COUNT - 1);
  });

  it('[TR9] one look at a time, and the last one ends before the rest is looked at', async () => {
    const { follow, rest, taken } = await disk();
    const following = follow(ALL);
    expect(follow(ALL)).toBeNull();
    expect(await rest()).toEqual([]);
    await following;
    expect(taken()).toEqual(ALL);
  });

  it('and cannot be read: told at the end, not behind the writing', async () => {
    const { state, follow, rest } = await disk();
    state.broken = true;
    await follow(ALL);
    await expect(rest()).rejects.toMatchObject({ code: 'sink-failed' });
    state.broken = false;
    expect(await rest()).toEqual([]);
  });

  it('[TR9] one read that fails ends all readers, and hides nothing that is wrong', async () => {
    for (const wrong of ALL.slice(1)) {
      const { bytes, sink, readBack, rest } = await disk();
      bytes[wrong * CHUNK] = 1 + (bytes[wrong * CHUNK] ?? 0);
      const failing: Sink = {
        ...sink,
        read: (at, into) => {
          if (at === 0) throw new SinkError('sink-failed');
          return sink.read(at, into);
        },
      };
      await readBack.follow(failing, page(ALL), COUNT, () => true);
      expect(await rest()).toEqual([wrong]);
    }
  });

  it('is looked at by nobody any more once the run has ended', async () => {
    const { state, follow, rest, taken } = await disk();
    state.goesOn = false;
    await follow(ALL);
    expect(await rest()).toEqual([]);
    expect(taken()).toEqual([]);
  });
});
