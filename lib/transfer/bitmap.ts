/** Which chunks of a file are there. Bits MSB first, as `have` carries them. */
export class Bitmap {
  readonly count: number;
  readonly #bits: Uint8Array;
  #set = 0;

  constructor(count: number) {
    this.count = count;
    this.#bits = new Uint8Array(Math.ceil(count / 8));
  }

  /** How many bits are set. */
  get size(): number {
    return this.#set;
  }

  get full(): boolean {
    return this.#set === this.count;
  }

  has(index: number): boolean {
    return hasBit(this.#bits, index);
  }

  add(index: number): void {
    if (this.has(index) || index >= this.count) return;
    this.#bits[index >>> 3] = (this.#bits[index >>> 3] ?? 0) | (0x80 >>> (index & 7));
    this.#set++;
  }

  delete(index: number): void {
    if (!this.has(index)) return;
    this.#bits[index >>> 3] = (this.#bits[index >>> 3] ?? 0) & ~(0x80 >>> (index & 7));
    this.#set--;
  }

  /** The first index from `start` on that is not set, or null. */
  firstMissing(start: number): number | null {
    for (let index = start; index < this.count; index++) {
      if ((index & 7) === 0 && this.#bits[index >>> 3] === 0xff) index += 7;
      else if (!this.has(index)) return index;
    }
    return null;
  }

  /** The bits of a page: a copy. `from` is a multiple of 8. */
  page(from: number, maxBytes: number): Uint8Array<ArrayBuffer> {
    const start = from >>> 3;
    return this.#bits.slice(start, start + maxBytes);
  }

  /**
   * Adds the bits of a page. Answers false, and adds nothing, where it does not lie within the
   * bitmap or has bits past its end.
   */
  addPage(from: number, page: Uint8Array): boolean {
    const start = from / 8;
    if (!Number.isInteger(start) || start + page.length > this.#bits.length) return false;
    const spare = this.#bits.length * 8 - this.count;
    if (
      start + page.length === this.#bits.length &&
      ((page.at(-1) ?? 0) & ((1 << spare) - 1)) !== 0
    ) {
      return false;
    }
    for (let i = 0; i < page.length * 8; i++) {
      if (hasBit(page, i)) this.add(from + i);
    }
    return true;
  }
}

/** @param page bits MSB first, as `Bitmap.page` gives them */
export function hasBit(page: Uint8Array, index: number): boolean {
  return ((page[index >>> 3] ?? 0) & (0x80 >>> (index & 7))) !== 0;
}
