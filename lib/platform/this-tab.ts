import { browser } from '../browser/index.ts';

/** Closes the tab that the calling page is in, and its window where it is the only one. */
export async function closeThisTab(): Promise<void> {
  const tab = await browser.tabs.getCurrent();
  if (tab.id !== undefined) await browser.tabs.remove(tab.id);
}
