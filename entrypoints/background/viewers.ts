import { openWindow, showTab, tabsAt } from '../../lib/platform/tabs.ts';

const PAGE = 'viewer.html';
const SIZE = { width: 960, height: 640 };

/**
 * In front: the page that shows this share already; else one that shows nothing any more; else a
 * new one.
 *
 * @param others ids of the other shares that are watched: their pages are left alone
 */
export async function openViewer(shareId: string, others: ReadonlySet<string>): Promise<void> {
  const page = `${PAGE}?${new URLSearchParams({ share: shareId })}`;
  const open = (await tabsAt(PAGE)).map((tab) => ({ tab, shows: shareAt(tab.url) }));
  const own = open.find(({ shows }) => shows === shareId);
  if (own !== undefined) return await showTab(own.tab);
  const free = open.find(({ shows }) => shows === null || !others.has(shows));
  if (free === undefined) return await openWindow(page, SIZE);
  // The only one takes it by itself, sooner than it would be loaded again.
  return await showTab(free.tab, open.length > 1 ? page : undefined);
}

function shareAt(address: string | undefined): string | null {
  return URL.parse(address ?? '')?.searchParams.get('share') ?? null;
}

/**
 * The browser's own picker opens only upon a click in a visible page.
 *
 * @param wanted a tab: that one was to be shared, and is to be chosen
 */
export async function openSharePage(deviceId: string, wanted: 'tab' | 'any'): Promise<void> {
  const query = { device: deviceId, ...(wanted === 'tab' && { wanted }) };
  await openWindow(`share.html?${new URLSearchParams(query)}`);
}
