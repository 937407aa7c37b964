/**
 * Streams between the offscreen document and visible pages of the extension, which live in one
 * process: a page reads the document's window directly, since no message can carry a `MediaStream`.
 */
import { browser } from '../browser/index.ts';

/** What the document puts on its window as `tallowShares`. */
export interface ShareStreams {
  /** What a share that is watched shows; null while there is nothing. */
  stream(shareId: string): MediaStream | null;
  /** The page of this window shows the share, until the answer is called: see `watchShare`. */
  watch(shareId: string, page: Pick<Window, 'closed'>): () => void;
  /** A page's own capture, to be shared as `sourceId`. It ends with the page. */
  give(sourceId: string, stream: MediaStream): void;
  /** That page goes: its tracks end with it, and tell nobody, since their events are that page's. */
  sourceGone(sourceId: string): void;
  /**
   * [SH10] Viewer: where the pointer is over the picture, from 0 to 1; null: nowhere. Not an intent:
   * sixty a second would keep background awake and come late.
   */
  point(shareId: string, at: PointerPlace | null): void;
  /** [SH10] Sharer: where the viewer points at. */
  pointerOf(shareId: string): PointerPlace | null;
}

export interface PointerPlace {
  readonly x: number;
  readonly y: number;
}

/** From a visible page; null while there is no document, or where pages cannot reach it. */
export function shareStreams(): ShareStreams | null {
  for (const view of browser.extension.getViews()) {
    const { tallowShares } = view as Window & { tallowShares?: ShareStreams };
    if (tallowShares !== undefined) return tallowShares;
  }
  return null;
}
