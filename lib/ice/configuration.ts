import type { NatType } from './nat.ts';
import type { IceServer, IceServers } from './servers.ts';
import type { Rung } from './strategy.ts';

/** The configuration of a peer connection for one rung of the cascade (docs/PROTOCOL.md [IC4]). */

/**
 * Two answers are all that a second STUN server can add. Each further one costs a request a network
 * interface, and its duplicate of the mapped address is dropped by the browser anyway.
 */
export const MAX_STUN_ADDRESSES = 2;

/**
 * TURN servers (by host) of one attempt, each with all its forms: UDP, TCP and TLS allocate at
 * once, so a blocked form costs no time. Every allocation adds a candidate, every candidate a row of
 * pairs that are checked one in 50 ms, and browsers warn past five servers: two are enough where a
 * direct path may win as well.
 */
export const MAX_TURN_HOSTS = 2;

/** The last rung has no other pairs to wait for: the list is tried further down. */
export const MAX_TURN_HOSTS_RELAY_ONLY = 4;

/**
 * Of one TURN host: UDP, TCP, TLS and one more, e.g. UDP on port 443. A list that names one host many
 * times, be it a signaling server's, would otherwise cost as many allocations.
 */
export const MAX_URLS_PER_TURN_HOST = 4;

export interface IceConfigurationInput {
  /** Our own NAT. */
  readonly nat: NatType;
  readonly servers: IceServers;
  readonly privacy: boolean;
  readonly rung: Rung;
}

/** As an `RTCConfiguration` takes it. */
export interface IceConfiguration {
  iceServers: { urls: string; username?: string; credential?: string }[];
  iceTransportPolicy: 'all' | 'relay';
  iceCandidatePoolSize: number;
  bundlePolicy: 'max-bundle';
}

/**
 * `blocked` keeps the policy `all`, other than the reference: two devices behind one closed firewall
 * find each other by host candidates, and a relay candidate wins by itself where they cannot.
 *
 * The pool size is 0 for all types: a connection is made when it is needed and its local description
 * is set in the same task, so there is no time in which a pool could gather; and each gathered
 * relay that is not used holds an allocation on somebody's server.
 *
 * `direct` names no TURN server at all: a relay that is only held back would still send checks of
 * its own to the peer's candidates, and win by a peer-reflexive pair (RFC 8445 §7.3.1.3).
 */
export function iceConfiguration(input: IceConfigurationInput): IceConfiguration {
  const relayOnly = input.privacy || input.rung === 'relay';
  return {
    iceServers: toRtcServers(choose(input, relayOnly)),
    iceTransportPolicy: relayOnly ? 'relay' : 'all',
    iceCandidatePoolSize: 0,
    bundlePolicy: 'max-bundle',
  };
}

/**
 * For a further lane of a session that stands ([LN1]): one relay in all its forms is enough where
 * the first connection found its way, and seven lanes would hold seven times as many allocations.
 */
export function laneConfiguration(configuration: IceConfiguration): IceConfiguration {
  let relays = 0;
  const iceServers = configuration.iceServers.filter(
    ({ urls }) => urls.startsWith('stun') || ++relays <= MAX_URLS_PER_TURN_HOST,
  );
  return { ...configuration, iceServers };
}

/** As `RTCConfiguration.iceServers`. Whose a server is stays here. */
export function toRtcServers(servers: readonly IceServer[]): IceConfiguration['iceServers'] {
  return servers.map(({ url, username, credential }) => ({
    urls: url,
    ...(username !== undefined && { username }),
    ...(credential !== undefined && { credential }),
  }));
}

function choose(
  { nat, servers, rung }: IceConfigurationInput,
  relayOnly: boolean,
): readonly IceServer[] {
  // Under policy `relay` a STUN server would never be asked.
  if (relayOnly) return firstHosts(servers.turn, MAX_TURN_HOSTS_RELAY_ONLY);
  const stun = servers.stun.slice(0, MAX_STUN_ADDRESSES);
  const turn = firstHosts(servers.turn, MAX_TURN_HOSTS);
  if (rung === 'direct') return stun;
  switch (nat) {
    // No STUN answer can come to a blocked one, unless this was found out in another network: a device
    // is carried about, and nobody may have noticed yet.
    case 'blocked':
    case 'symmetric':
      return [...turn, ...stun];
    default:
      return [...stun, ...turn];
  }
}

/** The first addresses of each of the first `count` hosts, in their order. */
function firstHosts(servers: readonly IceServer[], count: number): IceServer[] {
  const taken = new Map<string, number>();
  return servers.filter(({ url }) => {
    const host = hostOf(url);
    const before = taken.get(host);
    if (before === undefined ? taken.size >= count : before >= MAX_URLS_PER_TURN_HOST) return false;
    taken.set(host, (before ?? 0) + 1);
    return true;
  });
}

/** Host of a `stun:`, `turn:` or `turns:` address, in lower case; IPv6 with its brackets. */
export function hostOf(url: string): string {
  const rest = url.slice(url.indexOf(':') + 1).toLowerCase();
  return /^(\[[^\]]*\]|[^:?]*)/.exec(rest)?.[0] ?? rest;
}
