/** From what a test found to its line of the report: the verdict, and what a person can do. */
import { classifyNat, type NatEvidence, UNKNOWN_NAT } from './nat.ts';
import type { CheckLine, CheckStep, SelfTestPorts, ServerFacts, StunResult } from './self-test.ts';
import { hostOf } from './configuration.ts';
import type { IceServer } from './servers.ts';

/** Signaling works with a wrong clock, but dates are wrong, and so may be the day's room ([RC2]). */
const SKEW_NOTICED_MS = 60_000;
const SKEW_BAD_MS = 2 * 3_600_000;

/** One Mbit/s: below it even one picture takes seconds. */
const SLOW_RELAY_BYTES_PER_SECOND = 125_000;

export type TurnTransport = 'udp' | 'tcp' | 'tls';
export interface TurnFinding {
  readonly asked: readonly IceServer[];
  readonly alive: readonly IceServer[];
  readonly refused: boolean;
  /** Of the servers that answered anything, be it a refusal. */
  readonly hosts: ReadonlySet<string>;
  readonly rttMs: number | null;
}
export type Verdict = Omit<CheckLine, 'id'>;

export function serverLine({ online }: ServerFacts): Verdict {
  return online
    ? { verdict: 'good', detail: {} }
    : { verdict: 'bad', detail: {}, step: 'start-server' };
}

export function versionLine({ version }: ServerFacts, own: number): Verdict {
  // A server of another version is left at once ([SV1]), so `online` says nothing here.
  if (version === null) return skipped('offline');
  if (version === own) return { verdict: 'good', detail: { version } };
  const step = version < own ? 'update-server' : 'update-extension';
  return { verdict: 'bad', detail: { version }, step };
}

export function clockLine({ clockOffset }: ServerFacts): Verdict {
  if (clockOffset === null) return skipped('offline');
  const detail = { skewMs: clockOffset };
  const skew = Math.abs(clockOffset);
  if (skew <= SKEW_NOTICED_MS) return { verdict: 'good', detail };
  return { verdict: skew > SKEW_BAD_MS ? 'bad' : 'neutral', detail, step: 'set-clock' };
}

/** Which ways out answered anything. */
export interface Works {
  readonly stun: boolean;
  readonly udp: boolean;
  readonly tcp: boolean;
  readonly tls: boolean;
  /** A host that is silent over UDP answers over TCP or TLS: the one proof that UDP is blocked. */
  readonly udpBlocked: boolean;
}

export const NOTHING_WORKS: Works = {
  stun: false,
  udp: false,
  tcp: false,
  tls: false,
  udpBlocked: false,
};

export function worksOf(
  { servers }: SelfTestPorts,
  answers: readonly StunResult[],
  { udp, tcp, tls }: Readonly<Record<TurnTransport, TurnFinding>>,
): Works {
  const stunHosts = servers.stun
    .filter((_, index) => answers[index]?.answer === 'silent')
    .map(({ url }) => hostOf(url));
  const silent = [...stunHosts, ...udp.asked.map(({ url }) => hostOf(url))].filter(
    (host) => !udp.hosts.has(host),
  );
  const stun = answers.some(isAnswer);
  return {
    stun,
    udp: udp.alive.length > 0,
    tcp: tcp.alive.length > 0,
    tls: tls.alive.length > 0,
    udpBlocked:
      !stun &&
      udp.hosts.size === 0 &&
      silent.some((host) => tcp.hosts.has(host) || tls.hosts.has(host)),
  };
}

/** Whom it concerns that these do not work: the person, or who runs the signaling server. */
function blame(dead: readonly IceServer[], own: CheckStep): CheckStep {
  const offered = dead.length > 0 && dead.every(({ from }) => from === 'server');
  return offered ? 'tell-operator' : own;
}

/** Nobody answered over UDP. */
function udpStep({ udpBlocked }: Works): CheckStep {
  return udpBlocked ? 'allow-udp' : 'try-elsewhere';
}

/** No TURN server is known. */
export function noTurnLine({ server, privacy }: SelfTestPorts): Verdict {
  if (!server.paired) return skipped('not-paired', 'pair-first');
  // Then nothing can connect at all.
  if (privacy) return { verdict: 'bad', detail: { skipped: 'none-set' }, step: 'add-turn' };
  return skipped('none-set', 'add-turn');
}

export function isAnswer({ answer }: StunResult): boolean {
  return answer !== 'silent';
}

export function udpLine(
  { servers, privacy, online }: SelfTestPorts,
  udp: TurnFinding,
  works: Works,
): Verdict {
  if (works.stun || works.udp) return { verdict: 'good', detail: {} };
  if (udp.asked.length === 0) {
    if (privacy) return skipped('privacy-mode');
    if (servers.stun.length === 0) return skipped('none-set', 'add-stun');
  }
  // An answer over UDP is an answer, whatever it says.
  if (udp.refused) return { verdict: 'good', detail: {} };
  if (!online) return skipped('offline');
  return { verdict: 'bad', detail: {}, step: udpStep(works) };
}

