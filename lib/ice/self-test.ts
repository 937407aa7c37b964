/** What "Check connection" finds out: one line for each thing that can be wrong. */
import { classifyNat, type NatEvidence, type NatType, UNKNOWN_NAT } from './nat.ts';
import type { IceServer, IceServers } from './servers.ts';

export const CHECK_IDS = [
  'server',
  'version',
  'clock',
  'udp',
  'stun',
  'nat',
  'turn-udp',
  'turn-tcp',
  'turn-tls',
  'relay-throughput',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

/** What a person can do about a line that is not good; views make sentences of it. */
export type CheckStep =
  | 'start-server'
  | 'update-extension'
  | 'update-server'
  | 'set-clock'
  | 'allow-udp'
  | 'add-stun'
  | 'check-stun'
  | 'add-turn'
  | 'check-turn'
  | 'allow-tcp'
  | 'use-tls'
  | 'slow-relay';

export interface CheckLine {
  readonly id: CheckId;
  /** `neutral`: nothing to test, or something worth knowing that is not a fault. */
  readonly verdict: 'pending' | 'good' | 'bad' | 'neutral';
  /** Numbers and words to show; no address, name or secret. */
  readonly detail: {
    readonly version?: number;
    /** Server's clock minus ours, ms. */
    readonly skewMs?: number;
    readonly rttMs?: number;
    readonly nat?: NatType;
    /** From 0 to 1. */
    readonly confidence?: number;
    /** How many servers answered, and how many were asked. */
    readonly answered?: number;
    readonly asked?: number;
    readonly bytesPerSecond?: number;
    /** Not tested, since it is switched off or nothing is set. */
    readonly skipped?: 'privacy-mode' | 'none-set' | 'offline';
  };
  readonly step?: CheckStep;
}

export interface CheckReport {
  readonly state: 'running' | 'done';
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** In the order of `CHECK_IDS`. */
  readonly lines: readonly CheckLine[];
}

/** A test under way. `result` never rejects; after `cancel` it may settle with anything. */
export interface Running<T> {
  readonly result: Promise<T>;
  readonly cancel: () => void;
}

export interface StunResult {
  readonly answer: NatEvidence['stun'][number];
  /** Round trip; null where it cannot be told. */
  readonly ms: number | null;
}

export type TurnResult =
  | { readonly ok: true; readonly ms: number }
  /** `refused`: the server answered, and does not take the credentials (or us). */
  | { readonly ok: false; readonly refused: boolean };

/** What background knows about the signaling server; null while nothing is known. */
export interface ServerFacts {
  readonly online: boolean;
  readonly version: number | null;
  /** Server's clock minus ours, ms. */
  readonly clockOffset: number | null;
}

export interface SelfTestPorts {
  readonly server: ServerFacts;
  /** The version that we speak. */
  readonly version: number;
  readonly servers: IceServers;
  readonly privacy: boolean;
  /** `navigator.onLine`. */
  readonly online: boolean;
  readonly probeStun: (server: IceServer) => Running<StunResult>;
  readonly probeTurn: (server: IceServer) => Running<TurnResult>;
  readonly probeNat: () => Running<NatEvidence>;
  /** Bytes per second through one of `servers` to oneself, or null. */
  readonly measureRelay: (servers: readonly IceServer[]) => Running<number | null>;
  readonly clock: {
    now(): number;
    /** Calls `task` once after `ms`, unless the returned function is called before. */
    schedule(ms: number, task: () => void): () => void;
  };
}

/** Guards above the probes' own limits: a probe that hangs must not keep the report open. */
const STUN_LIMIT_MS = 4_000;
const NAT_LIMIT_MS = 4_000;
const TURN_LIMIT_MS = 6_000;
const RELAY_LIMIT_MS = 8_000;

/** ICE takes the best of them; each more costs two allocations. */
const RELAYS_PUSHED_THROUGH = 3;

/** Signaling works with a wrong clock, but dates are wrong, and so may be the day's room ([RC2]). */
const SKEW_NOTICED_MS = 60_000;
const SKEW_BAD_MS = 2 * 3_600_000;

/** One Mbit/s: below it even one picture takes seconds. */
const SLOW_RELAY_BYTES_PER_SECOND = 125_000;

type TurnTransport = 'udp' | 'tcp' | 'tls';
interface TurnFinding {
  readonly asked: readonly IceServer[];
  readonly alive: readonly IceServer[];
  readonly refused: boolean;
  readonly rttMs: number | null;
}
type Verdict = Omit<CheckLine, 'id'>;

/**
 * Runs every test that can run, at once where none waits for another, and reports after each line.
 * The report it ends with has no `pending` line.
 */
export async function runSelfTest(
  ports: SelfTestPorts,
  onReport: (report: CheckReport) => void,
): Promise<CheckReport> {
  const { server, servers, privacy, online } = ports;
  const sheet = new Sheet(ports.clock.now(), onReport);
  sheet.write('server', serverLine(server));
  sheet.write('version', versionLine(server, ports.version));
  sheet.write('clock', clockLine(server));

  const stunTest = privacy ? [] : servers.stun.map((each) => ports.probeStun(each));
  const stun = Promise.all(
    stunTest.map((test) =>
      limited(ports, STUN_LIMIT_MS, test, { answer: 'silent', ms: null } as const),
    ),
  );
  const turn: Record<TurnTransport, Promise<TurnFinding>> = {
    udp: probeTransport(ports, 'udp'),
    tcp: probeTransport(ports, 'tcp'),
    tls: probeTransport(ports, 'tls'),
  };
  const all = Promise.all([stun, turn.udp, turn.tcp, turn.tls] as const);
  const works = all.then(([answers, udp, tcp, tls]): Works => ({
    stun: answers.some(isAnswer),
    udp: udp.alive.length > 0,
    tcp: tcp.alive.length > 0,
    tls: tls.alive.length > 0,
  }));
  // Only a failure is explained by what else works: what is good is shown at once.
  const unless = (good: boolean) => (good ? Promise.resolve(NOTHING_WORKS) : works);
  const turnTest = async (transport: TurnTransport) => {
    const finding = await turn[transport];
    const others = await unless(finding.alive.length > 0);
    sheet.write(`turn-${transport}`, turnLine(ports, transport, finding, others));
  };

  await Promise.all([
    stun.then(async (answers) => {
      const others = await unless(answers.some(isAnswer));
      sheet.write('stun', stunLine(ports, answers, others));
    }),
    all.then(async ([, udp]) => sheet.write('udp', udpLine(ports, udp, await works))),
    turnTest('udp'),
    turnTest('tcp'),
    turnTest('tls'),
    // After the probes: they say which servers are worth pushing through, and share the line.
    all.then(async ([, udp, tcp, tls]) => {
      const alive = [...udp.alive, ...tcp.alive, ...tls.alive];
      if (alive.length === 0) return sheet.write('relay-throughput', noRelayLine(ports));
      const test = ports.measureRelay(alive.slice(0, RELAYS_PUSHED_THROUGH));
      sheet.write('relay-throughput', rateLine(await limited(ports, RELAY_LIMIT_MS, test, null)));
    }),
    natLine(ports).then((line) => sheet.write('nat', line)),
  ]);
  return sheet.end();

  async function natLine({ probeNat }: SelfTestPorts): Promise<Verdict> {
    if (privacy) return skipped('privacy-mode');
    if (servers.stun.length + servers.turn.length === 0) return skipped('none-set', 'add-stun');
    const evidence = await limited(ports, NAT_LIMIT_MS, probeNat(), null);
    const { type, confidence } = evidence ? classifyNat(evidence) : UNKNOWN_NAT;
    if (type === 'unknown' && !online) return skipped('offline');
    const detail = { nat: type, confidence };
    const relay: CheckStep | undefined = servers.turn.length === 0 ? 'add-turn' : undefined;
    switch (type) {
      case 'blocked':
        return { verdict: 'bad', detail, step: relay ?? 'allow-udp' };
      case 'symmetric':
        return { verdict: 'neutral', detail, ...(relay && { step: relay }) };
      case 'unknown':
        // One server cannot tell a mapping ([NT1]).
        return { verdict: 'neutral', detail, ...(servers.stun.length < 2 && { step: 'add-stun' }) };
      default:
        return { verdict: 'good', detail };
    }
  }
}

/** The lines as they stand, each written once. */
class Sheet {
  readonly #startedAt: number;
  readonly #onReport: (report: CheckReport) => void;
  readonly #lines = new Map<CheckId, Verdict>();

  constructor(startedAt: number, onReport: (report: CheckReport) => void) {
    this.#startedAt = startedAt;
    this.#onReport = onReport;
  }

  write(id: CheckId, line: Verdict): void {
    this.#lines.set(id, line);
    // The last line is not the end for a reader yet: `end` says it once.
    if (this.#lines.size < CHECK_IDS.length) this.#onReport(this.#report('running'));
  }

  end(): CheckReport {
    const report = this.#report('done');
    this.#onReport(report);
    return report;
  }

  #report(state: CheckReport['state']): CheckReport {
    const pending: Verdict = { verdict: 'pending', detail: {} };
    const lines = CHECK_IDS.map((id) => ({ id, ...(this.#lines.get(id) ?? pending) }));
    return { state, startedAt: this.#startedAt, lines };
  }
}

function limited<T, U>(
  { clock }: SelfTestPorts,
  ms: number,
  test: Running<T>,
  otherwise: U,
): Promise<T | U> {
  return new Promise((resolve) => {
    const cancelTimer = clock.schedule(ms, () => {
      test.cancel();
      resolve(otherwise);
    });
    const settle = (value: T | U) => {
      cancelTimer();
      resolve(value);
    };
    test.result.then(settle, () => settle(otherwise));
  });
}

function turnTransport({ url }: IceServer): TurnTransport {
  if (url.startsWith('turns:')) return 'tls';
  return url.includes('transport=tcp') ? 'tcp' : 'udp';
}

async function probeTransport(
  ports: SelfTestPorts,
  transport: TurnTransport,
): Promise<TurnFinding> {
  const asked = ports.servers.turn.filter((server) => turnTransport(server) === transport);
  const results = await Promise.all(
    asked.map((server) =>
      limited(ports, TURN_LIMIT_MS, ports.probeTurn(server), {
        ok: false,
        refused: false,
      } as const),
    ),
  );
  return {
    asked,
    alive: asked.filter((_, index) => results[index]?.ok),
    refused: results.some((result) => !result.ok && result.refused),
    rttMs: fastest(results.map((result) => (result.ok ? result.ms : null))),
  };
}

function fastest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function skipped(why: NonNullable<CheckLine['detail']['skipped']>, step?: CheckStep): Verdict {
  return { verdict: 'neutral', detail: { skipped: why }, ...(step && { step }) };
}

function serverLine({ online }: ServerFacts): Verdict {
  return online
    ? { verdict: 'good', detail: {} }
    : { verdict: 'bad', detail: {}, step: 'start-server' };
}

function versionLine({ version }: ServerFacts, own: number): Verdict {
  // A server of another version is left at once ([SV1]), so `online` says nothing here.
  if (version === null) return skipped('offline');
  if (version === own) return { verdict: 'good', detail: { version } };
  const step = version < own ? 'update-server' : 'update-extension';
  return { verdict: 'bad', detail: { version }, step };
}

function clockLine({ clockOffset }: ServerFacts): Verdict {
  if (clockOffset === null) return skipped('offline');
  const detail = { skewMs: clockOffset };
  const skew = Math.abs(clockOffset);
  if (skew <= SKEW_NOTICED_MS) return { verdict: 'good', detail };
  return { verdict: skew > SKEW_BAD_MS ? 'bad' : 'neutral', detail, step: 'set-clock' };
}

/** Which ways out answered anything. */
interface Works {
  readonly stun: boolean;
  readonly udp: boolean;
  readonly tcp: boolean;
  readonly tls: boolean;
}

const NOTHING_WORKS: Works = { stun: false, udp: false, tcp: false, tls: false };

function isAnswer({ answer }: StunResult): boolean {
  return answer !== 'silent';
}

function udpLine(
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
  return { verdict: 'bad', detail: {}, step: 'allow-udp' };
}

function stunLine(
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
  if (answered > 0) return { verdict: 'neutral', detail, step: 'check-stun' };
  if (!online) return skipped('offline');
  return { verdict: 'bad', detail, step: works.udp ? 'check-stun' : 'allow-udp' };
}

function turnLine(
  { servers, online }: SelfTestPorts,
  transport: TurnTransport,
  { asked, alive, refused, rttMs }: TurnFinding,
  works: Works,
): Verdict {
  if (asked.length === 0) {
    if (servers.turn.length === 0) return skipped('none-set', 'add-turn');
    // Only TLS on port 443 gets through every firewall.
    return skipped('none-set', transport === 'tls' ? 'use-tls' : undefined);
  }
  const detail = {
    answered: alive.length,
    asked: asked.length,
    ...(rttMs !== null && { rttMs }),
  };
  if (alive.length === asked.length) return { verdict: 'good', detail };
  if (alive.length > 0) return { verdict: 'neutral', detail, step: 'check-turn' };
  if (refused) return { verdict: 'bad', detail, step: 'check-turn' };
  if (!online) return skipped('offline');
  return { verdict: 'bad', detail, step: stepFor(transport, works) };
}

/** Nobody answered on this transport: what else works says whose fault it is. */
function stepFor(transport: TurnTransport, { stun, udp, tcp, tls }: Works): CheckStep {
  switch (transport) {
    case 'udp':
      return stun ? 'check-turn' : 'allow-udp';
    case 'tcp':
      if (tls) return 'use-tls';
      return udp || stun ? 'check-turn' : 'allow-tcp';
    case 'tls':
      return tcp || udp || stun ? 'check-turn' : 'allow-tcp';
  }
}

function noRelayLine({ servers, online }: SelfTestPorts): Verdict {
  if (servers.turn.length === 0) return skipped('none-set', 'add-turn');
  if (!online) return skipped('offline');
  return { verdict: 'bad', detail: {}, step: 'check-turn' };
}

function rateLine(bytesPerSecond: number | null): Verdict {
  if (bytesPerSecond === null) return { verdict: 'bad', detail: {}, step: 'check-turn' };
  const detail = { bytesPerSecond };
  return bytesPerSecond < SLOW_RELAY_BYTES_PER_SECOND
    ? { verdict: 'neutral', detail, step: 'slow-relay' }
    : { verdict: 'good', detail };
}
