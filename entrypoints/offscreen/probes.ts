import { probeNat } from '../../lib/rtc/nat-probe.ts';
import { measureRelay } from '../../lib/rtc/relay-throughput.ts';
import { probeStun } from '../../lib/rtc/stun-probe.ts';
import { probeTurn } from '../../lib/rtc/turn-probe.ts';

/** What looks at the network; tests give their own. */
export interface Probes {
  readonly nat: typeof probeNat;
  readonly stun: typeof probeStun;
  readonly turn: typeof probeTurn;
  readonly relay: typeof measureRelay;
  /** `navigator.onLine`: false is certain, true is not. */
  readonly online: () => boolean;
}

export const BROWSER_PROBES: Probes = {
  nat: probeNat,
  stun: probeStun,
  turn: probeTurn,
  relay: measureRelay,
  online: () => navigator.onLine,
};
