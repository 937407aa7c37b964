/**
 * Addresses of STUN and TURN servers (RFC 7064, RFC 7065) that a server may hand out. Stricter than
 * the RFCs: one that a browser cannot parse makes every peer connection fail that is given it.
 */
import { IPV4_REGEX, IPV6_REGEX } from 'valibot';

const MAX_URL_CHARS = 300;
const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}))*$/;
const ADDRESS = /^(\[[^\]]*\]|[^:[\]?]*)(?::([1-9][0-9]{0,4}))?(\?transport=(?:udp|tcp))?$/;
const MAX_PORT = 65_535;

/** `stun:host` or `stun:host:port`. */
export function isStunUrl(url: string): boolean {
  return url.startsWith('stun:') && transportOf(url, 'stun:') === '';
}

/** `turn:host:port?transport=udp|tcp`, or `turns:` with `tcp`; the port may be left out. */
export function isTurnUrl(url: string): boolean {
  if (url.startsWith('turns:')) return transportOf(url, 'turns:') === '?transport=tcp';
  if (!url.startsWith('turn:')) return false;
  const transport = transportOf(url, 'turn:');
  return transport !== undefined && transport !== '';
}

/** As it is written in an address: IPv6 in brackets. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The part from `?` on, empty where there is none; undefined when the address is no good. */
function transportOf(url: string, scheme: string): string | undefined {
  if (url.length > MAX_URL_CHARS) return undefined;
  const parts = ADDRESS.exec(url.slice(scheme.length));
  if (parts === null) return undefined;
  const [, host = '', port = '0', transport = ''] = parts;
  return isHost(host) && Number(port) <= MAX_PORT ? transport : undefined;
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) return IPV6_REGEX.test(host.slice(1, -1));
  // Digits in the last label make it an IPv4 address, or nothing (WHATWG URL, "ends in a number").
  return /(?:^|\.)[0-9]+$/.test(host) ? IPV4_REGEX.test(host) : HOST_NAME.test(host);
}
