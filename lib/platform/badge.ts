import { browser } from '../browser/index.ts';

const COLOUR = '#b3261e';

/** As in the manifest. */
const BUTTON_TITLE = 'Tallow Send';

/** Red, on the toolbar button; nothing for an empty text. */
export async function showBadge(text: string): Promise<void> {
  await browser.action.setBadgeBackgroundColor({ color: COLOUR });
  await browser.action.setBadgeText({ text });
}

/** On the button while this tab is in front; null: as for every other tab. */
export interface TabMark {
  readonly text: string;
  /** What the button says when it is pointed at. */
  readonly title: string;
}

/** The browser takes it away by itself when the tab goes to another page. Never fails: tabs close. */
export async function markTab(tabId: number, mark: TabMark | null): Promise<void> {
  const { action } = browser;
  await Promise.allSettled([
    action.setBadgeText({ tabId, text: mark?.text ?? null }),
    // Chromium has no way back to the manifest's own.
    action.setTitle({ tabId, title: mark?.title ?? BUTTON_TITLE }),
  ]);
}
