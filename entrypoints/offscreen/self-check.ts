import { classifyNat, type NatProfile } from '../../lib/ice/nat.ts';
import {
  type CheckReport,
  type Running,
  runSelfTest,
  type ServerFacts,
} from '../../lib/ice/self-test.ts';
import type { ReachConfig } from '../../lib/messaging/offscreen-calls.ts';
import { probeNat } from '../../lib/rtc/nat-probe.ts';
import { measureRelay } from '../../lib/rtc/relay-throughput.ts';
import { probeStun } from '../../lib/rtc/stun-probe.ts';
import { probeTurn } from '../../lib/rtc/turn-probe.ts';
import { SIGNALING_VERSION } from '../../lib/signaling/constants.ts';

export interface SelfCheckDeps {
  readonly config: () => ReachConfig;
  /** The report is another one than before. */
  readonly changed: () => void;
  /** The check measures the NAT anyway. */
  readonly natFound?: (nat: NatProfile) => void;
}

/** "Check connection", with this document's own peer connections. One run at a time. */
export class SelfCheck {
  readonly #deps: SelfCheckDeps;
  #report: CheckReport | null = null;
  #running: Promise<void> | null = null;

  constructor(deps: SelfCheckDeps) {
    this.#deps = deps;
  }

  get report(): CheckReport | null {
    return this.#report;
  }

  /** Asked again while it runs, it is the same run. */
  run(server: ServerFacts): Promise<void> {
    this.#running ??= this.#run(server).finally(() => (this.#running = null));
    return this.#running;
  }

  async #run(server: ServerFacts): Promise<void> {
    const { stun, turn, privacyMode } = this.#deps.config();
    const servers = { stun, turn };
    const online = navigator.onLine;
    await runSelfTest(
      {
        server,
        version: SIGNALING_VERSION,
        servers,
        privacy: privacyMode,
        online,
        probeStun: (each) => cancellable((signal) => probeStun(each, { signal })),
        probeTurn: (each) => cancellable((signal) => probeTurn(each, { signal })),
        measureRelay: (relays) => cancellable((signal) => measureRelay(relays, { signal })),
        probeNat: () =>
          cancellable(async (signal) => {
            const evidence = await probeNat({ servers, online, signal });
            if (!signal.aborted) this.#deps.natFound?.(classifyNat(evidence));
            return evidence;
          }),
        clock: {
          now: () => Date.now(),
          schedule: (ms, task) => {
            const timer = setTimeout(task, ms);
            return () => clearTimeout(timer);
          },
        },
      },
      (report) => {
        this.#report = report;
        this.#deps.changed();
      },
    );
  }
}

function cancellable<T>(start: (signal: AbortSignal) => Promise<T>): Running<T> {
  const controller = new AbortController();
  return { result: start(controller.signal), cancel: () => controller.abort() };
}
