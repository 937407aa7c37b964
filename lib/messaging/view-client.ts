import { browser } from '../browser/index.ts';
import type { Intent, IntentAnswer } from './intents.ts';
import { SNAPSHOT_VERSION, type Snapshot, type ViewUpdate } from './snapshot.ts';

/** Name of the port on which background publishes the snapshot. */
export const VIEW_PORT = 'view';

/**
 * Follows the snapshot from a page. Connecting wakes background; when background dies the port
 * closes and is opened again, which wakes it again, so a view never goes stale.
 */
export function followSnapshot(onSnapshot: (snapshot: Snapshot) => void): () => void {
  let current: Snapshot | null = null;
  let stopped = false;
  let disconnect = () => {};

  const connect = () => {
    const port = browser.runtime.connect({ name: VIEW_PORT });
    port.onMessage.addListener((message: unknown) => {
      // Only background can answer on this port: the sender is our own extension by construction.
      const update = message as ViewUpdate;
      if (update.type === 'full') {
        if (update.snapshot.version !== SNAPSHOT_VERSION) return location.reload();
        current = update.snapshot;
      } else if (current) current = { ...current, ...update.parts };
      if (current) onSnapshot(current);
    });
    port.onDisconnect.addListener(() => {
      if (!stopped) connect();
    });
    disconnect = () => port.disconnect();
  };
  connect();
  return () => {
    stopped = true;
    disconnect();
  };
}

/** Sends an intent to background and gives its answer; a lost background is an answer too. */
export async function sendIntent(intent: Intent): Promise<IntentAnswer> {
  try {
    const answer: unknown = await browser.runtime.sendMessage({ to: 'background', intent });
    return (answer as IntentAnswer | undefined) ?? { ok: false, code: 'no-answer' };
  } catch {
    return { ok: false, code: 'no-answer' };
  }
}
