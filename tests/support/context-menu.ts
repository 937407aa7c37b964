/**
 * Chooses an item of the context menu by dispatching the event in the worker. It runs the listener
 * and grants nothing: no user gesture, no activeTab. tests/full has the real mouse.
 */
import type { Page } from 'puppeteer';
import { sendItemId, shareItemId, type MenuKind } from '../../lib/platform/menu-items.ts';
import type { ExtensionBrowser } from './browser.ts';

export interface MenuClick {
  readonly kind: MenuKind;
  readonly deviceId: string;
  readonly srcUrl?: string;
  readonly linkUrl?: string;
  readonly selectionText?: string;
}

export async function chooseMenuItem(
  owner: ExtensionBrowser,
  page: Page,
  { kind, deviceId, srcUrl, linkUrl, selectionText }: MenuClick,
): Promise<void> {
  await choose(owner, page, {
    menuItemId: sendItemId(kind, deviceId),
    ...(srcUrl !== undefined && { srcUrl, mediaType: kind }),
    ...(linkUrl !== undefined && { linkUrl }),
    ...(selectionText !== undefined && { selectionText }),
  });
}

/** "Share this tab with", of this page. */
export async function chooseShareItem(
  owner: ExtensionBrowser,
  page: Page,
  deviceId: string,
): Promise<void> {
  await choose(owner, page, { menuItemId: shareItemId(deviceId) });
}

async function choose(
  owner: ExtensionBrowser,
  page: Page,
  item: { readonly menuItemId: string },
): Promise<void> {
  await page.bringToFront();
  const info = { editable: false, pageUrl: page.url(), frameId: 0, ...item };
  await owner.inWorker(async (clicked) => {
    const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
    // Events of extension APIs can be dispatched; the published types leave that out.
    const event = chrome.contextMenus.onClicked as unknown as {
      dispatch(info: unknown, tab: chrome.tabs.Tab | undefined): void;
    };
    event.dispatch(clicked, tab);
  }, info);
}
