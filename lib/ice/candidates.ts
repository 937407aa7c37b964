import { parseIpv6 } from './address.ts';

/**
 * ICE candidates as text (RFC 8839 §5.1), and what may leave this device. Descriptions travel
 * without any address ([IC1]); candidates follow sealed, in privacy mode relays only.
 */

export interface Candidate {
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay';
  readonly protocol: 'udp' | 'tcp';
  /** An IP address or an mDNS name. */
  readonly address: string;
  readonly port: number;
  readonly relatedAddress?: string;
  readonly relatedPort?: number;
  readonly tcpType?: 'active' | 'passive' | 'so';
  /** Of our own relay: how this device reaches it, read from the priority as Chromium writes it. */
  readonly relayProtocol?: 'udp' | 'tcp' | 'tls';
}

interface Parsed extends Candidate {
  readonly component: string;
  readonly priority: number;
  readonly extensions: ReadonlyMap<string, string>;
}

const MAX_CANDIDATE_LENGTH = 1_024;
const TYPES = ['host', 'srflx', 'prflx', 'relay'] as const;
const TCP_TYPES = ['active', 'passive', 'so'] as const;
/** By type preference of a relay (bits 24–31): libwebrtc `ICE_TYPE_PREFERENCE_RELAY_*`, old and new. */
const RELAY_PROTOCOLS = ['tls', 'tcp', 'udp', 'udp'] as const;

const LINE =
  /^(?:a=)?candidate:([\w+/-]{1,32}) (\d{1,5}) (udp|tcp) (\d{1,10}) ([\w.:%-]+) (\d{1,5}) typ (\w+)((?: \S+)*)$/i;

/** With or without `a=`. Undefined for anything that is no candidate; never throws. */
export function parseCandidate(line: string): Candidate | undefined {
  const parsed = parse(line);
  if (!parsed) return undefined;
  const { component: _c, priority: _p, extensions: _e, ...candidate } = parsed;
  return candidate;
}

/**
 * The line as it may go to the peer, or null when it must stay here. In privacy mode only relays
 * go, written anew from parts that hold nothing of this device: no related address, no network id or
 * cost, no unknown extension, and a foundation made from the relay's own address (a browser's may be
 * a hash over a local one).
 */
export function outgoingCandidate(line: string, privacy: boolean): string | null {
  if (!privacy) return line;
  const parsed = parse(line);
  if (parsed?.type !== 'relay') return null;
  const { component, protocol, priority, address, port, extensions } = parsed;
  const nowhere = parseIpv6(address) ? '::' : '0.0.0.0';
  const words = [
    `candidate:${foundation(`${protocol} ${address}`)}`,
    component,
    protocol,
    priority,
    address,
    port,
    `typ relay raddr ${nowhere} rport 0`,
  ];
  const generation = extensions.get('generation');
  if (generation !== undefined && /^\d{1,10}$/.test(generation))
    words.push(`generation ${generation}`);
  const ufrag = extensions.get('ufrag');
  // RFC 8839 §5.4: ice-char. The peer has it from the description already.
  if (ufrag !== undefined && /^[\w+/-]{4,256}$/.test(ufrag)) words.push(`ufrag ${ufrag}`);
  return words.join(' ');
}

function parse(line: string): Parsed | undefined {
  if (line.length > MAX_CANDIDATE_LENGTH) return undefined;
  const match = LINE.exec(line.trim());
  if (!match) return undefined;
  const [, , component = '', transport, priorityText, address = '', portText, typeText, rest] =
    match;
  const type = TYPES.find((each) => each === typeText);
  const priority = Number(priorityText);
  const port = Number(portText);
  if (!type || priority > 0xffff_ffff || port > 0xffff) return undefined;

  const words = (rest ?? '').trim().split(' ').filter(Boolean);
  if (words.length % 2 !== 0) return undefined;
  const extensions = new Map<string, string>();
  for (let at = 0; at < words.length; at += 2)
    extensions.set((words[at] ?? '').toLowerCase(), words[at + 1] ?? '');

  const relatedAddress = extensions.get('raddr');
  const rport = extensions.get('rport');
  if (rport !== undefined && !/^\d{1,5}$/.test(rport)) return undefined;
  const tcpType = TCP_TYPES.find((each) => each === extensions.get('tcptype'));
  const relayProtocol =
    type === 'relay' ? RELAY_PROTOCOLS[Math.floor(priority / 2 ** 24)] : undefined;
  return {
    type,
    protocol: transport?.toLowerCase() === 'tcp' ? 'tcp' : 'udp',
    address,
    port,
    ...(relatedAddress !== undefined && { relatedAddress }),
    ...(rport !== undefined && { relatedPort: Number(rport) }),
    ...(tcpType && { tcpType }),
    ...(relayProtocol && { relayProtocol }),
    component,
    priority,
    extensions,
  };
}

/** Same type, base and protocol, same foundation (RFC 8445 §5.1.1.3): FNV-1a, 32 bits. */
function foundation(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text)
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}

/** Discard port: candidates decide where packets go (RFC 8840 §4.1.1). */
const NO_PORT = '9';

/**
 * A description without any address of this device: no candidate lines, `c=`, `o=` and `a=rtcp:`
 * set to the unspecified address, ports of `m=` to 9 (0, a refused section, stays).
 */
export function withoutCandidates(sdp: string): string {
  return sdp
    .split(/\r\n|\n|\r/)
    .filter((line) => !/^\s*a=\s*(candidate|end-of-candidates|remote-candidates)\b/i.test(line))
    .map(withoutAddress)
    .join('\r\n');
}

function withoutAddress(line: string): string {
  if (line.startsWith('c=')) return 'c=IN IP4 0.0.0.0';
  if (line.startsWith('o=')) return withoutOrigin(line);
  if (/^a=rtcp:/i.test(line)) return `a=rtcp:${NO_PORT} IN IP4 0.0.0.0`;
  return line.replace(/^(m=\S+ )(?!0[ /])\d+(?:\/\d+)?/, `$1${NO_PORT}`);
}

/** `o=<user> <session id> <version> IN IP4 <address>`: browsers write 127.0.0.1 or 0.0.0.0 there. */
function withoutOrigin(line: string): string {
  const words = line.split(' ');
  const address = words.at(-1);
  if (words.length === 6 && (address === '127.0.0.1' || address === '0.0.0.0')) return line;
  return [...words.slice(0, 3), 'IN', 'IP4', '0.0.0.0'].join(' ');
}
