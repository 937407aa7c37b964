import type { Decision, ShareFacts } from '../../lib/devices/rules.ts';
import type { OffscreenCall } from '../../lib/messaging/offscreen-calls.ts';
import type { ShareView } from '../../lib/share/views.ts';
import type { ToldOnce } from '../../lib/storage/once.ts';
import type { Badge, TabMarks } from './badge.ts';
import type { ShareNotices } from './share-notices.ts';

export interface SharesDeps {
  readonly notices: ShareNotices;
  readonly badge: Badge;
  readonly marks: TabMarks;
  readonly told: ToldOnce;
  /** The page in which a share is watched. `others`: ids of those that are watched beside it. */
  readonly openViewer: (shareId: string, others: ReadonlySet<string>) => Promise<void>;
  /** The device's rule, evaluated in `devices`. */
  readonly rule: (deviceId: string, facts: ShareFacts) => Decision;
  readonly nameOf: (deviceId: string) => string;
  /** False where there is no document. */
  readonly callIfOpen: (call: OffscreenCall) => Promise<boolean>;
  /** `onShares` was told what a document of an earlier worker has; false where there is none. */
  readonly adopt: () => Promise<boolean>;
}

type Sharing = Extract<ShareView, { role: 'sharer' }>;

/**
 * What a person sees of shares outside of pages. The document's list says everything, and what is
 * to be done follows from it alone, so a worker that died in between has nothing to make up for.
 */
export class Shares {
  readonly #deps: SharesDeps;
  /** Undefined until the document, or its absence, was heard of. */
  #views: readonly ShareView[] | undefined;
  readonly #accepting = new Set<string>();

  constructor(deps: SharesDeps) {
    this.#deps = deps;
  }

  get views(): readonly ShareView[] {
    return this.#views ?? [];
  }

  /** The document is needed while one of them is. */
  get underWay(): boolean {
    return this.views.some(isUnderWay);
  }

  /** Never rejects: each part may fail by itself, and comes again with the next state. */
  async onShares(views: readonly ShareView[]): Promise<void> {
    this.#views = views;
    const { badge, marks, notices, nameOf, told } = this.#deps;
    // A new document is offered again what an earlier one had: it is answered, and shown, again.
    for (const shareId of this.#accepting) {
      if (!views.some((view) => view.shareId === shareId && isAsked(view)))
        this.#accepting.delete(shareId);
    }
    const asks = views.filter((view) => isAsked(view) && !this.#accepts(view));
    const sharing = views.filter(isSharing);
    await Promise.allSettled([
      badge.shares(asks.length, sharing.some(isOn)),
      marks.show(this.#sharedTabs()),
      notices.update(views, nameOf, (view) => this.#accepts(view)),
      ...views.filter((view) => this.#accepts(view)).map((view) => this.#acceptOnce(view)),
      ...views.filter(isAsked).map(({ shareId }) => told.forget(viewerKey(shareId))),
      ...views.filter(isWatched).map(({ shareId }) => this.#openOnce(shareId)),
    ]);
  }

  isShared(sourceId: string): boolean {
    return this.views.some((view) => isSharing(view) && view.sourceId === sourceId);
  }

  /** Ids of the other shares that are watched here. */
  watchedBeside(shareId: string): ReadonlySet<string> {
    const watched = new Set(this.views.filter(isWatched).map((view) => view.shareId));
    watched.delete(shareId);
    return watched;
  }

  /** All that this device shares. @returns whether there was any */
  async stopAll(): Promise<boolean> {
    await this.#know();
    const sharing = this.views.filter(isSharing);
    await Promise.all(
      sharing.map(({ shareId }) => this.#deps.callIfOpen({ type: 'share/stop', shareId })),
    );
    return sharing.length > 0;
  }

  /** What was shared, or watched, in it: their own word may come later, or not at all. */
  async tabClosed(tabId: number): Promise<void> {
    await this.#know();
    const { callIfOpen } = this.#deps;
    const sourceId = tabSource(tabId);
    if (this.isShared(sourceId)) await callIfOpen({ type: 'share/source-gone', sourceId });
    if (this.views.some(isWatched)) await callIfOpen({ type: 'share/page-gone' });
  }

  /**
   * A tab went to another page, or its title is another.
   *
   * @param readTitle empty where background may not know it
   */
  async tabChanged(tabId: number, readTitle: () => Promise<string>): Promise<void> {
    await this.#know();
    const sourceId = tabSource(tabId);
    const shared = this.views.find(
      (view): view is Sharing => isSharing(view) && view.sourceId === sourceId,
    );
    if (shared === undefined) return;
    await this.#deps.marks.again(tabId);
    const title = await readTitle();
    if (shared.title === title) return;
    await this.#deps.callIfOpen({ type: 'share/title', sourceId, title });
  }

  async #know(): Promise<void> {
    if (this.#views === undefined && !(await this.#deps.adopt())) this.#views ??= [];
  }

  /** [SH3] A rule answers for the person. */
  #accepts(view: ShareView): boolean {
    if (!isAsked(view)) return false;
    const frames = view.protection.type !== 'unprotected';
    return this.#deps.rule(view.deviceId, { frames }) === 'accept';
  }

  async #acceptOnce({ shareId }: ShareView): Promise<void> {
    if (this.#accepting.has(shareId)) return;
    this.#accepting.add(shareId);
    const told = await this.#deps.callIfOpen({ type: 'share/accept', shareId });
    if (!told) this.#accepting.delete(shareId);
  }

  /** Accepted, by whomever: it is watched in a page, which a person may close and open again. */
  async #openOnce(shareId: string): Promise<void> {
    const key = viewerKey(shareId);
    try {
      await this.#deps.told.tell(key, () =>
        this.#deps.openViewer(shareId, this.watchedBeside(shareId)),
      );
    } catch (error) {
      await this.#deps.told.forget(key);
      throw error;
    }
  }

  #sharedTabs(): ReadonlyMap<number, string[]> {
    const shared = new Map<number, string[]>();
    for (const view of this.views.filter(isSharing)) {
      const tabId = tabOf(view.sourceId);
      if (tabId === undefined) continue;
      shared.set(tabId, [...(shared.get(tabId) ?? []), this.#deps.nameOf(view.deviceId)]);
    }
    return shared;
  }
}

export function tabSource(tabId: number): string {
  return `tab:${tabId}`;
}

/** Undefined for a screen or window. */
export function tabOf(sourceId: string): number | undefined {
  const digits = /^tab:([0-9]+)$/.exec(sourceId)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function viewerKey(shareId: string): string {
  return `viewer:${shareId}`;
}

function isUnderWay({ state }: ShareView): boolean {
  return state.type !== 'ended';
}

function isSharing(view: ShareView): view is Sharing {
  return view.role === 'sharer' && isUnderWay(view);
}

/** Nothing of it leaves before an answer. */
function isOn({ state }: Sharing): boolean {
  return state.type !== 'offering' && state.type !== 'unprotected';
}

function isAsked(view: ShareView): boolean {
  return view.role === 'viewer' && view.state.type === 'asked';
}

function isWatched(view: ShareView): boolean {
  return view.role === 'viewer' && isUnderWay(view) && !isAsked(view);
}
