import { classifyNat, type NatProfile } from '../../lib/ice/nat.ts';
import { runSelfTest } from '../../lib/ice/run-self-test.ts';
import type { CheckReport, Running, ServerFacts } from '../../lib/ice/self-test.ts';
import type { ReachConfig } from '../../lib/messaging/offscreen-calls.ts';
import { SIGNALING_VERSION } from '../../lib/signaling/constants.ts';
import type { Probes } from './probes.ts';

export interface SelfCheckDeps {
  readonly config: () => ReachConfig;
  /** The report is another one than before. */
  readonly changed: () => void;
  /** The check measures the NAT anyway. */
  readonly natFound: (nat: NatProfile) => void;
  readonly probes: Probes;
}

/** "Check connection", with this document's own peer connections. One run at a time. */
export class SelfCheck {
  readonly #deps: SelfCheckDeps;
  #report: CheckReport | null = null;
  #running: Promise<void> | null = null;
  #turn = new AbortController();

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

  /**
   * Another network or another rule ([IC5]): what is being asked is dropped at once, and a check
   * that runs begins anew. One that is over stays as it is.
   */
  startOver(): void {
    this.#turn.abort();
  }

  async #run(server: ServerFacts): Promise<void> {
    do {
      this.#turn = new AbortController();
      const { signal } = this.#turn;
      // A probe that does not heed its signal must not hold up the next turn.
      await Promise.race([this.#once(server, signal), aborted(signal)]);
    } while (this.#turn.signal.aborted);
  }

  async #once(server: ServerFacts, turn: AbortSignal): Promise<void> {
    const { changed, config, natFound, probes } = this.#deps;
    const { stun, turn: relays, privacyMode } = config();
    const servers = { stun, turn: relays };
    const online = probes.online();
    const cancellable = <T>(start: (signal: AbortSignal) => Promise<T>): Running<T> => {
      const controller = new AbortController();
      const signal = AbortSignal.any([controller.signal, turn]);
      return { result: start(signal), cancel: () => controller.abort() };
    };
    await runSelfTest(
      {
        server,
        version: SIGNALING_VERSION,
        servers,
        privacy: privacyMode,
        online,
        probeStun: (each) => cancellable((signal) => probes.stun(each, { signal })),
        probeTurn: (each) => cancellable((signal) => probes.turn(each, { signal })),
        measureRelay: (alive) => cancellable((signal) => probes.relay(alive, { signal })),
        probeNat: () =>
          cancellable(async (signal) => {
            const evidence = await probes.nat({ servers, online, signal });
            if (!signal.aborted) natFound(classifyNat(evidence));
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
        if (turn.aborted) return;
        this.#report = report;
        changed();
      },
    );
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
