import { classifyNat, type NatProfile } from '../../lib/ice/nat.ts';
import type { Log } from '../../lib/log/entry.ts';
import type { ReachSource } from '../../lib/rtc/peer-links.ts';
import { probeNat } from '../../lib/rtc/nat-probe.ts';

/** A click's own connection comes first; what is found out here helps the next one, ms. */
const DELAY_MS = 2_000;

interface NatWatchDeps {
  readonly source: () => ReachSource;
  /** A transfer is under way: it shall have the line to itself. */
  readonly busy: () => boolean;
  readonly found: (nat: NatProfile) => void;
  readonly log: Log;
}

/** Finds out what kind of NAT this network has, once for each network, in a quiet moment ([NT1]). */
export class NatWatch {
  readonly #deps: NatWatchDeps;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #probe: AbortController | undefined;

  constructor(deps: NatWatchDeps) {
    this.#deps = deps;
  }

  /** It may be worth knowing now. Cheap to call often. */
  consider(): void {
    const { nat, privacy, servers } = this.#deps.source();
    // [IC5] In privacy mode nobody is asked.
    const pointless = privacy || nat.type !== 'unknown' || servers.stun.length === 0;
    if (pointless || this.#timer !== undefined || this.#probe !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#run();
    }, DELAY_MS);
  }

  /** Another network: what is being found out is of the one before. */
  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#probe?.abort();
    this.#probe = undefined;
    this.consider();
  }

  async #run(): Promise<void> {
    const { busy, source, found, log } = this.#deps;
    if (busy()) return;
    const probe = new AbortController();
    this.#probe = probe;
    const evidence = await probeNat({
      servers: source().servers,
      online: navigator.onLine,
      signal: probe.signal,
    });
    if (this.#probe !== probe) return;
    this.#probe = undefined;
    const nat = classifyNat(evidence);
    log('NAT', 'Looked at the network', {
      type: nat.type,
      confidence: nat.confidence,
      answers: evidence.stun.filter((answer) => answer !== 'silent').length,
    });
    if (source().privacy) return;
    found(nat);
  }
}
