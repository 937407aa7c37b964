/** IP addresses as text, as far as ICE needs to tell them apart. */

export type AddressKind = 'loopback' | 'link-local' | 'private' | 'public' | 'unspecified';

/** Undefined for anything that is no IP address: a host name, an mDNS name, nonsense. */
export function addressKind(text: string): AddressKind | undefined {
  const four = parseIpv4(text);
  if (four) return kindOfIpv4(four);
  const six = parseIpv6(text);
  if (!six) return undefined;
  const mapped = six.slice(0, 5).every((group) => group === 0) && six[5] === 0xffff;
  if (mapped) return kindOfIpv4(six.slice(6).flatMap((group) => [group >> 8, group & 0xff]));
  const [first = 0] = six;
  if (six.every((group) => group === 0)) return 'unspecified';
  if (six.slice(0, 7).every((group) => group === 0) && six[7] === 1) return 'loopback';
  if ((first & 0xffc0) === 0xfe80) return 'link-local';
  // RFC 4193: unique local.
  if ((first & 0xfe00) === 0xfc00) return 'private';
  return 'public';
}

function kindOfIpv4([a = 0, b = 0, ...rest]: readonly number[]): AddressKind {
  if (a === 0 && b === 0 && rest.every((byte) => byte === 0)) return 'unspecified';
  if (a === 127) return 'loopback';
  if (a === 169 && b === 254) return 'link-local';
  // RFC 1918, and RFC 6598: behind a carrier's NAT.
  if (a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)) return 'private';
  if (a === 100 && b >= 64 && b < 128) return 'private';
  return 'public';
}

/** Four bytes, or undefined. No octal, no leading zeros, no short forms: browsers refuse them too. */
export function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part)))
    return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

/** Eight groups of 16 bits, or undefined (RFC 4291 §2.2). Without brackets; no zone. */
export function parseIpv6(text: string): number[] | undefined {
  if (text.length > 45 || !text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groups);
  if (!head || (halves.length === 2 && !tail)) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (missing < 1 || halves[0]?.includes('.')) return undefined;
  return [...head, ...Array<number>(missing).fill(0), ...(tail ?? [])];
}

function groups(text: string): number[] | undefined {
  if (text === '') return [];
  const found: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const four = index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (four) {
      const [a = 0, b = 0, c = 0, d = 0] = four;
      found.push((a << 8) | b, (c << 8) | d);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) found.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return found;
}
