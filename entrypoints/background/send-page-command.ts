import type { Tabs } from '../../lib/browser/index.ts';
import { errorCode } from '../../lib/errors/index.ts';
import { planPage } from '../../lib/platform/click-plan.ts';
import { frontPage, openPopup } from '../../lib/platform/tabs.ts';
import type { App } from './app.ts';

export const SEND_PAGE_COMMAND = 'send-page';

/** The keyboard command: this page to the last device. Without one, the popup to choose it. */
export async function sendPage(app: App, tab: Tabs.Tab | undefined): Promise<void> {
  const deviceId = app.lastDeviceId;
  if (deviceId === null) return await openPopup();
  const page = tab?.url === undefined ? await frontPage() : tab;
  try {
    await app.sends.begin(deviceId, planPage(page.url, page.title));
  } catch (error) {
    await app.notices.clickFailed(errorCode(error));
  }
}
