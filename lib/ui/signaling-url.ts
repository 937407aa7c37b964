/** Is this an address that the signaling client can use? Checked before it is stored. */
import * as text from './text.ts';

const SCHEMES: ReadonlySet<string> = new Set(['https:', 'wss:', 'http:', 'ws:']);
const PLAIN: ReadonlySet<string> = new Set(['http:', 'ws:']);
/** Nothing leaves the machine on the way to these. */
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

export type CheckedUrl =
  | { readonly type: 'good'; readonly value: string; readonly warning?: string }
  | { readonly type: 'bad'; readonly message: string };

/** A URL with ws, wss, http or https, without credentials. Answers it trimmed, else a sentence. */
export function checkSignalingUrl(input: string): CheckedUrl {
  const url = input.trim();
  if (url === '') return { type: 'bad', message: text.settings.serverEmpty };
  // `localhost:3000` parses as a URL of the scheme `localhost:`; a person means the host.
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) {
    return { type: 'bad', message: text.settings.serverScheme };
  }
  const parsed = URL.parse(url);
  if (parsed === null || parsed.hostname === '') {
    return { type: 'bad', message: text.settings.serverBad };
  }
  if (!SCHEMES.has(parsed.protocol)) return { type: 'bad', message: text.settings.serverScheme };
  if (parsed.username !== '' || parsed.password !== '') {
    return { type: 'bad', message: text.settings.serverCredentials };
  }
  return PLAIN.has(parsed.protocol) && !LOOPBACK.test(parsed.hostname)
    ? { type: 'good', value: url, warning: text.settings.serverPlain }
    : { type: 'good', value: url };
}

/** The host to show in a sentence; the address itself when it does not parse. */
export function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}
