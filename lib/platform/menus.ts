import { browser } from '../browser/index.ts';
import { menuItems, type MenuDevice, type MenuItem } from './menu-items.ts';

/** Remembers what the menu was built from, as long as the menu itself lives. */
export interface BuiltShape {
  get(): Promise<string>;
  set(shape: string): Promise<void>;
}

/**
 * Keeps the context menu equal to the devices. One build at a time; a call during a build makes one
 * more build with the newest devices, so that calls never interleave (`create` of an id that a
 * parallel build just created fails). A menu that shows the devices already is left alone: between
 * taking items away and creating them a click would find none.
 */
export class Menus {
  readonly #devices: () => readonly MenuDevice[];
  readonly #built: BuiltShape;
  #building: Promise<void> | undefined;
  #again = false;
  #anew = false;

  constructor(devices: () => readonly MenuDevice[], built: BuiltShape) {
    this.#devices = devices;
    this.#built = built;
  }

  /**
   * Resolves when the menu shows the devices.
   *
   * @param anew builds it even where it should be right already: the browser may have dropped it.
   * @throws Error when the browser refused an item; the next call builds it again.
   */
  rebuild({ anew = false }: { readonly anew?: boolean } = {}): Promise<void> {
    this.#again = true;
    this.#anew ||= anew;
    this.#building ??= this.#run();
    return this.#building;
  }

  async #run(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        await this.#build();
      }
    } finally {
      // In the same step as the last look at `#again`, or a call in between would be lost.
      this.#building = undefined;
    }
  }

  async #build(): Promise<void> {
    const built = await this.#built.get();
    const items = menuItems(this.#devices());
    const shape = JSON.stringify(items);
    if (shape === built && !this.#anew) return;
    this.#anew = false;
    await this.#built.set('');
    await browser.contextMenus.removeAll();
    await Promise.all(items.map(create));
    await this.#built.set(shape);
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
