/**
 * Which pages show a share, for the document that receives it: the last one that goes ends it. A page
 * tells the document's window directly, and its own says by itself that it is closed: nothing of it
 * hangs on background, which may die at any moment.
 */
import { shareStreams } from './share-streams.ts';

/** Between two tries to reach a document that is not there (yet), ms. */
const AGAIN_MS = 250;

/** The page's end, until the answer is called or the page goes. */
export function watchShare(
  shareId: string,
  streams: typeof shareStreams = shareStreams,
  page: Window = window,
): () => void {
  let leave: (() => void) | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  const enter = () => {
    leave = streams()?.watch(shareId, page);
    if (leave === undefined) again = setTimeout(enter, AGAIN_MS);
  };
  const stop = () => {
    clearTimeout(again);
    leave?.();
    page.removeEventListener('pagehide', stop);
  };
  page.addEventListener('pagehide', stop);
  enter();
  return stop;
}

/** A page's window: it says so when it is gone without a word. */
export type WatchingPage = Pick<Window, 'closed'>;

/**
 * How long a share goes on whose last page left. One that is loaded again is back by then, also on a
 * slow machine; one that was closed is not waited for, ms.
 */
const GRACE_MS = 3_000;

/** From an accept to the page that shows the share: a window opens, and loads on a slow machine. */
const OPENING_MS = 30_000;

/** How often it is looked for windows that are closed, ms. Background's word is faster. */
const LOOK_MS = 1_000;

interface Entry {
  readonly page: WatchingPage;
}

/** The document's end. */
export class Watchers {
  readonly #onLeft: (shareId: string) => void;
  /** One for each `enter`; a page that is loaded again keeps its window and enters once more. */
  readonly #entries = new Map<string, Set<Entry>>();
  #looking = false;

  /** @param onLeft the last page that showed this share is gone, or none ever came */
  constructor(onLeft: (shareId: string) => void) {
    this.#onLeft = onLeft;
  }

  /** The page shows the share, until the answer is called. */
  enter(shareId: string, page: WatchingPage): () => void {
    const entry: Entry = { page };
    const entries = this.#entries.get(shareId) ?? new Set();
    this.#entries.set(shareId, entries.add(entry));
    if (!this.#looking) this.#lookLater();
    return () => void setTimeout(() => this.#drop(shareId, entry), GRACE_MS);
  }

  /** A share is to be watched from now on. */
  expect(shareId: string): void {
    setTimeout(() => {
      if (!this.#entries.has(shareId)) this.#onLeft(shareId);
    }, OPENING_MS);
  }

  /** Pages whose windows are closed do not come back. */
  look(): void {
    for (const [shareId, entries] of [...this.#entries])
      for (const entry of [...entries]) if (entry.page.closed) this.#drop(shareId, entry);
  }

  #lookLater(): void {
    this.#looking = this.#entries.size > 0;
    if (!this.#looking) return;
    setTimeout(() => {
      this.look();
      this.#lookLater();
    }, LOOK_MS);
  }

  #drop(shareId: string, entry: Entry): void {
    const entries = this.#entries.get(shareId);
    if (entries?.delete(entry) !== true || entries.size > 0) return;
    this.#entries.delete(shareId);
    this.#onLeft(shareId);
  }
}
