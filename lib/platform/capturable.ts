/** Which pages the browser lets nobody capture, and which nobody should: its own settings have secrets. */

const PAGE_PROTOCOLS: readonly string[] = ['http:', 'https:', 'file:', 'ftp:', 'data:', 'blob:'];

/** `chrome.google.com` is the old place of the store. */
const STORES: readonly (readonly [host: string, path: string])[] = [
  ['chromewebstore.google.com', '/'],
  ['chrome.google.com', '/webstore'],
  ['microsoftedge.microsoft.com', '/addons'],
  ['addons.opera.com', '/'],
  ['addons.mozilla.org', '/'],
];

/**
 * Why a tab is not to be captured, after a click on the extension there; null: it may be. Chromium does
 * not tell the address of its own pages even then, and would capture them.
 */
export function whyNotCapturable(
  address: string | undefined,
): 'page-not-capturable' | 'page-unknown' | null {
  if (address === undefined || address === '') return 'page-unknown';
  return isBrowserPage(address) ? 'page-not-capturable' : null;
}

/** True for pages of the browser, of an extension and of a store. */
function isBrowserPage(address: string): boolean {
  const url = URL.parse(address);
  if (url === null) return true;
  if (!PAGE_PROTOCOLS.includes(url.protocol)) return url.href !== 'about:blank';
  return STORES.some(([host, path]) => url.hostname === host && url.pathname.startsWith(path));
}
