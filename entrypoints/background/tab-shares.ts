import { errorCode, TallowError } from '../../lib/errors/index.ts';
import type { OffscreenCall } from '../../lib/messaging/offscreen-calls.ts';
import { isBrowserPage } from '../../lib/platform/capturable.ts';
import { PlatformError } from '../../lib/platform/errors.ts';
import { mayCapture, tabStreamId } from '../../lib/platform/tab-capture.ts';
import { frontTab, tabFacts, type TabFacts } from '../../lib/platform/tabs.ts';
import type { QualitySettings } from '../../lib/share/quality.ts';
import type { CaptureWish } from '../../lib/storage/schemas.ts';
import type { StoredRecords } from '../../lib/storage/records.ts';
import { tabSource } from './shares.ts';

export class TabShareError extends TallowError<'device-unknown'> {}

/** The browser's question is answered within this time, or the answer is about something else. */
const WISH_LIFE_MS = 2 * 60 * 1000;

/** There is one question of the browser at a time. */
const ONLY = 'current';

export interface TabSharesDeps {
  readonly wish: StoredRecords<CaptureWish>;
  readonly knows: (deviceId: string) => boolean;
  /** What will be needed may be opened while the tab is looked at. */
  readonly warm: (deviceId: string) => void;
  /** Resolves when the document is there: a stream's id is good for seconds only. */
  readonly ensure: () => Promise<void>;
  readonly call: (call: OffscreenCall) => Promise<unknown>;
  readonly isShared: (sourceId: string) => boolean;
  readonly settings: () => QualitySettings;
  /** Nobody else can tell a person that it came to nothing. */
  readonly onFailed: (code: string) => Promise<void>;
  readonly now: () => number;
}

/** From a person's wish to share a tab to a share of the document's. */
export class TabShares {
  readonly #deps: TabSharesDeps;
  /** Two presses are one, and so are a press and the browser's word that it was allowed. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(deps: TabSharesDeps) {
    this.#deps = deps;
  }

  /**
   * @param tabId the tab in front by default
   * @throws TabShareError; PlatformError, of which `needs-capture` is not the end: the tab is shared
   *   as soon as the browser allows it; CallError
   */
  async begin(deviceId: string, tabId?: number): Promise<void> {
    const { knows, warm, wish, now } = this.#deps;
    if (!knows(deviceId)) throw new TabShareError('device-unknown');
    const tab = tabId === undefined ? await frontTab() : await tabFacts(tabId);
    if (tab === undefined) throw new PlatformError('no-page');
    if (isBrowserPage(tab.url)) throw new PlatformError('page-not-capturable');
    if (!(await mayCapture())) {
      await wish.set(ONLY, { deviceId, tabId: tab.tabId, at: now() });
      throw new PlatformError('needs-capture');
    }
    warm(deviceId);
    await this.#once(deviceId, tab, 'tab-refused');
  }

  /** The browser allows it now: what was wished for meanwhile is done. */
  async allowed(): Promise<void> {
    const { wish, now, knows, onFailed } = this.#deps;
    if (!(await mayCapture())) return;
    const wished = wish.get(ONLY);
    if (wished === undefined) return;
    // Gone in the same step: whoever else hears of it finds none.
    await wish.delete(ONLY);
    if (now() - wished.at > WISH_LIFE_MS || !knows(wished.deviceId)) return;
    const tab = await tabFacts(wished.tabId);
    if (tab === undefined) return;
    try {
      // What counts for the browser is a click on the page after it was allowed, not the one before.
      await this.#once(wished.deviceId, tab, 'capture-again');
    } catch (error) {
      await onFailed(errorCode(error));
    }
  }

  #once(deviceId: string, tab: TabFacts, refusal: Refusal): Promise<void> {
    const key = `${deviceId}:${tab.tabId}`;
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#start(deviceId, tab, refusal).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return running;
  }

  async #start(deviceId: string, tab: TabFacts, refusal: Refusal): Promise<void> {
    const { ensure, isShared } = this.#deps;
    await ensure();
    const sourceId = tabSource(tab.tabId);
    try {
      // Shared with another device already: it is the same capture.
      const streamId = isShared(sourceId) ? null : await this.#streamId(tab.tabId);
      await this.#offer(deviceId, tab, streamId);
    } catch (error) {
      const code = errorCode(error);
      // A second press of what is under way.
      if (code === 'duplicate-share') return;
      if (code === 'tab-refused') throw new PlatformError(refusal, undefined, { cause: error });
      // It ended as it was asked for.
      if (code !== 'unknown-source') throw error;
      await this.#offer(deviceId, tab, await tabStreamId(tab.tabId));
    }
  }

  /** Null where the document has a stream of the tab that its last state did not tell of yet. */
  async #streamId(tabId: number): Promise<string | null> {
    try {
      return await tabStreamId(tabId);
    } catch (error) {
      if (errorCode(error) === 'tab-busy') return null;
      throw error;
    }
  }

  async #offer(deviceId: string, { tabId, title }: TabFacts, streamId: string | null) {
    await this.#deps.call({
      type: 'share/start',
      deviceId,
      source: 'tab',
      sourceId: tabSource(tabId),
      streamId,
      title: title ?? '',
      settings: this.#deps.settings(),
    });
  }
}

type Refusal = 'tab-refused' | 'capture-again';
