import { clearNotice } from '../../lib/platform/notifications.ts';
import { openPopup } from '../../lib/platform/tabs.ts';
import type { App } from './app.ts';
import { ACCEPT_BUTTON, noticeTarget } from './notices.ts';
import { openSources, openTransfer } from './on-intent.ts';
import { onShareIntent } from './share-intents.ts';
import { shareNoticeTarget, type ShareNoticeTarget } from './share-notices.ts';

/** A notification was clicked. */
export async function onNoticeClick(app: App, notificationId: string): Promise<void> {
  const share = shareNoticeTarget(notificationId);
  if (share?.type === 'over') return await clearNotice(notificationId);
  // Not an answer: the popup shows what it is about, with all its buttons.
  if (share !== undefined) return await openPopup();
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

/** A button of an offer or of a share. */
export async function onNoticeButton(
  app: App,
  notificationId: string,
  button: number,
): Promise<void> {
  const share = shareNoticeTarget(notificationId);
  if (share !== undefined) {
    await onShareButton(app, share, button);
    return await clearNotice(notificationId);
  }
  const target = noticeTarget(notificationId);
  if (target?.type !== 'offer') return;
  // A password cannot be typed into a notification.
  if (target.locked && button === ACCEPT_BUTTON) return await openPopup();
  await app.offers.decide(target.id, button === ACCEPT_BUTTON ? 'accept' : 'decline');
}

/** The first button of each goes on with it, but for a share that is on, where it is the only one. */
async function onShareButton(
  app: App,
  { type, shareId }: ShareNoticeTarget,
  button: number,
): Promise<void> {
  const first = button === ACCEPT_BUTTON;
  switch (type) {
    case 'ask':
      return await onShareIntent(app, { type: first ? 'share/accept' : 'share/decline', shareId });
    case 'bare':
      return await onShareIntent(app, {
        type: first ? 'share/unprotected' : 'share/stop',
        shareId,
      });
    case 'on':
      return await onShareIntent(app, { type: 'share/stop', shareId });
    case 'over':
      return;
  }
}
