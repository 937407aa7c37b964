import { describe, expect, it } from 'vitest';
import { BlobSource } from '../../../lib/files/blob-source.ts';
import { SourceError } from '../../../lib/transfer/errors.ts';

const CHUNK = 245_760;

/** A blob that says what was asked of it. */
class Watched extends Blob {
  readonly asked: [number, number][] = [];
  failsFrom = Infinity;

  override slice(from = 0, to = this.size): Blob {
    this.asked.push([from, to]);
    if (to > this.failsFrom) {
      const gone = new Blob([]);
      gone.arrayBuffer = () => Promise.reject(new DOMException('changed', 'NotReadableError'));
      return gone;
    }
    return super.slice(from, to);
  }
}

function watched(size: number): { blob: Watched; bytes: Uint8Array<ArrayBuffer> } {
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
  return { blob: new Watched([bytes]), bytes };
}

async function readChunk(source: BlobSource, index: number, length = CHUNK): Promise<Uint8Array> {
  const into = new Uint8Array(length);
  const read = await source.read(index * CHUNK, into);
  return into.subarray(0, read);
}

describe('a blob as a source', () => {
  it('read from front to back, several reads at a time, is asked for in large pieces', async () => {
    const size = 20 * CHUNK + 1000;
    const { blob, bytes } = watched(size);
    const source = new BlobSource(blob);
    for (let at = 0; at < 21; at += 6) {
      const indexes = [0, 1, 2, 3, 4, 5].map((i) => at + i).filter((index) => index < 21);
      const chunks = await Promise.all(
        indexes.map((index) => readChunk(source, index, Math.min(CHUNK, size - index * CHUNK))),
      );
      for (const [i, chunk] of chunks.entries()) {
        const from = (at + i) * CHUNK;
        expect(chunk).toEqual(bytes.subarray(from, Math.min(size, from + CHUNK)));
      }
    }
    expect(blob.asked.length).toBeLessThanOrEqual(4);
  });

  it('read here and there gives what is there, and nothing else is read', async () => {
    const { blob, bytes } = watched(10 * CHUNK);
    const source = new BlobSource(blob);
    for (const index of [7, 2, 9]) {
      expect(await readChunk(source, index)).toEqual(
        bytes.subarray(index * CHUNK, (index + 1) * CHUNK),
      );
    }
    const asked = blob.asked.reduce((sum, [from, to]) => sum + to - from, 0);
    expect(asked).toBe(3 * CHUNK);
  });

  it('goes on in pieces from where a resumed file goes on', async () => {
    const { blob, bytes } = watched(12 * CHUNK);
    const source = new BlobSource(blob);
    for (const index of [5, 6, 7, 8, 9]) {
      expect(await readChunk(source, index)).toEqual(
        bytes.subarray(index * CHUNK, (index + 1) * CHUNK),
      );
    }
    expect(blob.asked).toHaveLength(2);
  });

  it('asked for more than it has, says how much it has', async () => {
    const { blob, bytes } = watched(100);
    const into = new Uint8Array(101);
    expect(await new BlobSource(blob).read(0, into)).toBe(100);
    expect(into.subarray(0, 100)).toEqual(bytes);
  });

  it('that changed on the disk fails every read of the piece, typed, and no other', async () => {
    const { blob } = watched(20 * CHUNK);
    blob.failsFrom = 9 * CHUNK;
    const source = new BlobSource(blob);
    const first = [0, 1, 2].map((index) => readChunk(source, index));
    await expect(Promise.all(first)).resolves.toHaveLength(3);
    for (const index of [3, 4, 5, 6, 7]) await readChunk(source, index);
    const later = [8, 9].map((index) => readChunk(source, index));
    for (const read of later) {
      await expect(read).rejects.toThrow(SourceError);
      await expect(read).rejects.toMatchObject({ code: 'source-changed' });
    }
  });
});
