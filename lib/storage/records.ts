/**
 * Stored records, held in memory as they are on disk. Reading never waits; a change is in memory at
 * once and resolves when it is written, so "write before you act" is one `await`.
 */
import * as v from 'valibot';
import type { StorageArea } from './area.ts';
import { guarded, setAside } from './open-store.ts';

export class StoredRecords<T> {
  readonly #area: StorageArea;
  readonly #key: string;
  #records: ReadonlyMap<string, T>;
  #writing: Promise<void> = Promise.resolve();
  /** The write that waits for the one that runs. */
  #next: Promise<void> | null = null;

  private constructor(area: StorageArea, key: string, records: ReadonlyMap<string, T>) {
    this.#area = area;
    this.#key = key;
    this.#records = records;
  }

  /**
   * Takes the records under `key` out of opened data. What does not fit is set aside under a backup
   * key before anything is written, and told to `onBad`.
   */
  static async load<T>(
    area: StorageArea,
    data: Readonly<Record<string, unknown>>,
    key: string,
    schema: v.GenericSchema<unknown, T>,
    onBad: (key: string) => void,
  ): Promise<StoredRecords<T>> {
    const records = new Map<string, T>();
    const raw = data[key];
    const entries = v.safeParse(v.record(v.string(), v.unknown()), raw ?? {});
    const bad: Record<string, unknown> = {};
    if (entries.success) {
      for (const [id, value] of Object.entries(entries.output)) {
        const parsed = v.safeParse(schema, value);
        if (parsed.success) records.set(id, parsed.output);
        else bad[id] = value;
      }
    }
    const nothingFits = !entries.success;
    if (nothingFits || Object.keys(bad).length > 0) {
      await setAside(area, key, nothingFits ? raw : bad);
      onBad(key);
    }
    const loaded = new StoredRecords<T>(area, key, records);
    if (nothingFits || Object.keys(bad).length > 0) await loaded.#write();
    return loaded;
  }

  get(id: string): T | undefined {
    return this.#records.get(id);
  }

  get all(): ReadonlyMap<string, T> {
    return this.#records;
  }

  set(id: string, record: T): Promise<void> {
    return this.change((records) => records.set(id, record));
  }

  async delete(id: string): Promise<void> {
    if (this.#records.has(id)) await this.change((records) => records.delete(id));
  }

  /** Several changes in one write. @throws StorageError */
  change(edit: (records: Map<string, T>) => void): Promise<void> {
    const next = new Map(this.#records);
    edit(next);
    this.#records = next;
    return this.#write();
  }

  #write(): Promise<void> {
    // One after the other, and whatever was changed while one waits goes with it: always the newest
    // state, and a thousand changes at once are one write.
    this.#next ??= this.#writing.then(() => {
      this.#next = null;
      return guarded(() => this.#area.set({ [this.#key]: Object.fromEntries(this.#records) }));
    });
    this.#writing = this.#next.catch(() => undefined);
    return this.#next;
  }
}
