import { browser } from '../browser/index.ts';

const COLOUR = '#b3261e';

/** The number of offers that wait for an answer, on the toolbar button; nothing for none. */
export async function showBadge(count: number): Promise<void> {
  await browser.action.setBadgeBackgroundColor({ color: COLOUR });
  await browser.action.setBadgeText({ text: count === 0 ? '' : count > 99 ? '99+' : `${count}` });
}
