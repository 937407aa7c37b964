import { UNKNOWN_NAT, type NatProfile } from '../../lib/ice/nat.ts';
import type { ReachConfig } from '../../lib/messaging/offscreen-calls.ts';
import type { Settings } from '../../lib/storage/schemas.ts';

export interface ReachDeps {
  readonly settings: () => Settings;
}

/** How connections are to be made: the person's settings, and what the server and the network add. */
export class Reach {
  readonly #deps: ReachDeps;
  #nat: NatProfile = UNKNOWN_NAT;

  constructor(deps: ReachDeps) {
    this.#deps = deps;
  }

  /** What the document found out about this network. */
  natFound(nat: NatProfile): void {
    this.#nat = nat;
  }

  get config(): ReachConfig {
    const { privacyMode, debugLog } = this.#deps.settings();
    const nat = this.#nat.type === 'unknown' ? null : this.#nat;
    return { privacyMode, stun: [], turn: [], nat, debugLog };
  }
}
