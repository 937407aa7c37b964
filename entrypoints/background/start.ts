import { browser } from '../../lib/browser/index.ts';
import { callOffscreen } from '../../lib/messaging/rpc.ts';
import { ensureAlarms } from '../../lib/platform/alarms.ts';
import { defaultDeviceName } from '../../lib/platform/device-name.ts';
import { chromiumOffscreen } from '../../lib/platform/offscreen-host.ts';
import { openSignalingSocket } from '../../lib/platform/signaling-socket.ts';
import { openBackgroundStores } from '../../lib/storage/background-stores.ts';
import { openHistory } from '../../lib/storage/history-open.ts';
import { App } from './app.ts';
import { DeviceBook } from './device-book.ts';

/** Reads what is stored and builds the worker's state from it. @throws StorageError */
export async function startApp(): Promise<App> {
  const [stores, defaultName] = await Promise.all([
    openBackgroundStores(browser.storage.local, browser.storage.session),
    defaultDeviceName(),
    ensureAlarms(),
  ]);
  return new App({
    stores,
    devices: await DeviceBook.open(stores),
    host: chromiumOffscreen,
    callOffscreen,
    openSocket: openSignalingSocket,
    openHistory,
    defaultName,
    origin: browser.runtime.getURL(''),
    now: Date.now,
  });
}
