import { SinkError } from '../../../lib/transfer/errors.ts';
import type { Sink, SinkStore, Source, SourceStore } from '../../../lib/transfer/ports.ts';
import { MemorySinkStore } from './memory-stores.ts';

/** So far apart are the stamps in a stamped chunk; every chunk size is a multiple of it. */
const BLOCK_BYTES = 4096;

/**
 * What a file of many GiB holds, computed and never kept: zeros, and in stamped chunks each block
 * begins with its own offset, so that no block passes for another.
 */
export class SparseContent implements Source {
  readonly size: number;
  readonly #chunkSize: number;
  readonly #stamped: ((chunk: number) => boolean) | null;

  /** @param stamped null: all of them */
  constructor(size: number, chunkSize: number, stamped: ((chunk: number) => boolean) | null) {
    this.size = size;
    this.#chunkSize = chunkSize;
    this.#stamped = stamped;
  }

  fill(offset: number, into: Uint8Array): number {
    if (offset % BLOCK_BYTES !== 0) throw new Error('an offset that no chunk has');
    const length = Math.max(0, Math.min(into.length, this.size - offset));
    into.fill(0, 0, length);
    const view = new DataView(into.buffer, into.byteOffset, length);
    for (let at = 0; at + 8 <= length; at += BLOCK_BYTES) {
      const chunk = Math.floor((offset + at) / this.#chunkSize);
      if (this.#stamped?.(chunk) === false) continue;
      view.setBigUint64(at, BigInt(offset + at) ^ 0x5a5a_5a5a_5a5a_5a5an);
    }
    return length;
  }

  read(offset: number, into: Uint8Array): Promise<number> {
    return Promise.resolve(this.fill(offset, into));
  }
}

export function sparseSources(content: SparseContent, modified: number): SourceStore {
  return {
    open: () => Promise.resolve({ source: content, modified }),
    move: () => Promise.resolve(),
    release: () => Promise.resolve(),
  };
}

/** One file that should come to be `content`: keeps which chunks were put down, and where. */
export class SparseSinks extends MemorySinkStore implements SinkStore {
  readonly offsets: number[] = [];
  /** Offsets at which something else was written than belongs there. */
  readonly wrong: number[] = [];
  readonly #content: SparseContent;
  readonly #chunkSize: number;
  readonly #present: Uint8Array;
  readonly #scratch: Uint8Array;

  /** @param present chunks that are there from the beginning */
  constructor(content: SparseContent, chunkSize: number, present: (chunk: number) => boolean) {
    super();
    this.#content = content;
    this.#chunkSize = chunkSize;
    this.#present = Uint8Array.from({ length: Math.ceil(content.size / chunkSize) }, (_, chunk) =>
      present(chunk) ? 1 : 0,
    );
    this.#scratch = new Uint8Array(chunkSize);
  }

  override open(_transferId: string, _fileId: number, size: number): Promise<Sink> {
    if (size !== this.#content.size) return Promise.reject(new SinkError('sink-failed', 'size'));
    return Promise.resolve({
      write: (offset, bytes) => {
        const expected = this.#scratch.subarray(0, bytes.length);
        const length = this.#content.fill(offset, expected);
        this.offsets.push(offset);
        if (length !== bytes.length || Buffer.compare(expected, bytes) !== 0) {
          this.wrong.push(offset);
        } else this.#present[offset / this.#chunkSize] = 1;
      },
      read: (offset, into) => {
        const length = this.#content.fill(offset, into);
        if (this.#present[offset / this.#chunkSize] !== 1) into.fill(0xee);
        return length;
      },
      flush: () => undefined,
      close: () => undefined,
    });
  }
}
