/** The path that a connection really takes, read from its statistics (W3C webrtc-stats). */
import { addressKind, parseIpv4, parseIpv6 } from './address.ts';

export interface ConnectionPath {
  readonly kind: 'direct' | 'relay';
  /** Both ends are in one network: nothing goes through a router's outside. */
  readonly sameNetwork: boolean;
  /** How our side reaches the relay, or the peer. */
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** Milliseconds, null before the first measurement. */
  readonly rttMs: number | null;
  /** Bytes per second since the sample before. */
  readonly sendRate: number;
  readonly receiveRate: number;
  /** From 0 to 1: connectivity checks without an answer since the sample before. */
  readonly loss: number;
}

/** One entry of `RTCPeerConnection.getStats()`, as it comes. */
export interface StatsEntry {
  readonly id: string;
  readonly type: string;
  readonly [member: string]: unknown;
}

/** What the next reading is compared with. Opaque to callers. */
export interface PathSample {
  readonly pairId: string;
  /** `timestamp` of the statistics, ms. */
  readonly at: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly requestsSent: number;
  readonly responsesReceived: number;
  /** Checks sent in the interval that this sample ended. */
  readonly requestsInInterval: number;
  /** Checks given up so far. */
  readonly lost: number;
}

/** ICE gave a connection up long before. */
const MAX_RTT_SECONDS = 3_600;

/** The selected pair; undefined while there is none. Never throws, whatever the entries hold. */
export function readPath(
  stats: readonly StatsEntry[],
  before?: PathSample,
): { readonly path: ConnectionPath; readonly sample: PathSample } | undefined {
  const byId = new Map(stats.map((entry) => [entry.id, entry]));
  const transport = stats.find(({ type }) => type === 'transport');
  const pair = selectedPair(stats, byId, transport);
  const local = pair && byId.get(text(pair.localCandidateId));
  const remote = pair && byId.get(text(pair.remoteCandidateId));
  if (!pair || !local || !remote) return undefined;

  const relay = local.candidateType === 'relay' || isRelayed(remote, stats);
  const sample = sampleOf(pair, transport, before);
  const seconds = before ? (sample.at - before.at) / 1_000 : 0;
  const rate = (now: number, then = now) => (seconds > 0 ? Math.max(0, now - then) / seconds : 0);
  const rtt = pair.currentRoundTripTime;
  return {
    path: {
      kind: relay ? 'relay' : 'direct',
      sameNetwork: !relay && inOneNetwork(local, remote),
      transport: transportOf(local),
      rttMs: typeof rtt === 'number' && rtt >= 0 && rtt < MAX_RTT_SECONDS ? rtt * 1_000 : null,
      sendRate: rate(sample.bytesSent, before?.bytesSent),
      receiveRate: rate(sample.bytesReceived, before?.bytesReceived),
      loss: before?.pairId === sample.pairId ? lossSince(before, sample) : 0,
    },
    sample,
  };
}

function selectedPair(
  stats: readonly StatsEntry[],
  byId: ReadonlyMap<string, StatsEntry>,
  transport: StatsEntry | undefined,
): StatsEntry | undefined {
  const named = byId.get(text(transport?.selectedCandidatePairId));
  if (named?.type === 'candidate-pair') return named;
  // Firefox has no transport entry and marks the pair instead.
  const pairs = stats.filter(({ type }) => type === 'candidate-pair');
  return (
    pairs.find(({ selected }) => selected === true) ??
    (transport ? undefined : pairs.find((p) => p.nominated === true && p.state === 'succeeded'))
  );
}

/** A peer's relay may be met as peer-reflexive before its candidate arrives. */
function isRelayed(remote: StatsEntry, stats: readonly StatsEntry[]): boolean {
  if (remote.candidateType === 'relay') return true;
  const address = addressOf(remote);
  return (
    address !== '' &&
    stats.some(
      (entry) =>
        entry.type === 'remote-candidate' &&
        entry.candidateType === 'relay' &&
        addressOf(entry) === address &&
        entry.port === remote.port,
    )
  );
}

/**
 * Two host candidates are in one network unless both have public addresses: IPv6 hosts of different
 * homes talk to each other as host candidates too, those of one home share their /64.
 */
function inOneNetwork(local: StatsEntry, remote: StatsEntry): boolean {
  if (local.candidateType !== 'host') return false;
  const kind = addressKind(addressOf(remote));
  const near = kind === 'private' || kind === 'link-local' || kind === 'loopback';
  if (remote.candidateType === 'prflx') return near;
  if (remote.candidateType !== 'host') return false;
  if (kind !== 'public') return true;
  const [ours, theirs] = [local, remote].map((end) => networkOf(addressOf(end)));
  return ours === undefined || ours === theirs;
}

/** /24 or /64 of a public address. */
function networkOf(address: string): string | undefined {
  const groups = parseIpv4(address)?.slice(0, 3) ?? parseIpv6(address)?.slice(0, 4);
  return groups?.join(':');
}

function transportOf(local: StatsEntry): ConnectionPath['transport'] {
  if (local.candidateType !== 'relay') return local.protocol === 'tcp' ? 'tcp' : 'udp';
  const { relayProtocol } = local;
  if (relayProtocol === 'udp' || relayProtocol === 'tcp' || relayProtocol === 'tls')
    return relayProtocol;
  const url = text(local.url);
  if (url.startsWith('turns:')) return 'tls';
  return url.includes('transport=tcp') ? 'tcp' : 'udp';
}

function sampleOf(
  pair: StatsEntry,
  transport: StatsEntry | undefined,
  before: PathSample | undefined,
): PathSample {
  // The transport's counters go on when another pair takes over.
  const bytes = typeof transport?.bytesSent === 'number' ? transport : pair;
  const requestsSent = count(pair.requestsSent);
  const responsesReceived = count(pair.responsesReceived);
  const same = before?.pairId === pair.id ? before : undefined;
  const requestsInInterval = requestsSent - (same?.requestsSent ?? requestsSent);
  // A check sent since the last sample may still be answered; an older one is given up.
  const open = requestsSent - responsesReceived - (same?.lost ?? 0);
  const given = same ? Math.max(0, open - requestsInInterval) : Math.max(0, open);
  return {
    pairId: pair.id,
    at: count(pair.timestamp),
    bytesSent: count(bytes.bytesSent),
    bytesReceived: count(bytes.bytesReceived),
    requestsSent,
    responsesReceived,
    requestsInInterval,
    lost: (same?.lost ?? 0) + given,
  };
}

function lossSince(before: PathSample, now: PathSample): number {
  const given = now.lost - before.lost;
  return given === 0 ? 0 : Math.min(1, given / Math.max(given, before.requestsInInterval));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function count(value: unknown): number {
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : 0;
}

function addressOf(candidate: StatsEntry): string {
  return text(candidate.address) || text(candidate.ip);
}
