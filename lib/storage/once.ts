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

  /**
   * Runs `show` unless this was told. Written down only afterwards: a worker that dies in between
   * shows it a second time, under the same id and so in place of the first, rather than never.
   */
  async tell(key: string, show: () => Promise<void>): Promise<void> {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    for (const oldest of this.#told) {
      if (this.#told.size <= REMEMBERED) break;
      this.#told.delete(oldest);
    }
    await show();
    await this.#write();
  }

  /** It is over: should it come up again, it is told again. */
  async forget(key: string): Promise<void> {
    if (this.#told.delete(key)) await this.#write();
  }

  async #write(): Promise<void> {
    await this.#area.set({ [KEY]: [...this.#told] });
  }
}
