import type { StoredRecords } from './records.ts';

const ONLY = 'current';

/** One record that always has a value: what is stored, else `fallback`. */
export class StoredValue<T> {
  readonly #records: StoredRecords<T>;
  readonly #fallback: T;

  constructor(records: StoredRecords<T>, fallback: T) {
    this.#records = records;
    this.#fallback = fallback;
  }

  get(): T {
    return this.#records.get(ONLY) ?? this.#fallback;
  }

  /** @throws StorageError */
  set(value: T): Promise<void> {
    return this.#records.set(ONLY, value);
  }
}
