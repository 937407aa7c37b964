/**
 * The one source of chance in a simulated run (sfc32): the same numbers for the same seed, on every
 * machine. Parts that must not disturb each other's numbers take a `fork` each.
 */
export class Dice {
  readonly #seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, salt = 0) {
    this.#seed = seed >>> 0;
    this.#a = this.#seed;
    this.#b = salt >>> 0;
    this.#c = 0x9e37_79b9;
    for (let round = 0; round < 12; round++) this.#word();
  }

  /** Another stream of the same seed. */
  fork(salt: number): Dice {
    return new Dice(this.#seed, salt);
  }

  /** From 0 up to 1. */
  next(): number {
    return this.#word() / 2 ** 32;
  }

  /** 0 … n − 1. */
  int(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** Both ends included. */
  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const found = list[this.int(list.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    const words = new Uint32Array(bytes.buffer, 0, length >>> 2);
    for (let i = 0; i < words.length; i++) words[i] = this.#word();
    for (let i = words.length * 4; i < length; i++) bytes[i] = this.#word();
    return bytes;
  }

  #word(): number {
    const sum = (((this.#a + this.#b) >>> 0) + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }
}
