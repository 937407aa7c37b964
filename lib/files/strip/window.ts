import { StripError } from './errors.ts';

/** Reads `length` bytes at `offset`, or as many as there are. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/** Bytes looked at together: headers are found without a read for each of them. */
const WINDOW_BYTES = 256 * 1024;

/**
 * A piece of a picture in memory that moves along with the parser. What lies in it is read without
 * waiting, so that a million tiny blocks do not take a million turns of the event loop.
 */
export class ByteWindow {
  readonly size: number;
  readonly #readAt: ReadAt;
  #bytes: Uint8Array = new Uint8Array();
  #start = 0;

  constructor(size: number, readAt: ReadAt) {
    this.size = size;
    this.#readAt = readAt;
  }

  /** Whether `length` bytes at `offset` lie in memory. */
  has(offset: number, length: number): boolean {
    return offset >= this.#start && offset + length <= this.#start + this.#bytes.length;
  }

  /**
   * Brings `length` bytes (at most the window) at `offset` into memory.
   *
   * @throws StripError `picture-malformed` when the picture ends before; what `readAt` throws
   */
  async load(offset: number, length: number): Promise<void> {
    if (offset + length > this.size) throw new StripError('picture-malformed', 'ends too early');
    this.#bytes = await this.#readAt(offset, Math.min(WINDOW_BYTES, this.size - offset));
    this.#start = offset;
    if (this.#bytes.length < length)
      throw new StripError('picture-unreadable', 'fewer bytes than said');
  }

  /** A byte in memory. */
  u8(offset: number): number {
    const byte = this.#bytes[offset - this.#start];
    if (byte === undefined) throw new Error('not in the window');
    return byte;
  }

  u16(offset: number): number {
    return (this.u8(offset) << 8) | this.u8(offset + 1);
  }

  u32(offset: number): number {
    return this.u16(offset) * 0x1_0000 + this.u16(offset + 2);
  }

  u16le(offset: number): number {
    return (this.u8(offset + 1) << 8) | this.u8(offset);
  }

  u32le(offset: number): number {
    return this.u16le(offset + 2) * 0x1_0000 + this.u16le(offset);
  }

  /** `length` bytes in memory as Latin-1. */
  text(offset: number, length: number): string {
    let out = '';
    for (let i = 0; i < length; i++) out += String.fromCharCode(this.u8(offset + i));
    return out;
  }

  /** Where `byte` is next in memory from `offset` on, or the end of what is in memory. */
  indexOf(byte: number, offset: number): number {
    const at = this.#bytes.indexOf(byte, offset - this.#start);
    return at === -1 ? this.end : this.#start + at;
  }

  /** Where memory ends. */
  get end(): number {
    return this.#start + this.#bytes.length;
  }
}