export function stunLine(
  { servers, privacy, online }: SelfTestPorts,
  answers: readonly StunResult[],
  works: Works,
): Verdict {
  if (privacy) return skipped('privacy-mode');
  const asked = servers.stun.length;
  if (asked === 0) return skipped('none-set', 'add-stun');
  const answered = answers.filter(isAnswer).length;
  const rttMs = fastest(answers.map(({ ms }) => ms));
  const detail = { answered, asked, ...(rttMs !== null && { rttMs }) };
  if (answered === asked) return { verdict: 'good', detail };
  // A dead one costs no time as long as another lives.
  const step = blame(
    servers.stun.filter((_, index) => answers[index]?.answer === 'silent'),
    'check-stun',
  );
  if (answered > 0) return { verdict: 'neutral', detail, step };
  if (!online) return skipped('offline');
  return { verdict: 'bad', detail, step: works.udp ? step : udpStep(works) };
}

export function turnLine(
  ports: SelfTestPorts,
  transport: TurnTransport,
  { asked, alive, refused, rttMs }: TurnFinding,
  works: Works,
): Verdict {
  if (asked.length === 0) {
    if (ports.servers.turn.length === 0) return noTurnLine(ports);
    // Only TLS on port 443 gets through every firewall.
    return skipped('none-set', transport === 'tls' ? 'use-tls' : undefined);
  }
  const detail = {
    answered: alive.length,
    asked: asked.length,
    ...(rttMs !== null && { rttMs }),
  };
  if (alive.length === asked.length) return { verdict: 'good', detail };
  const step = blame(
    asked.filter((server) => !alive.includes(server)),
    'check-turn',
  );
  if (alive.length > 0) return { verdict: 'neutral', detail, step };
  if (refused) return { verdict: 'bad', detail, step };
  if (!ports.online) return skipped('offline');
  return { verdict: 'bad', detail, step: stepFor(transport, works) ?? step };
}

/** Nobody answered on this transport; undefined where the servers are at fault, not the network. */
function stepFor(transport: TurnTransport, works: Works): CheckStep | undefined {
  const { stun, udp, tcp, tls } = works;
  switch (transport) {
    case 'udp':
      return stun ? undefined : udpStep(works);
    case 'tcp':
      if (tls) return 'use-tls';
      return udp || stun ? undefined : 'try-elsewhere';
    case 'tls':
      return tcp || udp || stun ? undefined : 'try-elsewhere';
  }
}

/** No relay answered. */
export function noRelayLine(
  ports: SelfTestPorts,
  { refused, works }: { readonly refused: boolean; readonly works: Works },
): Verdict {
  const { turn } = ports.servers;
  if (turn.length === 0) return noTurnLine(ports);
  if (!ports.online) return skipped('offline');
  const step = refused || works.stun ? blame(turn, 'check-turn') : 'try-elsewhere';
  return { verdict: 'bad', detail: {}, step };
}

/** @param through the relays that were tried */
export function rateLine(bytesPerSecond: number | null, through: readonly IceServer[]): Verdict {
  if (bytesPerSecond === null)
    return { verdict: 'bad', detail: {}, step: blame(through, 'check-turn') };
  const detail = { bytesPerSecond };
  return bytesPerSecond < SLOW_RELAY_BYTES_PER_SECOND
    ? { verdict: 'neutral', detail, step: 'slow-relay' }
    : { verdict: 'good', detail };
}

/** `evidence` is null where the probe hung. */
export function natLine(
  { server, servers, online }: SelfTestPorts,
  evidence: NatEvidence | null,
  works: Works,
): Verdict {
  const { type, confidence } = evidence ? classifyNat(evidence) : UNKNOWN_NAT;
  if (type === 'unknown' && !online) return skipped('offline');
  const detail = { nat: type, confidence };
  // What the server offers is not known before the first pairing.
  const relay: CheckStep | undefined =
    servers.turn.length > 0 ? undefined : server.paired ? 'add-turn' : 'pair-first';
  switch (type) {
    case 'blocked':
      return { verdict: 'bad', detail, step: relay ?? udpStep(works) };
    case 'symmetric':
      return { verdict: 'neutral', detail, ...(relay && { step: relay }) };
    case 'unknown':
      // One server cannot tell a mapping ([NT1]).
      return { verdict: 'neutral', detail, ...(servers.stun.length < 2 && { step: 'add-stun' }) };
    default:
      return { verdict: 'good', detail };
  }
}

export function fastest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}

export function skipped(
  why: NonNullable<CheckLine['detail']['skipped']>,
  step?: CheckStep,
): Verdict {
  return { verdict: 'neutral', detail: { skipped: why }, ...(step && { step }) };
}
