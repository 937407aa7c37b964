import { browser } from '../browser/index.ts';
import { openableUrl } from '../protocol/names.ts';
import { PlatformError } from './errors.ts';

export interface FrontPage {
  readonly url: string | undefined;
  readonly title: string | undefined;
}

/** The tab in front. Its address is known where a click or the command gave `activeTab`. */
export async function frontPage(): Promise<FrontPage> {
  const [tab] = await browser.tabs.query({ active: true, lastFocusedWindow: true });
  return { url: tab?.url, title: tab?.title };
}

/**
 * [TR13] A peer's text never opens `javascript:`, `file:` or the like.
 *
 * @throws PlatformError `not-a-link`
 */
export async function openLink(text: string): Promise<void> {
  const url = openableUrl(text);
  if (url === null || !URL.canParse(url)) throw new PlatformError('not-a-link');
  await browser.tabs.create({ url });
}

const WINDOW = { width: 460, height: 640 };

/** A page of the extension in a small window of its own. */
export async function openWindow(page: string): Promise<void> {
  await browser.windows.create({ url: browser.runtime.getURL(page), type: 'popup', ...WINDOW });
}

/** The popup where the browser lets us open it, else the same page in a window. */
export async function openPopup(): Promise<void> {
  try {
    await browser.action.openPopup();
  } catch {
    await openWindow('popup.html');
  }
}

/** In front, in a tab of its own: the one that is open already where there is one. */
export async function openHistory(): Promise<void> {
  const url = browser.runtime.getURL('history.html');
  const [open] = await browser.tabs.query({ url });
  if (open?.id === undefined) return void (await browser.tabs.create({ url }));
  await browser.tabs.update(open.id, { active: true });
  if (open.windowId !== undefined) await browser.windows.update(open.windowId, { focused: true });
}

export async function openSettings(): Promise<void> {
  await browser.runtime.openOptionsPage();
}
