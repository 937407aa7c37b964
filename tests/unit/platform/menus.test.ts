import { beforeEach, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { browser } from '../../../lib/browser/index.ts';
import { menuItems, type MenuDevice } from '../../../lib/platform/menu-items.ts';
import { Menus } from '../../../lib/platform/menus.ts';
import { MenuShape } from '../../../lib/storage/menu-shape.ts';
import { FakeArea } from '../storage/fake-area.ts';

const DESK = { deviceId: 'd'.repeat(64), name: 'Desk' };
const PHONE = { deviceId: 'e'.repeat(64), name: 'Phone' };

/** As the browser does it: slowly, and refusing an id that is there already. */
let shown: Map<string, string>;
let creates: number;
let session: FakeArea;
let built: MenuShape;

beforeEach(() => {
  fakeBrowser.reset();
  shown = new Map();
  creates = 0;
  session = new FakeArea();
  built = new MenuShape(session);
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
  await new Menus(() => [DESK, PHONE], built).rebuild();
  expect(shown).toEqual(titles([DESK, PHONE]));
});

it('builds once for many calls at the same time, and never an id twice', async () => {
  let devices: MenuDevice[] = [DESK];
  const menus = new Menus(() => devices, built);
  const first = menus.rebuild();
  devices = [DESK, PHONE];
  await Promise.all([first, menus.rebuild(), menus.rebuild(), menus.rebuild()]);
  expect(shown).toEqual(titles([DESK, PHONE]));
});

it('takes over whatever an earlier worker left in the menu', async () => {
  await new Menus(() => [DESK, PHONE], built).rebuild();
  await new Menus(() => [DESK], built).rebuild();
  expect(shown).toEqual(titles([DESK]));
});

it('leaves a menu alone that shows the devices already', async () => {
  const menus = new Menus(() => [DESK], built);
  await menus.rebuild();
  const before = creates;
  await menus.rebuild();
  expect(creates).toBe(before);
});

it('tries again after the browser refused an item', async () => {
  const menus = new Menus(() => [DESK], built);
  vi.mocked(browser.contextMenus.removeAll).mockImplementationOnce(async () => {});
  shown.set('send:image:' + DESK.deviceId, 'left over');
  await expect(menus.rebuild()).rejects.toThrow('duplicate id');
  await menus.rebuild();
  expect(shown).toEqual(titles([DESK]));
});

it('leaves a menu alone that an earlier worker built, until it is told to build it anew', async () => {
  await new Menus(() => [DESK], built).rebuild();
  const before = creates;
  const menus = new Menus(() => [DESK], new MenuShape(session));
  await menus.rebuild();
  expect(browser.contextMenus.removeAll).toHaveBeenCalledOnce();
  await menus.rebuild({ anew: true });
  expect(creates).toBe(2 * before);
  expect(shown).toEqual(titles([DESK]));
});

it('is built by the next worker when one died in the middle', async () => {
  vi.mocked(browser.contextMenus.create).mockImplementationOnce(() => 'and never an answer');
  void new Menus(() => [DESK], built).rebuild();
  await vi.waitFor(() => expect(creates).toBeGreaterThan(0));
  await new Menus(() => [DESK], new MenuShape(session)).rebuild();
  expect(shown).toEqual(titles([DESK]));
});

it('misses no call, at whatever moment of a build it comes', async () => {
  // The fakes take microtasks only, so that counting them reaches every moment, also the last one.
  for (let moment = 0; moment < 60; moment += 1) {
    await built.set('');
    let devices: MenuDevice[] = [DESK];
    const menus = new Menus(() => devices, built);
    void menus.rebuild();
    for (let n = 0; n < moment; n += 1) await Promise.resolve();
    devices = [PHONE];
    await menus.rebuild();
    expect(shown, `after ${moment} microtasks`).toEqual(titles([PHONE]));
  }
});
