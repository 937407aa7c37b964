import { hostOf, toRtcServers } from '../ice/configuration.ts';
import type { Candidate } from '../ice/candidates.ts';
import { mappedBases, type NatEvidence } from '../ice/nat.ts';
import type { IceServer, IceServers } from '../ice/servers.ts';
import {
  connect,
  type Connect,
  deadline,
  openProbe,
  type ProbeOptions,
  untilStopped,
} from './gathering.ts';
import { tryLetIn } from './let-in-probe.ts';
import { probeStun } from './stun-probe.ts';

/** Gathers the evidence that [NT1] classifies. It talks to STUN servers: never in privacy mode. */

/** A silent server costs this much and no more. Longer than three retransmissions (RFC 8489 §6.2.1). */
const NAT_PROBE_MS = 2_500;
/** Each is asked twice: alone and with the others. */
const MAX_STUN = 4;
/** Relays that send to us unasked. */
const MAX_TURN_HOSTS = 2;

export interface NatProbeOptions extends ProbeOptions {
  readonly servers: IceServers;
  /** `navigator.onLine`. */
  readonly online: boolean;
}

/** All questions at once. What is not known when the time is up counts as no answer. Never rejects. */
export async function probeNat({
  servers,
  online,
  signal,
  timeoutMs = NAT_PROBE_MS,
  open = connect,
}: NatProbeOptions): Promise<NatEvidence> {
  const turnHosts = [...new Set(servers.turn.map(({ url }) => hostOf(url)))].slice(
    0,
    MAX_TURN_HOSTS,
  );
  const turn = servers.turn.filter(({ url }) => turnHosts.includes(hostOf(url)));
  const beside = stunBeside(turn);
  const stun = distinct([...servers.stun, ...beside]).slice(0, MAX_STUN);
  const strangers = stun.filter(({ url }) => !turnHosts.includes(hostOf(url)));

  const { stop, done } = deadline(timeoutMs, signal);
  try {
    const [alone, bases, stranger, known] = await Promise.all([
      Promise.all(stun.map((server) => probeStun(server, { signal: stop, timeoutMs, open }))),
      askTogether(stun, open, stop),
      tryLetIn({ stun: strangers, turn, open, stop }),
      tryLetIn({ stun: beside, turn, open, stop }),
    ]);
    const relays = [...stranger.relays, ...known.relays];
    const transports = new Set(relays.map(({ url }) => transportOf(url)));
    // A STUN server and a relay under two names may be one machine: then it is no stranger.
    const literal = new Set(strangers.map(({ url }) => hostOf(url).replace(/^\[|\]$/g, '')));
    const isStranger = !stranger.relays.some(({ address }) => literal.has(address));
    return {
      online,
      stun: alone.map(({ answer }) => answer),
      bases: mappedBases(bases),
      strangerGotIn: isStranger ? stranger.letIn : null,
      knownAddressGotIn: known.letIn,
      turnUdp: turn.some(({ url }) => transportOf(url) === 'udp') ? transports.has('udp') : null,
      turnTcp: turn.some(({ url }) => transportOf(url) === 'tcp') ? transports.has('tcp') : null,
    };
  } finally {
    done();
  }
}

/** TURN servers answer STUN at the same address (RFC 8656 is built on it). */
function stunBeside(turn: readonly IceServer[]): IceServer[] {
  return turn
    .filter(({ url }) => transportOf(url) === 'udp')
    .map(({ url }) => ({ url: url.replace(/^turn:/, 'stun:').replace(/\?.*$/, '') }));
}

function distinct(servers: readonly IceServer[]): IceServer[] {
  return [...new Map(servers.map((server) => [server.url, server])).values()];
}

function transportOf(url: string): 'udp' | 'tcp' {
  return /transport=tcp/.test(url) ? 'tcp' : 'udp';
}

function askTogether(
  servers: readonly IceServer[],
  open: Connect,
  stop: AbortSignal,
): Promise<readonly Candidate[]> {
  if (servers.length === 0) return Promise.resolve([]);
  const found: Candidate[] = [];
  return untilStopped<readonly Candidate[]>(
    stop,
    () => found,
    (settle) =>
      openProbe(
        open,
        { iceServers: toRtcServers(servers) },
        {
          onCandidate: ({ candidate }) => found.push(candidate),
          onComplete: () => settle(found),
        },
        stop,
      ),
  );
}
