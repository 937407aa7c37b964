import { browser, type Tabs } from '../browser/index.ts';
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

/** Title and address only where a click or the command gave `activeTab`. */
export interface TabFacts extends FrontPage {
  readonly tabId: number;
}

export async function frontTab(): Promise<TabFacts | undefined> {
  const [tab] = await browser.tabs.query({ active: true, lastFocusedWindow: true });
  return tab && factsOf(tab);
}

/** Undefined for a tab that is closed. */
export async function tabFacts(tabId: number): Promise<TabFacts | undefined> {
  try {
    return factsOf(await browser.tabs.get(tabId));
  } catch {
    return undefined;
  }
}

function factsOf({ id, url, title }: Tabs.Tab): TabFacts | undefined {
  return id === undefined ? undefined : { tabId: id, url, title };
}

/** Tabs in which this page of the extension is open, whatever comes after its name. */
export async function tabsAt(page: string): Promise<Tabs.Tab[]> {
  return await browser.tabs.query({ url: `${browser.runtime.getURL(page)}*` });
}

/** @param page of the extension, to be loaded there */
export async function showTab({ id, windowId }: Tabs.Tab, page?: string): Promise<void> {
  const url = page === undefined ? undefined : browser.runtime.getURL(page);
  if (id !== undefined) await browser.tabs.update(id, { active: true, ...(url && { url }) });
  if (windowId !== undefined) await browser.windows.update(windowId, { focused: true });
}

const WINDOW = { width: 460, height: 640 };

/** A page of the extension in a window of its own. */
export async function openWindow(
  page: string,
  size: { readonly width: number; readonly height: number } = WINDOW,
): Promise<void> {
  await browser.windows.create({ url: browser.runtime.getURL(page), type: 'popup', ...size });
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
  if (open === undefined) return void (await browser.tabs.create({ url }));
  await showTab(open);
}

export async function openSettings(): Promise<void> {
  await browser.runtime.openOptionsPage();
}
