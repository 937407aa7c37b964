import { browser } from '../browser/index.ts';
import { isWebUrl } from './click-plan.ts';
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

/** @throws PlatformError `not-a-link`: a peer's text never opens `javascript:`, `file:` or the like */
export async function openLink(url: string): Promise<void> {
  if (!isWebUrl(url)) throw new PlatformError('not-a-link');
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

export async function openSettings(): Promise<void> {
  await browser.runtime.openOptionsPage();
}
