/** Reads what views read: the snapshot that background publishes on the `view` port. */
import type { Page } from 'puppeteer';
import type { Intent, IntentAnswer } from '../../lib/messaging/intents.ts';
import type { Snapshot, TransferView, ViewUpdate } from '../../lib/messaging/snapshot.ts';
import type { ExtensionBrowser } from './browser.ts';
import { until, type WaitOptions } from './wait.ts';

/**
 * Follows the snapshot in the driver tab, in the worker's page so that no update is missed.
 * A follower wakes a dead worker at once, as open views do: tests of its life call `readOnce`.
 */
export class Follower {
  readonly #owner: ExtensionBrowser;
  readonly #page: Page;

  private constructor(owner: ExtensionBrowser, page: Page) {
    this.#owner = owner;
    this.#page = page;
  }

  static async open(owner: ExtensionBrowser): Promise<Follower> {
    const page = await owner.driver();
    await page.evaluate(() => {
      const world = globalThis as typeof globalThis & { seen?: Snapshot; unfollow?: () => void };
      world.unfollow?.();
      delete world.seen;
      let stopped = false;
      const connect = () => {
        const port = chrome.runtime.connect({ name: 'view' });
        port.onMessage.addListener((message: unknown) => {
          const update = message as ViewUpdate;
          if (update.type === 'full') world.seen = update.snapshot;
          else if (world.seen) world.seen = { ...world.seen, ...update.parts };
        });
        port.onDisconnect.addListener(() => {
          if (!stopped) connect();
        });
        world.unfollow = () => {
          stopped = true;
          port.disconnect();
        };
      };
      connect();
    });
    return new Follower(owner, page);
  }

  async read(): Promise<Snapshot> {
    return await until(`${this.#owner.name}: a snapshot`, () => this.#peek());
  }

  /** Waits for a snapshot in which `look` finds something, and gives what it found. */
  async until<T>(
    what: string,
    look: (snapshot: Snapshot) => T | undefined | null | false,
    options: WaitOptions = {},
  ): Promise<T> {
    let last: Snapshot | undefined;
    return await until(
      `${this.#owner.name}: ${what}`,
      async () => {
        last = await this.#peek();
        return last === undefined ? undefined : look(last);
      },
      { describe: () => last && brief(last), ...options },
    );
  }

  /** Stops following, so that nothing here wakes the worker. */
  async close(): Promise<void> {
    await this.#page.evaluate(() => {
      (globalThis as typeof globalThis & { unfollow?: () => void }).unfollow?.();
    });
  }

  async #peek(): Promise<Snapshot | undefined> {
    return await this.#page.evaluate(
      () => (globalThis as typeof globalThis & { seen?: Snapshot }).seen,
    );
  }
}

/** One snapshot by a connection that closes at once. Wakes the worker, does not keep it. */
export async function readOnce(owner: ExtensionBrowser): Promise<Snapshot> {
  const page = await owner.driver();
  return await page.evaluate(
    () =>
      new Promise<Snapshot>((resolve, reject) => {
        const port = chrome.runtime.connect({ name: 'view' });
        port.onDisconnect.addListener(() => reject(new Error('the worker closed the view port')));
        port.onMessage.addListener((message: unknown) => {
          const update = message as ViewUpdate;
          if (update.type !== 'full') return;
          resolve(update.snapshot);
          port.disconnect();
        });
      }),
  );
}

export async function sendIntent(owner: ExtensionBrowser, intent: Intent): Promise<IntentAnswer> {
  const page = await owner.driver();
  return await page.evaluate(
    async (sent) =>
      (await chrome.runtime.sendMessage({ to: 'background', intent: sent })) as IntentAnswer,
    intent,
  );
}

/** An intent that must succeed. */
export async function intend(owner: ExtensionBrowser, intent: Intent): Promise<void> {
  const answer = await sendIntent(owner, intent);
  if (!answer.ok) throw new Error(`${owner.name}: ${intent.type} was refused: ${answer.code}`);
}

/** What a failed wait prints: states, without the noise of everything else. */
function brief(snapshot: Snapshot): unknown {
  return {
    signaling: snapshot.signaling,
    pairing: snapshot.pairing,
    devices: snapshot.devices.map(({ name, presence, connection, rule }) => ({
      name,
      presence,
      connection,
      rule,
    })),
    transfers: snapshot.transfers.slice(0, 4).map(briefTransfer),
    shares: snapshot.shares.map(({ role, state, protection }) => ({ role, state, protection })),
  };
}

function briefTransfer(transfer: TransferView): unknown {
  const { direction, kind, state, reason, title, doneBytes, totalBytes, note } = transfer;
  return { direction, kind, state, reason, note, title, done: `${doneBytes}/${totalBytes}` };
}
