import type { Tabs } from '../../lib/browser/index.ts';
import { errorCode } from '../../lib/errors/index.ts';
import { whyNotCapturable } from '../../lib/platform/capturable.ts';
import { capturesTabs, requestCapture } from '../../lib/platform/tab-capture.ts';
import { openPopup } from '../../lib/platform/tabs.ts';
import type { App } from './app.ts';
import { onShareIntent } from './share-intents.ts';

export const SHARE_TAB_COMMAND = 'share-tab';

/** The tab that a click in the menu or the command was made on. */
interface ClickedTab {
  readonly tabId: number | undefined;
  readonly url: string | undefined;
}

/**
 * A tab is to be shared by a click in the menu, or by the command. The browser is asked in the event's
 * own task: after any `await` it no longer counts as a click, and the question is refused. Where it
 * would come to nothing, nobody is asked.
 *
 * @param deviceIdOf null: a person has to choose
 */
export async function shareClicked(
  ready: Promise<App>,
  { tabId, url }: ClickedTab,
  deviceIdOf: (app: App) => string | null,
): Promise<void> {
  const capturable = capturesTabs() && whyNotCapturable(url) === null;
  const granted = capturable ? requestCapture() : undefined;
  const app = await ready;
  const deviceId = deviceIdOf(app);
  if (deviceId === null) return await openPopup();
  try {
    await onShareIntent(app, {
      type: 'share/tab',
      deviceId,
      ...(tabId !== undefined && { tabId }),
    });
  } catch (error) {
    const code = errorCode(error);
    // A menu of before the device was removed.
    if (code === 'device-unknown') await app.menus.rebuild().catch(() => undefined);
    // The browser is asking: once it allows it, `permissions.onAdded` goes on, in any worker.
    if (code !== 'needs-capture') await app.notices.shareFailed(code);
    else if ((await granted) === true) await app.tabShares.allowed();
  }
}

/** The keyboard command: this tab with the last device. Without one, the popup to choose it. */
export async function shareTab(ready: Promise<App>, tab: Tabs.Tab | undefined): Promise<void> {
  const page = { tabId: tab?.id, url: tab?.url };
  await shareClicked(ready, page, (app) => app.lastDeviceId);
}
