import { browser, tabCaptureApi } from '../browser/index.ts';
import { PlatformError } from './errors.ts';

const PERMISSION = 'tabCapture';

/** Chromium. Elsewhere a tab is chosen in the browser's own picker, on a page. */
export function capturesTabs(): boolean {
  const { permissions = [], optional_permissions: optional = [] } = browser.runtime.getManifest();
  return [...permissions, ...optional].includes(PERMISSION);
}

/** What the polyfill's types, which follow Firefox, do not know. */
const ASKED = { permissions: [PERMISSION] } as object;

/**
 * Asks whether tabs may be captured. Must be called in the very task of a click, before any `await`:
 * afterwards the browser refuses. Without a prompt when it was granted before.
 */
export async function requestCapture(): Promise<boolean> {
  const asked = browser.permissions.request(ASKED);
  try {
    return await asked;
  } catch {
    // The browser does not ask without a click, and says so even when nothing has to be asked.
    return await mayCapture();
  }
}

export async function mayCapture(): Promise<boolean> {
  try {
    return await browser.permissions.contains(ASKED);
  } catch {
    return false;
  }
}

/**
 * A stream of the tab, for one `getUserMedia` in the offscreen document within seconds.
 *
 * @throws PlatformError `tab-busy`; `tab-refused`: not a page that may be captured, or no
 *   click on the extension was made on it since the permission was granted
 */
export async function tabStreamId(tabId: number): Promise<string> {
  const api = tabCaptureApi();
  if (api === undefined) throw new PlatformError('tab-refused');
  try {
    return await api.getMediaStreamId({ targetTabId: tabId });
  } catch (cause) {
    // The browser's own words are all there is to tell the two apart.
    const busy = cause instanceof Error && cause.message.includes('active stream');
    throw new PlatformError(busy ? 'tab-busy' : 'tab-refused', undefined, { cause });
  }
}
