/** Lines that are kept: some hours of ordinary use, under half a megabyte. */
export const MAX_LOG_ENTRIES = 2_000;

/** The newest `capacity` items; an older one goes for each that comes. */
export class Ring<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  /** Where the next one goes, which is where the oldest is once it is full. */
  #at = 0;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError('capacity');
    this.#capacity = capacity;
  }

  push(item: T): void {
    this.#items[this.#at] = item;
    this.#at = (this.#at + 1) % this.#capacity;
  }

  clear(): void {
    this.#items.length = 0;
    this.#at = 0;
  }

  /** Oldest first. */
  get items(): T[] {
    const full = this.#items.length === this.#capacity;
    if (!full) return [...this.#items];
    return [...this.#items.slice(this.#at), ...this.#items.slice(0, this.#at)];
  }

  get size(): number {
    return this.#items.length;
  }
}
