import { equalBytes, type Bytes } from '../crypto/bytes.ts';
import { HASH_BYTES } from '../protocol/limits.ts';
import { Bitmap, hasBit } from './bitmap.ts';
import { chunkLength, type Layout } from './chunking.ts';
import { VERIFY_OPERATIONS } from './constants.ts';
import { leafOf } from './merkle.ts';
import type { Sink } from './ports.ts';

/**
 * [TR9] Reads back what lies on the disk and compares each chunk with its leaf: most of it while the
 * rest is still coming, so that after a film nobody waits until all of it was read once more.
 */
export class ReadBack {
  readonly #layout: Layout;
  readonly #leaves: Uint8Array;
  /** Read back, right or wrong; and of those the right ones. */
  readonly #seen: Bitmap;
  readonly #right: Bitmap;
  /** Being read: what is found there counts unless it was forgotten meanwhile. */
  readonly #reading = new Set<number>();
  #following: Promise<void> | null = null;

  /** @param leaves 32 bytes a chunk; those that are known stay as they are */
  constructor(layout: Layout, leaves: Uint8Array) {
    this.#layout = layout;
    this.#leaves = leaves;
    this.#seen = new Bitmap(layout.count);
    this.#right = new Bitmap(layout.count);
  }

  /**
   * Looks at what was not seen yet, behind the writing. What is wrong is left to `rest`: a chunk is
   * asked for again when all of them went.
   *
   * @param flushed bits of chunks that lie on the disk, as `Bitmap.page` gives them
   * @param leaves how many of the leaves are known, from the first on
   * @param goesOn asked between chunks
   * @returns null while it is at it from an earlier time. Never rejects.
   */
  follow(
    sink: Sink,
    flushed: Uint8Array,
    leaves: number,
    goesOn: () => boolean,
  ): Promise<void> | null {
    if (this.#following !== null) return null;
    const unseen = without(this.#seen, leaves, flushed);
    this.#following = this.#follow(sink, unseen, goesOn);
    return this.#following;
  }

  /** It was written anew: whatever was found there before does not count. */
  forget(index: number): void {
    this.#seen.delete(index);
    this.#right.delete(index);
    this.#reading.delete(index);
  }

  /**
   * Looks at what was not found right yet.
   *
   * @param goesOn asked between chunks; false ends it with what is known by then
   * @returns the indexes of those that are wrong, ascending. @throws SinkError
   */
  async rest(sink: Sink, goesOn: () => boolean): Promise<number[]> {
    await this.#following;
    return this.#wrong(sink, without(this.#right, this.#layout.count), goesOn);
  }

  async #follow(sink: Sink, chunks: Iterator<number>, goesOn: () => boolean): Promise<void> {
    try {
      await this.#wrong(sink, chunks, goesOn);
    } catch {
      // A disk that cannot be read: `rest` tells.
    } finally {
      this.#following = null;
    }
  }

  /** @param chunks shared by the readers: each takes the next one */
  async #wrong(sink: Sink, chunks: Iterator<number>, goesOn: () => boolean): Promise<number[]> {
    const { chunkSize, size, count } = this.#layout;
    const wrong: number[] = [];
    const failures: unknown[] = [];
    const reader = async (): Promise<void> => {
      const buffer = new Uint8Array(1 + Math.min(chunkSize, size));
      while (failures.length === 0 && goesOn()) {
        const next = chunks.next();
        if (next.done === true) return;
        const index = next.value;
        this.#reading.add(index);
        const right = await this.#isRight(sink, index, buffer);
        if (!this.#reading.delete(index)) continue;
        this.#seen.add(index);
        if (right) this.#right.add(index);
        else wrong.push(index);
      }
    };
    // All of them have their hands off the disk before a failure of one is told.
    const tell = (error: unknown): void => void failures.push(error);
    const length = Math.min(VERIFY_OPERATIONS, count);
    await Promise.all(Array.from({ length }, () => reader().catch(tell)));
    if (failures.length > 0) throw failures[0];
    return wrong.sort((x, y) => x - y);
  }

  async #isRight(sink: Sink, index: number, buffer: Bytes): Promise<boolean> {
    const prefixed = buffer.subarray(0, 1 + chunkLength(this.#layout, index));
    const read = await sink.read(index * this.#layout.chunkSize, prefixed.subarray(1));
    if (read !== prefixed.length - 1) return false;
    const leaf = this.#leaves.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
    return equalBytes(await leafOf(prefixed), leaf);
  }
}

/** The indexes below `end` that `done` lacks and `among` has, as they are when they are asked for. */
function* without(done: Bitmap, end: number, among?: Uint8Array): Generator<number> {
  for (let at = done.firstMissing(0); at !== null && at < end; at = done.firstMissing(at + 1)) {
    if (among === undefined || hasBit(among, at)) yield at;
  }
}
