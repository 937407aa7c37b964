import type { NatType } from './nat.ts';

/**
 * Which way to try first, from what both sides found out about their NATs (docs/PROTOCOL.md [IC3],
 * [IC4]). Both sides compute it from the same two values and come to the same strategy.
 */

/** `direct`: relays only when it takes its time; `turn-fallback`: both at once; `turn-only`: no hope of direct. */
export type Strategy = 'direct' | 'turn-fallback' | 'turn-only';

export interface PathStrategy {
  readonly strategy: Strategy;
  /** Milliseconds that a direct path gets before relays alone are tried. */
  readonly directTimeoutMs: number;
  readonly reason:
    | 'udp-blocked'
    | 'peer-udp-blocked'
    | 'both-symmetric'
    | 'one-symmetric'
    | 'both-port-restricted'
    | 'mixed-restrictive'
    | 'favourable'
    | 'unknown';
}

const ONE_SYMMETRIC_MS = 5_000;
const BOTH_PORT_RESTRICTED_MS = 8_000;
const UNKNOWN_MS = 8_000;
const MIXED_RESTRICTIVE_MS = 10_000;
const FAVOURABLE_MS = 15_000;

/**
 * Total over all pairs of types, and symmetric in its arguments but for `udp-blocked` and
 * `peer-udp-blocked`. `unknown` comes before `one-symmetric`: what nobody measured may be blocked
 * as well, and gets the longer wait.
 */
export function pathStrategy(local: NatType, remote: NatType): PathStrategy {
  if (local === 'blocked') return relayOnly('udp-blocked');
  if (remote === 'blocked') return relayOnly('peer-udp-blocked');
  if (local === 'unknown' || remote === 'unknown') return fallback('unknown', UNKNOWN_MS);
  if (local === 'symmetric' && remote === 'symmetric') return relayOnly('both-symmetric');
  if (local === 'symmetric' || remote === 'symmetric')
    return fallback('one-symmetric', ONE_SYMMETRIC_MS);
  const restrictive = [local, remote].filter((type) => type === 'port-restricted').length;
  if (restrictive === 2) return fallback('both-port-restricted', BOTH_PORT_RESTRICTED_MS);
  if (restrictive === 1 && (local === 'restricted' || remote === 'restricted'))
    return fallback('mixed-restrictive', MIXED_RESTRICTIVE_MS);
  // Both mappings are endpoint-independent, and one side at most looks at ports: restricted with
  // restricted, and a full cone with anything up to here, open with the first check each way.
  return { strategy: 'direct', directTimeoutMs: FAVOURABLE_MS, reason: 'favourable' };
}

function relayOnly(reason: PathStrategy['reason']): PathStrategy {
  return { strategy: 'turn-only', directTimeoutMs: 0, reason };
}

function fallback(reason: PathStrategy['reason'], directTimeoutMs: number): PathStrategy {
  return { strategy: 'turn-fallback', directTimeoutMs, reason };
}

/**
 * What one attempt may use. `direct`: no relay of our own; `all`: everything at once, the first
 * pair that works wins and ICE itself moves to a better one later; `relay`: relays only.
 */
export type Rung = 'direct' | 'all' | 'relay';

export interface CascadeStep {
  readonly rung: Rung;
  /** Milliseconds from the start of this rung's checks to the next rung, or to giving up. */
  readonly timeoutMs: number;
}

/**
 * Time for a relayed path: an allocation over UDP is lost silently, and its last retransmission
 * (RFC 8489 §6.2.1) is past 9 s only when nobody answers; TCP and TLS run beside it.
 */
const RELAY_MS = 12_000;

/**
 * What a direct path gets to itself where it is as good as certain: several times what it takes. A
 * network that was looked at before the device was carried elsewhere must not cost more than this.
 */
const ALONE_MS = 2_000;

export interface CascadeOptions {
  /** A TURN server of our own is known. */
  readonly relays: boolean;
  readonly privacy: boolean;
}

/** The attempts of one connection, in order ([IC4]). */
export function cascade(
  { strategy, directTimeoutMs }: PathStrategy,
  { relays, privacy }: CascadeOptions,
): readonly [CascadeStep, ...CascadeStep[]] {
  const relay: CascadeStep = { rung: 'relay', timeoutMs: RELAY_MS };
  // Not even a retry may show an address, and a relay that is unknown now may be known by then.
  if (privacy) return [relay, relay];
  // The peer's relays can carry both, so a second try without one of our own is not idle.
  const second: CascadeStep = relays ? relay : { rung: 'all', timeoutMs: RELAY_MS };
  switch (strategy) {
    case 'direct':
      return [
        { rung: 'direct', timeoutMs: ALONE_MS },
        { rung: 'all', timeoutMs: directTimeoutMs - ALONE_MS },
        second,
      ];
    case 'turn-fallback':
      return [{ rung: 'all', timeoutMs: directTimeoutMs }, second];
    case 'turn-only':
      // Not `relay`: two devices behind one closed firewall still find each other by host candidates.
      return [{ rung: 'all', timeoutMs: RELAY_MS }, second];
  }
}
