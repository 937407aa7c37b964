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

/** True for pages of the browser, of an extension and of a store; an address that is not known is none. */
export function isBrowserPage(address: string | undefined): boolean {
  if (address === undefined || address === '') return false;
  const url = URL.parse(address);
  if (url === null) return true;
  if (!PAGE_PROTOCOLS.includes(url.protocol)) return url.href !== 'about:blank';
  return STORES.some(([host, path]) => url.hostname === host && url.pathname.startsWith(path));
}
