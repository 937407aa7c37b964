import { browser } from '../browser/index.ts';
import { menuItems, type MenuDevice, type MenuItem } from './menu-items.ts';

/**
 * Keeps the context menu equal to the devices. One build at a time; a call during a build makes one
 * more build with the newest devices, so that calls never interleave (`create` of an id that a
 * parallel build just created fails).
 */
export class Menus {
  readonly #devices: () => readonly MenuDevice[];
  #building: Promise<void> | undefined;
  #again = false;
  /** What this worker built last: nothing to do when it is the same. */
  #built = '';

  constructor(devices: () => readonly MenuDevice[]) {
    this.#devices = devices;
  }

  /** Resolves when the menu shows the devices. */
  rebuild(): Promise<void> {
    this.#again = true;
    this.#building ??= this.#run().finally(() => {
      this.#building = undefined;
    });
    return this.#building;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      const items = menuItems(this.#devices());
      const shape = JSON.stringify(items);
      if (shape === this.#built) continue;
      this.#built = '';
      await browser.contextMenus.removeAll();
      await Promise.all(items.map(create));
      this.#built = shape;
    }
  }
}

/** @throws Error with the browser's own words. */
function create({ id, title, contexts, parentId }: MenuItem): Promise<void> {
  return new Promise((resolve, reject) => {
    browser.contextMenus.create(
      { id, title, contexts: [...contexts], ...(parentId && { parentId }) },
      () => {
        const error = browser.runtime.lastError;
        if (error) reject(new Error(error.message ?? 'menu item refused'));
        else resolve();
      },
    );
  });
}
