import type { Source } from '../transfer/ports.ts';
import { SourceError } from '../transfer/errors.ts';

/**
 * Bytes that are asked of the browser at once where a file is read from front to back: each read is a
 * round trip to the browser's process, and in pieces of a chunk they cost more than the encryption.
 */
const PIECE_BYTES = 8 * 245_760;

/** Fills `into` from a copy, as far as there is one; else false, and nothing is read. */
export type CopyReader = (offset: number, into: Uint8Array) => boolean;

interface Piece {
  readonly from: number;
  readonly to: number;
  readonly bytes: Promise<Uint8Array>;
}

/**
 * A `File` or `Blob` as a `Source`. The browser itself refuses to read a picked file that changed
 * on disk since (`NotReadableError`); a missing one fails alike with `NotFoundError`.
 */
export class BlobSource implements Source {
  readonly size: number;
  readonly #blob: Blob;
  readonly #copy: CopyReader | undefined;
  /** The newest last; reads of the one before may still be under way. */
  #pieces: Piece[] = [];
  /** Where the next read begins if it goes on from the last one. */
  #next = 0;

  /** @param copy asked first */
  constructor(blob: Blob, copy?: CopyReader) {
    this.size = blob.size;
    this.#blob = blob;
    this.#copy = copy;
  }

  async read(offset: number, into: Uint8Array): Promise<number> {
    const to = offset + into.byteLength;
    if (this.#copy?.(offset, into) === true) {
      this.#next = to;
      return into.byteLength;
    }
    const piece = this.#pieceFor(offset, to);
    if (piece === null) {
      const bytes = await this.#readPart(offset, to);
      into.set(bytes);
      return bytes.byteLength;
    }
    const bytes = await piece.bytes;
    const part = bytes.subarray(offset - piece.from, to - piece.from);
    into.set(part);
    // The end of the file, or all of the piece: nobody asks for it again.
    if (to >= this.size || to >= piece.to) this.#pieces = this.#pieces.filter((p) => p !== piece);
    return part.byteLength;
  }

  close(): void {
    this.#pieces = [];
  }

  /** Null for a read that neither lies in a piece nor goes on from the last one. */
  #pieceFor(offset: number, to: number): Piece | null {
    const sequential = offset === this.#next;
    this.#next = to;
    const step = to - offset;
    const known = this.#pieces.find((piece) => offset >= piece.from && to <= piece.to);
    if (known !== undefined) {
      // Halfway through the newest the next one is asked for: it is there when its turn comes.
      const halfway = (known.from + known.to) / 2;
      const rest = this.size - known.to;
      if (known === this.#pieces.at(-1) && offset >= halfway && rest > 0)
        this.#begin(known.to, step);
      return known;
    }
    if (!sequential || this.size - offset <= step) return null;
    return this.#begin(offset, step);
  }

  #begin(offset: number, step: number): Piece {
    // Whole reads of the caller's size, so that none falls between two pieces.
    const length = Math.max(step, Math.floor(PIECE_BYTES / step) * step);
    const piece = {
      from: offset,
      to: Math.min(this.size, offset + length),
      bytes: this.#readPart(offset, offset + length),
    };
    // Its failure is told by each read of it; one that nobody awaits yet is no unhandled one.
    piece.bytes.catch(() => undefined);
    this.#pieces = [...this.#pieces.slice(-1), piece];
    return piece;
  }

  async #readPart(from: number, to: number): Promise<Uint8Array> {
    try {
      return new Uint8Array(await this.#blob.slice(from, to).arrayBuffer());
    } catch (cause) {
      const changed = cause instanceof DOMException && cause.name === 'NotReadableError';
      throw new SourceError(changed ? 'source-changed' : 'source-unreadable', undefined, { cause });
    }
  }
}
