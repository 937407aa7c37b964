/** What kind of NAT a device is behind, as far as a browser can tell (docs/PROTOCOL.md [NT1]). */
import type { Candidate } from './candidates.ts';

export const NAT_TYPES = [
  /** Endpoint-independent mapping and filtering, or no NAT at all. */
  'full-cone',
  /** Endpoint-independent mapping; lets in whom it sent to, from any port. */
  'restricted',
  /** Endpoint-independent mapping; lets in exactly the address and port it sent to. */
  'port-restricted',
  /** Another mapping for each destination. */
  'symmetric',
  /** No UDP to the outside. */
  'blocked',
  'unknown',
] as const;
export type NatType = (typeof NAT_TYPES)[number];

export interface NatProfile {
  readonly type: NatType;
  /** From 0 (a guess) to 1. */
  readonly confidence: number;
}

export const UNKNOWN_NAT: NatProfile = { type: 'unknown', confidence: 0 };

/** One local UDP port that several STUN servers were asked from. */
export interface MappedBase {
  readonly family: 4 | 6;
  /** Distinct `address port` pairs that the servers saw; empty when they saw the port's own. */
  readonly mapped: readonly string[];
}

/** What a browser can measure. Holds addresses of this device: never logged, never sent. */
export interface NatEvidence {
  /** `navigator.onLine`: false is certain, true is not. */
  readonly online: boolean;
  /**
   * Each STUN server asked on a connection of its own, since browsers show a mapped address that
   * two servers agree on only once. `own-address`: it answered, and saw no NAT.
   */
  readonly stun: readonly ('mapped' | 'own-address' | 'silent')[];
  /** From the one connection that asked all of them. */
  readonly bases: readonly MappedBase[];
  /**
   * Did a relay get in, unasked: one at an address that the port never sent to, and one at an
   * address that it sent to on another port? Null where that could not be tried.
   */
  readonly strangerGotIn: boolean | null;
  readonly knownAddressGotIn: boolean | null;
  /** A relay was allocated over UDP, over TCP or TLS; null where none is set to ask. */
  readonly turnUdp: boolean | null;
  readonly turnTcp: boolean | null;
}

/**
 * [NT1]. Confidence: 0.9 and more, each property was measured; about 0.6, the mapping was and the
 * filtering is assumed; 0.5 and less, one of several explanations.
 */
export function classifyNat(evidence: NatEvidence): NatProfile {
  const { stun, bases } = evidence;
  const answers = stun.filter((answer) => answer !== 'silent');
  if (answers.length === 0) return withoutAnswer(evidence);

  const mapping = mappingOf(bases);
  // Two interfaces may say different things; a path through either is a path.
  if (mapping === 'independent' && answers.length >= 2)
    return filtered(evidence) ?? { type: 'port-restricted', confidence: 0.6 };
  if (mapping === 'dependent') return { type: 'symmetric', confidence: 0.95 };
  if (mapping === 'own' || answers.every((answer) => answer === 'own-address'))
    return filtered(evidence) ?? { type: 'full-cone', confidence: 0.7 };
  // One server cannot show whether another would see another port; but what lets strangers in on
  // the address it saw serves them as a full cone does, whatever it does elsewhere.
  if (evidence.strangerGotIn) return { type: 'full-cone', confidence: 0.6 };
  return UNKNOWN_NAT;
}

function withoutAnswer({ online, stun, turnUdp, turnTcp }: NatEvidence): NatProfile {
  // No network at all says nothing about a NAT; a relay over UDP says that UDP gets out.
  if (!online || turnUdp === true) return UNKNOWN_NAT;
  // Something is reachable, and not by UDP.
  if (turnTcp === true) {
    const asked = stun.length + (turnUdp === false ? 1 : 0);
    return asked === 0 ? UNKNOWN_NAT : { type: 'blocked', confidence: asked > 1 ? 0.95 : 0.7 };
  }
  // Two operators silent at once: more likely a firewall than two outages.
  return stun.length >= 2 ? { type: 'blocked', confidence: 0.5 } : UNKNOWN_NAT;
}

function mappingOf(bases: readonly MappedBase[]): 'none' | 'own' | 'independent' | 'dependent' {
  // IPv4 decides where it was seen: IPv6 has no NAT, and the peer may not have IPv6.
  const four = bases.filter(({ family }) => family === 4);
  const telling = four.length > 0 ? four : bases;
  if (telling.length === 0) return 'none';
  if (telling.some(({ mapped }) => mapped.length === 0)) return 'own';
  return telling.some(({ mapped }) => mapped.length === 1) ? 'independent' : 'dependent';
}

/** Undefined where nothing could be tried. */
function filtered({ strangerGotIn, knownAddressGotIn }: NatEvidence): NatProfile | undefined {
  if (strangerGotIn) return { type: 'full-cone', confidence: 0.95 };
  // Without a stranger to try, it may be a full cone as well.
  if (knownAddressGotIn)
    return { type: 'restricted', confidence: strangerGotIn === false ? 0.9 : 0.6 };
  if (knownAddressGotIn === false) return { type: 'port-restricted', confidence: 0.9 };
  if (strangerGotIn === false) return { type: 'port-restricted', confidence: 0.7 };
  return undefined;
}

/**
 * The bases among the local candidates of one connection. Where the browser hides local addresses
 * (related address 0.0.0.0), ports of several interfaces cannot be told apart: then none is
 * returned unless there is only one.
 */
export function mappedBases(candidates: readonly Candidate[]): MappedBase[] {
  const udp = candidates.filter(({ protocol }) => protocol === 'udp');
  const hosts = udp.filter(({ type }) => type === 'host');
  const bases = new Map<string, { family: 4 | 6; mapped: Set<string> }>();
  for (const { type, address, port, relatedAddress = '', relatedPort = 0 } of udp) {
    if (type !== 'srflx') continue;
    if (relatedPort === 0 && hosts.length > 1) continue;
    const family = address.includes(':') ? 6 : 4;
    const key = `${family} ${relatedAddress} ${relatedPort}`;
    const base = bases.get(key) ?? { family, mapped: new Set() };
    // Another port at an address of our own is no NAT: the browser did not name the port's base.
    if (!hosts.some((host) => host.address === address)) base.mapped.add(`${address} ${port}`);
    bases.set(key, base);
  }
  return [...bases.values()].map(({ family, mapped }) => ({ family, mapped: [...mapped] }));
}
