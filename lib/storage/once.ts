import type { StorageArea } from './area.ts';

/** More than a person gets notifications in one run of the browser; the oldest are forgotten. */
const REMEMBERED = 500;
const KEY = 'told';

/**
 * What a person was told in this run of the browser, so that nothing is told twice although messages
 * are repeated and the worker dies in between. In `storage.session`: after the browser's restart an
 * open offer is shown again.
 */
export class ToldOnce {
  readonly #area: StorageArea;
  readonly #told: Set<string>;

  private constructor(area: StorageArea, told: Set<string>) {
    this.#area = area;
    this.#told = told;
  }

  static async open(area: StorageArea): Promise<ToldOnce> {
    const stored = (await area.get(KEY))[KEY];
    const told = Array.isArray(stored) ? stored.filter((key) => typeof key === 'string') : [];
    return new ToldOnce(area, new Set(told));
  }

  /** True the first time; written down before it answers. */
  async first(key: string): Promise<boolean> {
    if (this.#told.has(key)) return false;
    this.#told.add(key);
    for (const oldest of this.#told) {
      if (this.#told.size <= REMEMBERED) break;
      this.#told.delete(oldest);
    }
    await this.#area.set({ [KEY]: [...this.#told] });
    return true;
  }
}
