import { clearNotice } from '../../lib/platform/notifications.ts';
import { openPopup } from '../../lib/platform/tabs.ts';
import type { App } from './app.ts';
import { ACCEPT_BUTTON, noticeTarget } from './notices.ts';
import { openSources, openTransfer } from './on-intent.ts';

/** A notification was clicked. */
export async function onNoticeClick(app: App, notificationId: string): Promise<void> {
  const target = noticeTarget(notificationId);
  switch (target?.type) {
    case 'offer':
      // Not an answer: the popup shows the offer with both buttons.
      return await openPopup();
    case 'text':
    case 'saved':
      await openTransfer(app, target.id);
      return await clearNotice(notificationId);
    case 'need':
      // It stays until it is done: `Needs` takes it away.
      if (target.need === 'allow-file' || target.need === 'choose-file')
        return await openSources(target.id);
      if (target.need === 'save-failed') return await openTransfer(app, target.id);
      return await openPopup();
    case 'tell':
    case 'trouble':
      return await clearNotice(notificationId);
    case undefined:
      return;
  }
}

/** One of an offer's two buttons. */
export async function onNoticeButton(
  app: App,
  notificationId: string,
  button: number,
): Promise<void> {
  const target = noticeTarget(notificationId);
  if (target?.type !== 'offer') return;
  // A password cannot be typed into a notification.
  if (target.locked && button === ACCEPT_BUTTON) return await openPopup();
  await app.offers.decide(target.id, button === ACCEPT_BUTTON ? 'accept' : 'decline');
}
