/** Is this an address that the signaling client can use? Checked before it is stored. */
import type { SignalingView } from '../messaging/snapshot.ts';
import { parseServerList } from '../signaling/server-list.ts';
import { formatPlace } from './format.ts';
import * as text from './settings/text.ts';
import { hostOf } from './url-host.ts';

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

/** One address or several, parted by spaces or commas; answers them parted by single spaces. */
export function checkSignalingUrls(input: string): CheckedUrl {
  const addresses = input.split(/[\s,]+/).filter((address) => address !== '');
  const [only] = addresses;
  if (addresses.length < 2) return checkSignalingUrl(only ?? '');
  const checked = addresses.map(checkSignalingUrl);
  const wrong = checked.findIndex(({ type }) => type === 'bad');
  const first = checked[wrong];
  if (first?.type === 'bad') {
    const message = text.settings.serverOf(addresses[wrong] ?? '', first.message);
    return { type: 'bad', message };
  }
  const value = [...new Set(addresses)].join(' ');
  const plain = checked.find((one) => one.type === 'good' && one.warning !== undefined);
  return plain?.type === 'good' && plain.warning !== undefined
    ? { type: 'good', value, warning: plain.warning }
    : { type: 'good', value };
}

/** The state of the connection to the server; of several servers also which one it is. */
export function signalingWords(signaling: SignalingView, setting: string): string {
  const servers = parseServerList(setting);
  switch (signaling.state) {
    case 'connecting':
      return text.signaling.connecting;
    case 'online': {
      const place = servers.indexOf(signaling.url);
      return servers.length < 2 || place < 0
        ? text.signaling.online
        : text.signaling.onlineOf(
            hostOf(signaling.url),
            text.signaling.placeOf(formatPlace(place + 1), servers.length),
          );
    }
    case 'offline':
      return servers.length < 2 || signaling.reason === 'incompatible'
        ? text.signaling.notConnected
        : text.signaling.noneAnswers(servers.length);
  }
}
