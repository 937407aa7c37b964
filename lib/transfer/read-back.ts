import { equalBytes } from '../crypto/bytes.ts';
import { HASH_BYTES } from '../protocol/limits.ts';
import { Bitmap } from './bitmap.ts';
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
  readonly #goesOn: () => boolean;
  /** Read back and right. */
  readonly #right: Bitmap;
  #following: Promise<void> | null = null;

  /**
   * @param leaves 32 bytes a chunk
   * @param goesOn asked between chunks; false ends it with what is known by then
   */
  constructor(layout: Layout, leaves: Uint8Array, goesOn: () => boolean) {
    this.#layout = layout;
    this.#leaves = leaves;
    this.#goesOn = goesOn;
    this.#right = new Bitmap(layout.count);
  }

  /**
   * Looks at what is there, behind the writing. What is wrong is left to `rest`: a chunk is asked for
   * again when all of them went.
   *
   * @param flushed chunks that lie on the disk
   * @param leaves how many of the leaves are known, from the first on: those stay as they are
   * @returns null while it is at it from an earlier time. Never rejects.
   */
  follow(sink: Sink, flushed: Bitmap, leaves: number): Promise<void> | null {
    if (this.#following !== null) return null;
    // A disk that cannot be read is told by `rest`.
    const done = () => void (this.#following = null);
    this.#following = this.#wrong(sink, this.#unseen(leaves, flushed)).then(done, done);
    return this.#following;
  }

  /** It comes again: whatever was found there does not count. */
  forget(index: number): void {
    this.#right.delete(index);
  }

  /**
   * Looks at what was not found right yet.
   *
   * @returns the indexes of those that are wrong, ascending. @throws SinkError
   */
  async rest(sink: Sink): Promise<number[]> {
    await this.#following;
    return this.#wrong(sink, this.#unseen(this.#layout.count));
  }

  *#unseen(end: number, among?: Bitmap): Generator<number> {
    const right = this.#right;
    for (let at = right.firstMissing(0); at !== null && at < end; at = right.firstMissing(at + 1)) {
      if (among?.has(at) !== false) yield at;
    }
  }

  /** @param chunks shared by the readers: each takes the next one */
  async #wrong(sink: Sink, chunks: Iterator<number>): Promise<number[]> {
    const { chunkSize, size } = this.#layout;
    const wrong: number[] = [];
    const reader = async (): Promise<void> => {
      const buffer = new Uint8Array(1 + Math.min(chunkSize, size));
      while (this.#goesOn()) {
        const next = chunks.next();
        if (next.done === true) return;
        const index = next.value;
        const prefixed = buffer.subarray(0, 1 + chunkLength(this.#layout, index));
        const read = await sink.read(index * chunkSize, prefixed.subarray(1));
        const leaf = read === prefixed.length - 1 ? await leafOf(prefixed) : null;
        if (leaf !== null && equalBytes(leaf, this.#leafAt(index))) this.#right.add(index);
        else wrong.push(index);
      }
    };
    await Promise.all(Array.from({ length: VERIFY_OPERATIONS }, reader));
    return wrong.sort((a, b) => a - b);
  }

  #leafAt(index: number): Uint8Array {
    return this.#leaves.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }
}
