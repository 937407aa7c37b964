import { classifyNat, type NatProfile } from '../../lib/ice/nat.ts';
import type { Log } from '../../lib/log/entry.ts';
import type { ReachSource } from '../../lib/rtc/peer-links.ts';
import type { Probes } from './probes.ts';

/** A click's own connection comes first; what is found out here helps the next one, ms. */
const DELAY_MS = 2_000;
/** Between two looks, however often the network changes: the servers are other people's, ms. */
const LEAST_INTERVAL_MS = 60_000;

interface NatWatchDeps {
  readonly source: () => ReachSource;
  /** A transfer is under way: it shall have the line to itself. */
  readonly busy: () => boolean;
  readonly found: (nat: NatProfile) => void;
  readonly log: Log;
  readonly probes: Pick<Probes, 'nat' | 'online'>;
}

/** Finds out what kind of NAT this network has, once for each network, in a quiet moment ([NT1]). */
export class NatWatch {
  readonly #deps: NatWatchDeps;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #probe: AbortController | undefined;
  /** The servers that were asked in this network: they say the same again, also if it is little. */
  #asked: string | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(deps: NatWatchDeps) {
    this.#deps = deps;
  }

  /** It may be worth knowing now. Cheap to call often. */
  consider(): void {
    if (!this.#worthwhile() || this.#timer !== undefined || this.#probe !== undefined) return;
    const wait = this.#lastAt + LEAST_INTERVAL_MS - performance.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.#run();
      },
      Math.max(DELAY_MS, wait),
    );
  }

  /** Another network: what is being found out is of the one before. */
  restart(): void {
    this.stop();
    this.#asked = undefined;
    this.consider();
  }

  /** Nobody is asked any more, and answers that come now count for nothing. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#probe === undefined) return;
    this.#probe.abort();
    this.#probe = undefined;
    this.#asked = undefined;
  }

  #worthwhile(): boolean {
    const { nat, privacy, servers } = this.#deps.source();
    // [IC5] In privacy mode nobody is asked.
    if (privacy || nat.type !== 'unknown' || servers.stun.length === 0) return false;
    return addresses(servers) !== this.#asked;
  }

  async #run(): Promise<void> {
    const { busy, source, found, log, probes } = this.#deps;
    // Much may have changed while the timer ran.
    if (busy() || !this.#worthwhile()) return;
    const { servers } = source();
    const probe = new AbortController();
    this.#probe = probe;
    this.#asked = addresses(servers);
    this.#lastAt = performance.now();
    const evidence = await probes.nat({ servers, online: probes.online(), signal: probe.signal });
    if (this.#probe !== probe) return;
    this.#probe = undefined;
    if (source().privacy) return;
    const nat = classifyNat(evidence);
    log('NAT', 'Looked at the network', {
      type: nat.type,
      confidence: nat.confidence,
      answers: evidence.stun.filter((answer) => answer !== 'silent').length,
    });
    found(nat);
    // Other servers may have been set meanwhile.
    this.consider();
  }
}

/** Credentials are renewed every few hours, which makes no other servers of them. */
function addresses({ stun, turn }: ReachSource['servers']): string {
  return [...stun, ...turn].map(({ url }) => url).join(' ');
}
