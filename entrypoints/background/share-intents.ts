/** What a person does about shares. */
import { TallowError } from '../../lib/errors/index.ts';
import type { Intent } from '../../lib/messaging/intents.ts';
import { DEFAULT_QUALITY } from '../../lib/share/quality.ts';
import { capturesTabs } from '../../lib/platform/tab-capture.ts';
import type { App } from './app.ts';
import { openSharePage, openViewer } from './viewers.ts';

export class ShareIntentError extends TallowError<'device-unknown' | 'unknown-share'> {}

export type ShareIntent = Extract<Intent, { type: `share/${string}` }>;

export function isShareIntent(intent: Intent): intent is ShareIntent {
  return intent.type.startsWith('share/');
}

/** Resolves when it is done or safely under way. @throws ShareIntentError, PlatformError, CallError */
export async function onShareIntent(app: App, intent: ShareIntent): Promise<void> {
  const { offscreen } = app;
  switch (intent.type) {
    case 'share/tab':
      if (!capturesTabs()) return await choose(app, intent.deviceId, 'tab');
      return await app.tabShares.begin(intent.deviceId, intent.tabId);
    case 'share/screen':
      return await choose(app, intent.deviceId, 'any');
    case 'share/captured':
      return await startCaptured(app, intent);
    case 'share/show':
      return await openViewer(intent.shareId, app.shares.watchedBeside(intent.shareId));
    case 'share/quality': {
      const { settings } = app.stores;
      await settings.set({ ...settings.get(), share: intent.settings });
      app.hub.changed();
      await offscreen.callIfOpen(intent);
      return;
    }
    case 'share/accept':
    case 'share/decline':
    case 'share/dismiss':
    case 'share/unprotected':
    case 'share/stop':
    case 'share/allow-pointer':
      // With the document gone its shares are gone too: none is made for them.
      if (!(await offscreen.adopt())) throw new ShareIntentError('unknown-share');
      await offscreen.call(intent);
      return;
  }
}

async function choose(app: App, deviceId: string, wanted: 'tab' | 'any'): Promise<void> {
  if (!app.devices.has(deviceId)) throw new ShareIntentError('device-unknown');
  await openSharePage(deviceId, wanted);
}

type Captured = Extract<Intent, { type: 'share/captured' }>;

async function startCaptured(app: App, { deviceId, sourceId, title }: Captured): Promise<void> {
  try {
    if (!app.devices.has(deviceId)) throw new ShareIntentError('device-unknown');
    await app.offscreen.call({
      type: 'share/start',
      deviceId,
      source: 'screen',
      sourceId,
      streamId: null,
      title,
      settings: app.stores.settings.get().share ?? DEFAULT_QUALITY,
    });
  } catch (error) {
    // Or it would be captured, and shown by the browser to be, with nobody who watches.
    await app.offscreen.callIfOpen({ type: 'share/source-gone', sourceId });
    throw error;
  }
}
