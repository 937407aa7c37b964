import { UNKNOWN_NAT, type NatProfile } from '../../lib/ice/nat.ts';
import type { ReachConfig } from '../../lib/messaging/offscreen-calls.ts';
import type { ReachSource } from '../../lib/rtc/peer-links.ts';

const NOTHING: ReachConfig = {
  privacyMode: false,
  stun: [],
  turn: [],
  nat: null,
  debugLog: false,
};

/** How this document makes connections: what background told, and what it found out itself. */
export class DocumentReach {
  #config: ReachConfig = NOTHING;
  #nat: NatProfile = UNKNOWN_NAT;

  use(config: ReachConfig): void {
    this.#config = config;
    if (config.nat !== null) this.#nat = config.nat;
  }

  get config(): ReachConfig {
    return this.#config;
  }

  get source(): ReachSource {
    const { stun, turn, privacyMode } = this.#config;
    // [IC5] In privacy mode not even the kind of network is told, and nothing direct is tried.
    const nat = privacyMode ? UNKNOWN_NAT : this.#nat;
    return { nat, servers: { stun, turn }, privacy: privacyMode };
  }

  found(nat: NatProfile): void {
    this.#nat = nat;
  }

  /** Another network: nothing that was found out holds. */
  forgetNat(): void {
    this.#nat = UNKNOWN_NAT;
  }
}
