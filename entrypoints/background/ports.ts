import type { Runtime } from '../../lib/browser/index.ts';
import { errorCode } from '../../lib/errors/index.ts';
import { isOwnPage } from '../../lib/messaging/rpc.ts';
import { SNAPSHOT_VERSION, type Snapshot, type ViewUpdate } from '../../lib/messaging/snapshot.ts';
import { frontTab } from '../../lib/platform/tabs.ts';
import { DEFAULT_QUALITY } from '../../lib/share/quality.ts';
import { VIEW_PORT } from '../../lib/messaging/view-client.ts';
import type { App } from './app.ts';

/** Kept open by the offscreen document, so that it notices this worker's death and wakes the next. */
const OFFSCREEN_PORT = 'offscreen';

/** A port was opened to the extension. Ports of content scripts are the document's, not ours. */
export function onPort(ready: Promise<App>, port: Runtime.Port): void {
  if (!port.sender || !isOwnPage(port.sender)) return;
  if (port.name === VIEW_PORT) {
    // Over whatever is in front; in a tab or window of its own it was not opened by a click there.
    const clicked = isOwnPage(port.sender, 'popup.html') && port.sender.tab === undefined;
    if (clicked) void ready.then((app) => onPopup(app)).catch(() => undefined);
    return serveView(ready, port);
  }
  if (port.name === OFFSCREEN_PORT && isOwnPage(port.sender, 'offscreen.html')) {
    port.onDisconnect.addListener(() => void ready.then((app) => app.offscreen.lost()));
  }
}

/** A click on the button: what it waited for, and the title of a shared tab that went to another site. */
async function onPopup(app: App): Promise<void> {
  await app.tabShares.clicked();
  const front = await frontTab();
  if (front === undefined) return;
  await app.shares.tabChanged(front.tabId, () => Promise.resolve(front.title ?? ''));
}

function serveView(ready: Promise<App>, port: Runtime.Port): void {
  let open = true;
  let close = (): void => {};
  port.onDisconnect.addListener(() => {
    open = false;
    close();
  });
  ready.then(knowing).then(
    (app) => {
      if (!open) return;
      app.hub.attach(port);
      app.viewOpened();
      app.connection.keep();
      close = () => {
        app.hub.detach(port);
        app.viewClosed();
      };
    },
    (error: unknown) => {
      const update: ViewUpdate = { type: 'full', snapshot: brokenSnapshot(errorCode(error)) };
      if (open) port.postMessage(update);
    },
  );
}

/** How long a view waits for what the document has. One that is only just opened takes longer. */
const ADOPT_MS = 500;

/**
 * A worker that has just begun knows nothing of transfers and shares: a view that outlived the one
 * before would let go of all that it shows, a picture too, to get it anew a moment later.
 */
async function knowing(app: App): Promise<App> {
  const adopted = app.offscreen.adopt().catch(() => false);
  await Promise.race([adopted, new Promise((resolve) => setTimeout(resolve, ADOPT_MS))]);
  return app;
}

/** What a view sees when the stored data cannot be used: nothing of it, and why. */
function brokenSnapshot(problem: string): Snapshot {
  return {
    version: SNAPSHOT_VERSION,
    self: { deviceId: '', shortId: '', name: '' },
    signaling: { state: 'offline', url: '', reason: problem },
    devices: [],
    pairing: { state: 'idle' },
    transfers: [],
    shares: [],
    settings: {
      deviceName: '',
      signalingUrl: '',
      codeStyle: 'words',
      privacyMode: false,
      stunServers: '',
      turnServers: '',
      debugLog: false,
      historyDays: 90,
      share: DEFAULT_QUALITY,
    },
    relayKnown: false,
    check: null,
    outbox: null,
    lastDeviceId: null,
    problem,
  };
}
