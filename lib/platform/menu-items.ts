/** What the context menu holds, as data: ids are stable, so building it again changes nothing. */

export const MENU_KINDS = ['image', 'video', 'audio', 'link', 'selection', 'page'] as const;
export type MenuKind = (typeof MENU_KINDS)[number];

export interface MenuDevice {
  readonly deviceId: string;
  readonly name: string;
}

export interface MenuItem {
  readonly id: string;
  readonly title: string;
  readonly contexts: readonly [MenuKind, ...MenuKind[]];
  readonly parentId?: string;
}

export const PAIR_ITEM_ID = 'pair';
const SHARE_ID = 'share';

const NOUNS: Readonly<Record<MenuKind, string>> = {
  image: 'image',
  video: 'video',
  audio: 'audio',
  link: 'link',
  selection: 'selected text',
  page: 'page',
};

/** In the order to create them: a parent comes before its children. */
export function menuItems(devices: readonly MenuDevice[]): MenuItem[] {
  const [only, ...others] = devices;
  if (only === undefined) {
    return [{ id: PAIR_ITEM_ID, title: 'Pair a device…', contexts: [...MENU_KINDS] }];
  }
  if (others.length === 0) {
    const sends = MENU_KINDS.map((kind): MenuItem => ({
      id: sendItemId(kind, only.deviceId),
      title: `Send ${NOUNS[kind]} to ${titleText(only.name)}`,
      contexts: [kind],
    }));
    const title = `Share this tab with ${titleText(only.name)}`;
    return [...sends, { id: shareItemId(only.deviceId), title, contexts: ['page'] }];
  }
  const sends = MENU_KINDS.flatMap((kind): MenuItem[] => [
    { id: `send:${kind}`, title: `Send ${NOUNS[kind]} to`, contexts: [kind] },
    ...devices.map(({ deviceId, name }): MenuItem => ({
      id: sendItemId(kind, deviceId),
      title: titleText(name),
      contexts: [kind],
      parentId: `send:${kind}`,
    })),
  ]);
  const shares = devices.map(({ deviceId, name }): MenuItem => ({
    id: shareItemId(deviceId),
    title: titleText(name),
    contexts: ['page'],
    parentId: SHARE_ID,
  }));
  return [...sends, { id: SHARE_ID, title: 'Share this tab with', contexts: ['page'] }, ...shares];
}

export function sendItemId(kind: MenuKind, deviceId: string): string {
  return `send:${kind}:${deviceId}`;
}

export function shareItemId(deviceId: string): string {
  return `${SHARE_ID}:${deviceId}`;
}

export type MenuChoice =
  | { readonly type: 'pair' }
  | { readonly type: 'share'; readonly deviceId: string }
  | { readonly type: 'send'; readonly kind: MenuKind; readonly deviceId: string };

/** What an id stands for; undefined for one that is not ours. Must stay synchronous. */
export function menuChoice(id: string | number): MenuChoice | undefined {
  if (id === PAIR_ITEM_ID) return { type: 'pair' };
  const shared = /^share:([0-9a-f]{64})$/.exec(String(id))?.[1];
  if (shared !== undefined) return { type: 'share', deviceId: shared };
  const parts = /^send:([a-z]+):([0-9a-f]{64})$/.exec(String(id));
  const kind = MENU_KINDS.find((candidate) => candidate === parts?.[1]);
  const deviceId = parts?.[2];
  return kind && deviceId ? { type: 'send', kind, deviceId } : undefined;
}

/** In a menu's title `&` marks an access key and `%s` stands for the selection. */
function titleText(name: string): string {
  return name.replaceAll('&', '&&').replaceAll('%s', '% s');
}
