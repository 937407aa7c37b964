import { openWindow, showTab, tabsAt } from '../../lib/platform/tabs.ts';

const PAGE = 'viewer.html';
const SIZE = { width: 960, height: 640 };

/**
 * In front: the page that shows this share already; else one that shows nothing any more, and takes
 * it by itself; else a new one.
 *
 * @param alone no other share is watched, so that a page that is open has none to show
 */
export async function openViewer(shareId: string, alone: boolean): Promise<void> {
  const page = `${PAGE}?${new URLSearchParams({ share: shareId })}`;
  const open = await tabsAt(PAGE);
  const own = open.find(({ url }) => url?.endsWith(page));
  const found = own ?? (alone ? open[0] : undefined);
  if (found !== undefined) return await showTab(found);
  await openWindow(page, SIZE);
}
