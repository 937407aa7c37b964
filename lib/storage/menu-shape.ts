import type { StorageArea } from './area.ts';

const KEY = 'menu';

/**
 * What the context menu was last built from, in this run of the browser. The menu outlives workers,
 * so a new one that finds the same here leaves it alone. Empty while a build is under way.
 */
export class MenuShape {
  readonly #area: StorageArea;

  constructor(area: StorageArea) {
    this.#area = area;
  }

  async get(): Promise<string> {
    const stored = (await this.#area.get(KEY))[KEY];
    return typeof stored === 'string' ? stored : '';
  }

  async set(shape: string): Promise<void> {
    await this.#area.set({ [KEY]: shape });
  }
}
