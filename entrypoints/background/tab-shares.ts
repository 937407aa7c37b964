import { errorCode, TallowError } from '../../lib/errors/index.ts';
import type { OffscreenCall } from '../../lib/messaging/offscreen-calls.ts';
import { whyNotCapturable } from '../../lib/platform/capturable.ts';
import { PlatformError } from '../../lib/platform/errors.ts';
import { mayCapture, tabStreamId } from '../../lib/platform/tab-capture.ts';
import { frontTab, tabFacts, type TabFacts } from '../../lib/platform/tabs.ts';
import type { QualitySettings } from '../../lib/share/quality.ts';
import type { CaptureWish } from '../../lib/storage/schemas.ts';
import type { StoredRecords } from '../../lib/storage/records.ts';
import { tabSource } from './shares.ts';

export class TabShareError extends TallowError<'device-unknown'> {}

/** A wish that waits for the browser's question, or for one more click, is about something else later. */
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
  /** Whether nothing would suffer if the extension were loaded anew. */
  readonly mayRenew: () => Promise<boolean>;
  /** Loads the extension anew. */
  readonly renew: () => void;
  /** One more click shares it: the person is told, once for each wish; null: that is over. */
  readonly remind: (wished: CaptureWish | null) => Promise<void>;
  /** The browser's own picker, which captures whatever a person chooses there. */
  readonly choose: (deviceId: string) => Promise<void>;
  readonly now: () => number;
}

/**
 * From a person's wish to share a tab to a share of the document's.
 *
 * Chromium lets a tab be captured after a click on the extension there. It looks at the first click on
 * a page only: what that one did not allow, since tabs could not be captured yet, no later one does,
 * until the tab goes to another site or the extension is loaded anew. So right after the permission
 * was given the extension is, and the next click on its button shares the tab. Where that would break
 * something off, the tab is chosen in the browser's own picker.
 */
export class TabShares {
  readonly #deps: TabSharesDeps;
  /** Two presses are one, and so are a press and the browser's word that it was allowed. */
  readonly #running = new Map<string, Promise<void>>();
  /** Tabs whose click came before the permission. */
  readonly #early = new Set<number>();

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
    assertCapturable(tab);
    if (!(await mayCapture())) {
      await wish.set(ONLY, { deviceId, tabId: tab.tabId, at: now(), step: 'asked' });
      throw new PlatformError('needs-capture');
    }
    warm(deviceId);
    await this.#take((wished) => wished.tabId === tab.tabId);
    await this.#once(deviceId, tab);
  }

  /** The browser allows it now: what was wished for meanwhile is done. */
  async allowed(): Promise<void> {
    if (!(await mayCapture())) return;
    await this.#carryOut(await this.#take(({ step }) => step === 'asked'));
  }

  /** A click opened the popup, over whatever is in front: the one that a wish waited for? */
  async clicked(): Promise<void> {
    await this.expire();
    if (this.#fresh?.step !== 'renewed') return;
    const front = await frontTab();
    const isOfFront = ({ step, tabId }: CaptureWish) =>
      step === 'renewed' && tabId === front?.tabId;
    await this.#carryOut(await this.#take(isOfFront));
  }

  /** At a worker's start: what was said before the extension was loaded anew went with it. */
  async remind(): Promise<void> {
    const wished = this.#fresh;
    if (wished?.step === 'renewed') await this.#deps.remind(wished);
  }

  /** What asks for a click that would do nothing any more goes. */
  async expire(): Promise<void> {
    const wished = this.#deps.wish.get(ONLY);
    if (wished === undefined || this.#fresh !== undefined) return;
    await this.#deps.wish.delete(ONLY);
    if (wished.step === 'renewed') await this.#deps.remind(null);
  }

  /** Another run of the browser, whose tabs are others. */
  async forget(): Promise<void> {
    await this.#deps.wish.delete(ONLY);
  }

  get #fresh(): CaptureWish | undefined {
    const { wish, now, knows } = this.#deps;
    const wished = wish.get(ONLY);
    if (wished === undefined || !knows(wished.deviceId)) return undefined;
    // The wall clock may be set back: a wish of the future would never be old.
    return Math.abs(now() - wished.at) > WISH_LIFE_MS ? undefined : wished;
  }

  /** Gone from the store in the same step: whoever else hears of it finds none. */
  async #take(is: (wished: CaptureWish) => boolean): Promise<CaptureWish | undefined> {
    const wished = this.#fresh;
    if (wished === undefined || !is(wished)) return undefined;
    if (wished.step === 'asked') this.#early.add(wished.tabId);
    await this.#deps.wish.delete(ONLY);
    if (wished.step === 'renewed') await this.#deps.remind(null);
    return wished;
  }

  async #carryOut(wished: CaptureWish | undefined): Promise<void> {
    if (wished === undefined) return;
    const tab = await tabFacts(wished.tabId);
    if (tab === undefined) return;
    try {
      await this.#once(wished.deviceId, tab);
    } catch (error) {
      await this.#deps.onFailed(errorCode(error));
    }
  }

  #once(deviceId: string, tab: TabFacts): Promise<void> {
    const key = `${deviceId}:${tab.tabId}`;
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#start(deviceId, tab).finally(() => {
        this.#running.delete(key);
        this.#early.delete(tab.tabId);
      });
      this.#running.set(key, running);
    }
    return running;
  }

  async #start(deviceId: string, tab: TabFacts): Promise<void> {
    const { ensure, isShared } = this.#deps;
    // It may have gone elsewhere since the wish.
    assertCapturable(tab);
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
      if (code === 'tab-refused') return await this.#refused(deviceId, tab);
      // It ended as it was asked for.
      if (code !== 'unknown-source') throw error;
      await this.#offer(deviceId, tab, await tabStreamId(tab.tabId));
    }
  }

  async #refused(deviceId: string, { tabId }: TabFacts): Promise<void> {
    const { mayRenew, renew, choose, wish, now } = this.#deps;
    // Closed meanwhile: there is nothing to share in its place.
    if ((await tabFacts(tabId)) === undefined) throw new PlatformError('no-page');
    if (!this.#early.has(tabId) || !(await mayRenew())) return await choose(deviceId);
    await wish.set(ONLY, { deviceId, tabId, at: now(), step: 'renewed' });
    // Something may have begun while that was written.
    if (await mayRenew()) return renew();
    await wish.delete(ONLY);
    await choose(deviceId);
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

/** @throws PlatformError */
function assertCapturable({ url }: TabFacts): void {
  const code = whyNotCapturable(url);
  if (code !== null) throw new PlatformError(code);
}
