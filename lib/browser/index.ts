/**
 * The one door to the extension APIs, so that Chromium and Firefox share code and every use of a
 * browser API can be found by its import. Adapters and entrypoints import it; pure rooms never do.
 *
 * What the polyfill does not know (Chromium only) is a function that answers `undefined` where the
 * browser lacks it: callers decide what to do without, nobody looks at the browser's name.
 */
import browser from 'webextension-polyfill';

export { browser };
export type { Menus, Runtime, Tabs } from 'webextension-polyfill';

/** `chrome.offscreen`: Chromium 109+; Firefox runs the same code in its background page. */
export function offscreenApi(): typeof chrome.offscreen | undefined {
  return (globalThis as { chrome?: Partial<typeof chrome> }).chrome?.offscreen;
}

/** `chrome.runtime.getContexts`: Chromium 116+; tells whether the offscreen document lives. */
export function contextsApi(): Pick<typeof chrome.runtime, 'getContexts'> | undefined {
  const runtime = (globalThis as { chrome?: Partial<typeof chrome> }).chrome?.runtime;
  return typeof runtime?.getContexts === 'function' ? runtime : undefined;
}

/** `chrome.tabCapture`: Chromium 116+ in a worker, and only while its permission is granted. */
export function tabCaptureApi(): Pick<typeof chrome.tabCapture, 'getMediaStreamId'> | undefined {
  const api = (globalThis as { chrome?: Partial<typeof chrome> }).chrome?.tabCapture;
  return typeof api?.getMediaStreamId === 'function' ? api : undefined;
}
