import type { Menus, Tabs } from '../../lib/browser/index.ts';
import { errorCode } from '../../lib/errors/index.ts';
import { planClick } from '../../lib/platform/click-plan.ts';
import { menuChoice } from '../../lib/platform/menu-items.ts';
import { requestOrigin } from '../../lib/platform/origins.ts';
import { openPopup } from '../../lib/platform/tabs.ts';
import type { App } from './app.ts';
import { shareClicked } from './share-click.ts';

/**
 * A click in the context menu. Everything up to the browser's question about an origin happens in
 * the click's own task: after any `await` the click no longer counts, and the question is refused.
 */
export async function onMenuClick(
  ready: Promise<App>,
  info: Menus.OnClickData,
  tab: Tabs.Tab | undefined,
): Promise<void> {
  const choice = menuChoice(info.menuItemId);
  if (!choice) return;
  if (choice.type === 'pair') return await openPopup();
  if (choice.type === 'share') {
    const page = { tabId: tab?.id, url: tab?.url ?? info.pageUrl };
    return await shareClicked(ready, page, () => choice.deviceId);
  }
  const plan = planClick({
    kind: choice.kind,
    srcUrl: info.srcUrl,
    linkUrl: info.linkUrl,
    selectionText: info.selectionText,
    pageUrl: info.pageUrl ?? tab?.url,
    frameUrl: info.frameUrl,
    frameId: info.frameId,
    tabId: tab?.id,
    tabTitle: tab?.title,
  });
  const granted = plan.type === 'ask' ? requestOrigin(plan.origin) : undefined;
  const app = await ready;
  try {
    await app.sends.begin(choice.deviceId, plan, granted);
  } catch (error) {
    const code = errorCode(error);
    // A menu of before the device was removed.
    if (code === 'device-unknown') await app.menus.rebuild().catch(() => undefined);
    await app.notices.clickFailed(code);
  }
}
