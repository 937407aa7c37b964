import { UNKNOWN_NAT, type NatProfile } from '../../lib/ice/nat.ts';
import type { CheckReport, ServerFacts } from '../../lib/ice/self-test.ts';
import type { ReachConfig } from '../../lib/messaging/offscreen-calls.ts';
import type { BackgroundCall } from '../../lib/messaging/background-calls.ts';
import { callBackground } from '../../lib/messaging/rpc.ts';
import type { NetworkScope } from '../../lib/platform/network.ts';
import type { ReachSource } from '../../lib/rtc/peer-links.ts';
import { createOffscreenLog, type OffscreenLog } from './debug-log.ts';
import { NatWatch } from './nat-watch.ts';
import { watchNetworkBursts } from './network-bursts.ts';
import { BROWSER_PROBES, type Probes } from './probes.ts';
import { SelfCheck } from './self-check.ts';

const NOTHING: ReachConfig = {
  privacyMode: false,
  stun: [],
  turn: [],
  nat: null,
  debugLog: false,
};

interface ReachDeps {
  /** A transfer is under way. */
  readonly busy: () => boolean;
  /** The report of a check is another one. */
  readonly changed: () => void;
  /** [IC9] Every path there is may be gone. */
  readonly pathsInDoubt: () => void;
  /** [IC5] What stands was made under the other rule. */
  readonly privacyChanged: () => void;
}

/** What of the browser it needs; tests give their own. */
interface ReachPorts {
  readonly probes: Probes;
  readonly network: NetworkScope;
  /** Background is told, or is not there to be told. */
  readonly tell: (call: Extract<BackgroundCall, { type: 'nat' | 'log' }>) => Promise<unknown>;
}

const BROWSER_PORTS: ReachPorts = {
  probes: BROWSER_PROBES,
  network: globalThis,
  tell: callBackground,
};

/** How this document makes connections: what background told, and what it found out itself. */
export class DocumentReach {
  readonly #deps: ReachDeps;
  readonly #ports: ReachPorts;
  readonly #debugLog: OffscreenLog;
  readonly #natWatch: NatWatch;
  readonly #check: SelfCheck;
  readonly #networkChanged: () => void;
  #config: ReachConfig = NOTHING;
  #nat: NatProfile = UNKNOWN_NAT;

  constructor(deps: ReachDeps, ports: ReachPorts = BROWSER_PORTS) {
    this.#deps = deps;
    this.#ports = ports;
    const { network, probes, tell } = ports;
    this.#debugLog = createOffscreenLog((entries) => tell({ type: 'log', entries }));
    this.#natWatch = new NatWatch({
      source: () => this.source,
      busy: deps.busy,
      found: (nat) => this.#found(nat),
      log: this.#debugLog.log,
      probes,
    });
    this.#check = new SelfCheck({
      config: () => this.#config,
      changed: deps.changed,
      natFound: (nat) => this.#found(nat),
      probes,
    });
    this.#networkChanged = watchNetworkBursts(network, () => this.doubt('The network changed'));
  }

  get log() {
    return this.#debugLog.log;
  }

  get source(): ReachSource {
    const { stun, turn, privacyMode } = this.#config;
    // [IC5] In privacy mode not even the kind of network is told, and nothing direct is tried.
    const nat = privacyMode ? UNKNOWN_NAT : this.#nat;
    return { nat, servers: { stun, turn }, privacy: privacyMode };
  }

  get report(): CheckReport | null {
    return this.#check.report;
  }

  get checking(): boolean {
    return this.report?.state === 'running';
  }

  use(config: ReachConfig): void {
    const { privacyMode } = this.#config;
    this.#config = config;
    this.#debugLog.setEnabled(config.debugLog);
    // What is found here goes to background and comes back: without it, background has forgotten.
    const forgotten = config.nat === null && this.#nat.type !== 'unknown';
    this.#nat = config.nat ?? UNKNOWN_NAT;
    if (config.privacyMode !== privacyMode) {
      // [IC5] Whoever was asked under the other rule is not asked on.
      this.#natWatch.stop();
      this.#check.startOver();
      this.#deps.privacyChanged();
    }
    if (forgotten) this.#natWatch.restart();
    else this.#natWatch.consider();
  }

  check(server: ServerFacts): Promise<void> {
    return this.#check.run(server);
  }

  /** A good moment to look at the network, if that is still to be done. */
  quiet(): void {
    this.#natWatch.consider();
  }

  /** Background was told of another network. */
  networkChanged(): void {
    this.#networkChanged();
  }

  /** [IC9] Nothing that was found out holds. */
  doubt(why: 'The network changed' | 'Awake after sleep'): void {
    this.log('Connection', why);
    this.#nat = UNKNOWN_NAT;
    this.#natWatch.restart();
    this.#check.startOver();
    this.#deps.pathsInDoubt();
  }

  /** What was found out may be of a network before this one. */
  doubtNat(): void {
    if (this.#nat.type === 'unknown') return;
    this.#remember(UNKNOWN_NAT);
    this.#natWatch.restart();
  }

  #found(nat: NatProfile): void {
    if (!this.#config.privacyMode) this.#remember(nat);
  }

  #remember(nat: NatProfile): void {
    this.#nat = nat;
    void this.#ports.tell({ type: 'nat', nat }).catch(() => undefined);
  }
}
