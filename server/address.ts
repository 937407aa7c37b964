import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * What stands for one customer line in the per-address limits: the IPv4 address, or the /64 of an
 * IPv6 address (a line has at least 2^64 of those). Kept in memory for the limits only, never
 * logged.
 *
 * @param trustedProxies how many proxies in front of us appended to `X-Forwarded-For`; entries
 *   further left are the client's own claims
 */
export function addressKey(request: IncomingMessage, trustedProxies: number): string {
  return networkOf(forwardedFor(request, trustedProxies) ?? request.socket.remoteAddress ?? '');
}

/** An address that stands for all of a machine's. */
export function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function forwardedFor(request: IncomingMessage, trustedProxies: number): string | undefined {
  const header = request.headers['x-forwarded-for'];
  if (trustedProxies === 0 || header === undefined) return undefined;
  const hops = (Array.isArray(header) ? header.join(',') : header).split(',');
  const address = hops.at(-trustedProxies)?.trim();
  return address !== undefined && isIP(address) !== 0 ? address : undefined;
}

function networkOf(address: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) !== 6) return address;
  const [head = '', tail = ''] = address.replace(/%.*$/, '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...(address.includes('::') ? zeros : []), ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
