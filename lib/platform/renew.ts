import { browser, contextsApi } from '../browser/index.ts';

/** For tests and the demo, whose browsers are in developer mode: nothing in the interface sets it. */
const TRUSTED_KEY = 'loadAnew';

/**
 * Whether this extension comes back when it is loaded anew. An unpacked one does so in developer mode
 * only, and cannot know that.
 */
async function comesBack(): Promise<boolean> {
  const { installType } = await browser.management.getSelf();
  if (installType !== 'development') return true;
  return (await browser.storage.local.get(TRUSTED_KEY))[TRUSTED_KEY] === true;
}

/** Whether a page of this extension is open in a tab or a window; popups and the document are none. */
async function pagesOpen(): Promise<boolean> {
  const contextTypes = ['TAB'] as chrome.runtime.ContextType[];
  const open = await contextsApi()?.getContexts({ contextTypes });
  return (open?.length ?? 0) > 0;
}

/** Whether a person would lose no page by `loadAnew`, and not the extension itself. */
export async function mayLoadAnew(): Promise<boolean> {
  return (await comesBack()) && !(await pagesOpen());
}

/** Loads the extension anew: its pages close, and whatever runs in them ends. */
export function loadAnew(): void {
  browser.runtime.reload();
}
