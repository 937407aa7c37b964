import { describe, expect, it } from 'vitest';
import {
  MENU_KINDS,
  menuChoice,
  menuItems,
  PAIR_ITEM_ID,
  sendItemId,
  shareItemId,
} from '../../../lib/platform/menu-items.ts';

const DESK = { deviceId: 'd'.repeat(64), name: 'Desk' };
const PHONE = { deviceId: 'e'.repeat(64), name: 'Phone' };

describe('menu items', () => {
  it('offers pairing, and nothing else, while no device is known', () => {
    expect(menuItems([])).toEqual([
      { id: PAIR_ITEM_ID, title: 'Pair a device…', contexts: [...MENU_KINDS] },
    ]);
  });

  it('names the only device in the item itself, without a submenu', () => {
    const items = menuItems([DESK]);
    expect(items.map(({ title }) => title)).toEqual([
      'Send image to Desk',
      'Send video to Desk',
      'Send audio to Desk',
      'Send link to Desk',
      'Send selected text to Desk',
      'Send page to Desk',
      'Share this tab with Desk',
    ]);
    expect(items.every(({ parentId }) => parentId === undefined)).toBe(true);
    expect(items.map(({ contexts }) => contexts)).toEqual(
      [...MENU_KINDS, 'page'].map((kind) => [kind]),
    );
  });

  it('gives several devices a submenu for each kind, parents before children', () => {
    const items = menuItems([DESK, PHONE]);
    expect(items).toHaveLength((MENU_KINDS.length + 1) * 3);
    const known = new Set<string>();
    for (const { id, parentId } of items) {
      if (parentId !== undefined) expect(known).toContain(parentId);
      expect(known).not.toContain(id);
      known.add(id);
    }
    expect(
      items.filter(({ parentId }) => parentId === 'send:image').map(({ title }) => title),
    ).toEqual(['Desk', 'Phone']);
    expect(items.slice(-3)).toEqual([
      { id: 'share', title: 'Share this tab with', contexts: ['page'] },
      expect.objectContaining({ title: 'Desk', parentId: 'share' }),
      expect.objectContaining({ title: 'Phone', parentId: 'share' }),
    ]);
  });

  it('writes a name so that the menu shows it as it is', () => {
    const [item] = menuItems([{ ...DESK, name: 'R&D %s' }]);
    expect(item?.title).toBe('Send image to R&&D % s');
  });
});

describe('menu choice', () => {
  it.each(MENU_KINDS)('reads back the id of %s', (kind) => {
    expect(menuChoice(sendItemId(kind, DESK.deviceId))).toEqual({
      type: 'send',
      kind,
      deviceId: DESK.deviceId,
    });
  });

  it('reads back which device a tab is to be shared with', () => {
    const deviceId = DESK.deviceId;
    expect(menuChoice(shareItemId(deviceId))).toEqual({ type: 'share', deviceId });
  });

  it('knows the pairing item', () => {
    expect(menuChoice(PAIR_ITEM_ID)).toEqual({ type: 'pair' });
  });

  it.each([
    'send:image',
    'send:image:',
    `send:folder:${DESK.deviceId}`,
    'send:image:xyz',
    'share',
    'share:7',
    '',
    7,
  ])('takes %o for nothing of ours', (id) => {
    expect(menuChoice(id)).toBeUndefined();
  });
});
