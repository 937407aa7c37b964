import { beforeEach, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { browser } from '../../../lib/browser/index.ts';
import { menuItems, type MenuDevice } from '../../../lib/platform/menu-items.ts';
import { Menus } from '../../../lib/platform/menus.ts';

const DESK = { deviceId: 'd'.repeat(64), name: 'Desk' };
const PHONE = { deviceId: 'e'.repeat(64), name: 'Phone' };

/** As the browser does it: slowly, and refusing an id that is there already. */
let shown: Map<string, string>;
let creates: number;

beforeEach(() => {
  fakeBrowser.reset();
  shown = new Map();
  creates = 0;
  const { contextMenus, runtime } = browser;
  const lastError = vi.spyOn(runtime, 'lastError', 'get');
  vi.spyOn(contextMenus, 'removeAll').mockImplementation(async () => {
    await Promise.resolve();
    shown.clear();
  });
  vi.spyOn(contextMenus, 'create').mockImplementation((item, done) => {
    creates += 1;
    const id = String(item.id);
    queueMicrotask(() => {
      const known = shown.has(id);
      if (!known) shown.set(id, item.title ?? '');
      lastError.mockReturnValue(known ? { message: `duplicate id ${id}` } : undefined);
      done?.();
      lastError.mockReturnValue(undefined);
    });
    return id;
  });
});

const titles = (devices: readonly MenuDevice[]) =>
  new Map(menuItems(devices).map(({ id, title }) => [id, title]));

it('shows the devices', async () => {
  await new Menus(() => [DESK, PHONE]).rebuild();
  expect(shown).toEqual(titles([DESK, PHONE]));
});

it('builds once for many calls at the same time, and never an id twice', async () => {
  let devices: MenuDevice[] = [DESK];
  const menus = new Menus(() => devices);
  const first = menus.rebuild();
  devices = [DESK, PHONE];
  await Promise.all([first, menus.rebuild(), menus.rebuild(), menus.rebuild()]);
  expect(shown).toEqual(titles([DESK, PHONE]));
});

it('takes over whatever an earlier worker left in the menu', async () => {
  await new Menus(() => [DESK, PHONE]).rebuild();
  await new Menus(() => [DESK]).rebuild();
  expect(shown).toEqual(titles([DESK]));
});

it('leaves a menu alone that shows the devices already', async () => {
  const menus = new Menus(() => [DESK]);
  await menus.rebuild();
  const before = creates;
  await menus.rebuild();
  expect(creates).toBe(before);
});

it('tries again after the browser refused an item', async () => {
  const menus = new Menus(() => [DESK]);
  vi.mocked(browser.contextMenus.removeAll).mockImplementationOnce(async () => {});
  shown.set('send:image:' + DESK.deviceId, 'left over');
  await expect(menus.rebuild()).rejects.toThrow('duplicate id');
  await menus.rebuild();
  expect(shown).toEqual(titles([DESK]));
});
