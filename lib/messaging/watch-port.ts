/**
 * Between a page that shows a share and the offscreen document that receives it: a port for as long
 * as it is shown, which closes with the page however that ends.
 */
import * as v from 'valibot';
import { browser, type Runtime } from '../browser/index.ts';
import { shareIdSchema } from './intents.ts';
import { isOwnPage } from './rpc.ts';

const PREFIX = 'watch/';

/**
 * How long a share goes on whose last page lost its port. A page that is loaded again, or whose port
 * was closed by background's death, is back by then, also on a slow machine; that a page was closed
 * is not found out in this way, but told.
 */
const GRACE_MS = 3_000;

/** From an accept to the page that shows the share: a window opens, and loads on a slow machine. */
const OPENING_MS = 30_000;

/** Between two tries to reach a document that is not there (yet). */
const AGAIN_MS = 250;

/** The page's end, until the answer is called. */
export function watchShare(shareId: string): () => void {
  let port: Runtime.Port | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  let left = false;

  const connect = () => {
    port = browser.runtime.connect({ name: PREFIX + shareId });
    port.onDisconnect.addListener(() => {
      if (!left) again = setTimeout(connect, AGAIN_MS);
    });
  };
  connect();
  return () => {
    left = true;
    clearTimeout(again);
    port?.disconnect();
  };
}

export interface Watchers {
  /** A share is to be watched from now on: a page is on its way, or was closed before it said so. */
  expect(shareId: string): void;
  /** To be told of each tab that is closed: the pages in it do not come back. */
  tabGone(tabId: number): void;
}

/**
 * The document's end, for its whole life.
 *
 * @param onLeft the last page that showed this share is gone, or none ever came
 */
export function followWatchers(onLeft: (shareId: string) => void): Watchers {
  const pages = new Map<string, Set<Runtime.Port>>();
  const drop = (shareId: string, port: Runtime.Port) => {
    const watching = pages.get(shareId);
    if (watching?.delete(port) !== true || watching.size > 0) return;
    pages.delete(shareId);
    onLeft(shareId);
  };

  browser.runtime.onConnect.addListener((port) => {
    if (!port.name.startsWith(PREFIX)) return;
    if (!port.sender || !isOwnPage(port.sender, 'viewer.html')) return port.disconnect();
    const shareId = port.name.slice(PREFIX.length);
    if (!v.is(shareIdSchema, shareId)) return port.disconnect();

    const watching = pages.get(shareId) ?? new Set();
    pages.set(shareId, watching.add(port));
    port.onDisconnect.addListener(() => {
      setTimeout(() => drop(shareId, port), GRACE_MS);
    });
  });
  return {
    expect(shareId) {
      setTimeout(() => {
        if (!pages.has(shareId)) onLeft(shareId);
      }, OPENING_MS);
    },
    tabGone(tabId) {
      for (const [shareId, ports] of [...pages]) {
        for (const port of [...ports]) if (port.sender?.tab?.id === tabId) drop(shareId, port);
      }
    },
  };
}
