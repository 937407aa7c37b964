/** "Check connection": which tests run, in which order, and how long each may take. */
import {
  clockLine,
  fastest,
  isAnswer,
  natLine,
  noRelayLine,
  NOTHING_WORKS,
  rateLine,
  serverLine,
  skipped,
  stunLine,
  type TurnFinding,
  turnLine,
  type TurnTransport,
  udpLine,
  type Verdict,
  versionLine,
  type Works,
  worksOf,
} from './check-lines.ts';
import {
  CHECK_IDS,
  type CheckId,
  type CheckReport,
  type Running,
  type SelfTestPorts,
  type TurnResult,
} from './self-test.ts';
import { hostOf } from './configuration.ts';
import { classifyNat } from './nat.ts';
import type { IceServer } from './servers.ts';

/** Guards above the probes' own limits: a probe that hangs must not keep the report open. */
const STUN_LIMIT_MS = 4_000;
const NAT_LIMIT_MS = 4_000;
const TURN_LIMIT_MS = 6_000;
const RELAY_LIMIT_MS = 8_000;

/** ICE takes the best of them; each more costs two allocations. */
const RELAYS_PUSHED_THROUGH = 3;

/**
 * Runs every test that can run, at once where none waits for another, and reports after each line.
 * The report it ends with has no `pending` line.
 */
export async function runSelfTest(
  ports: SelfTestPorts,
  onReport: (report: CheckReport) => void,
): Promise<CheckReport> {
  const { server, servers, privacy } = ports;
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
  const works = all.then(([answers, udp, tcp, tls]) => worksOf(ports, answers, { udp, tcp, tls }));
  // Only a failure is explained by what else works: what is good is shown at once.
  const unless = (settled: boolean) => (settled ? Promise.resolve(NOTHING_WORKS) : works);
  const turnTest = async (transport: TurnTransport) => {
    const finding = await turn[transport];
    const others = await unless(finding.alive.length > 0 || finding.asked.length === 0);
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
      if (alive.length === 0) {
        const refused = [udp, tcp, tls].some((finding) => finding.refused);
        const line = noRelayLine(ports, { refused, works: await works });
        return sheet.write('relay-throughput', line);
      }
      const through = alive.slice(0, RELAYS_PUSHED_THROUGH);
      const rate = await limited(ports, RELAY_LIMIT_MS, ports.measureRelay(through), null);
      sheet.write('relay-throughput', rateLine(rate, through));
    }),
    natTest(ports, works).then((line) => sheet.write('nat', line)),
  ]);
  return sheet.end();
}

async function natTest(ports: SelfTestPorts, works: Promise<Works>): Promise<Verdict> {
  const { servers, privacy } = ports;
  if (privacy) return skipped('privacy-mode');
  if (servers.stun.length + servers.turn.length === 0) return skipped('none-set', 'add-stun');
  const evidence = await limited(ports, NAT_LIMIT_MS, ports.probeNat(), null);
  const blocked = evidence !== null && classifyNat(evidence).type === 'blocked';
  return natLine(ports, evidence, blocked ? await works : NOTHING_WORKS);
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

/** A refusal came from somebody. */
function isTurnAnswer(result: TurnResult | undefined): boolean {
  return result !== undefined && (result.ok || result.refused);
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
    hosts: new Set(
      asked.filter((_, index) => isTurnAnswer(results[index])).map(({ url }) => hostOf(url)),
    ),
    refused: results.some((result) => !result.ok && result.refused),
    rttMs: fastest(results.map((result) => (result.ok ? result.ms : null))),
  };
}
