import { browser } from '../../lib/browser/index.ts';
import { tabFacts } from '../../lib/platform/tabs.ts';
import type { App } from './app.ts';

export const STOP_SHARING_COMMAND = 'stop-sharing';

/** Registers at once: the event that wakes a worker is lost on listeners that come later. */
export function watchTabs(whenReady: (work: (app: App) => Promise<unknown>) => void): void {
  browser.tabs.onRemoved.addListener((tabId) => {
    whenReady((app) => app.shares.tabClosed(tabId));
  });
  browser.tabs.onUpdated.addListener((tabId, { status, title }) => {
    if (status === undefined && title === undefined) return;
    // Without access to the page that it shows by now its title stays unknown.
    const readTitle = async () => (await tabFacts(tabId))?.title ?? '';
    whenReady((app) => app.shares.tabChanged(tabId, readTitle));
  });
}
