/** What must come of two routers, by how NAT works (RFC 4787, RFC 8445), not by what we wrote. */
import type { LabTurn } from './servers.ts';
import type { NatMode } from './rules.ts';

export type LabPair = readonly [laptop: NatMode, desktop: NatMode];
export type RelayWay = keyof LabTurn['lines'];

/** The kinds of the reference, and a network that lets out nothing but HTTPS. */
const KINDS: NatMode[] = ['full-cone', 'port-restricted', 'symmetric', 'udp-blocked', 'https-only'];

/** Every pair both ways round: who sends and who offers may make a difference. */
export const LAB_PAIRS: LabPair[] = KINDS.flatMap((laptop) =>
  KINDS.map((desktop): LabPair => [laptop, desktop]),
);

/** Each pair once: waiting until it is certain that there is no way takes most of a minute. */
export const LAB_PAIRS_ONCE: LabPair[] = LAB_PAIRS.filter(
  ([laptop, desktop]) => KINDS.indexOf(laptop) <= KINDS.indexOf(desktop),
);

export interface ExpectedPath {
  readonly kind: 'direct' | 'relay' | 'none';
  /** How the laptop reaches the desktop, or its relay. */
  readonly transport: RelayWay;
}

const WAYS: Readonly<Record<NatMode, readonly RelayWay[]>> = {
  routed: ['udp', 'tcp', 'tls'],
  'full-cone': ['udp', 'tcp', 'tls'],
  'port-restricted': ['udp', 'tcp', 'tls'],
  symmetric: ['udp', 'tcp', 'tls'],
  'udp-blocked': ['tcp', 'tls'],
  'https-only': ['tls'],
};

export function expectedPath(pair: LabPair, relays: readonly RelayWay[]): ExpectedPath {
  const [laptop] = pair;
  if (direct(pair)) return { kind: 'direct', transport: 'udp' };
  // A side without UDP reaches the other only through a relay of its own: the other's relay, too,
  // would have to be reached by UDP. A side with UDP gets along with the other's.
  const [own, others] = pair.map((mode) => relays.filter((way) => WAYS[mode].includes(way)));
  const needed = pair.map((mode) => !hasUdp(mode));
  const [mine = [], theirs = []] = [own, others];
  const [iNeed = false, theyNeed = false] = needed;
  const works =
    (!iNeed || mine.length > 0) &&
    (!theyNeed || theirs.length > 0) &&
    mine.length + theirs.length > 0;
  if (!works) return { kind: 'none', transport: 'udp' };
  return { kind: 'relay', transport: hasUdp(laptop) ? 'udp' : (mine[0] ?? 'tcp') };
}

function hasUdp(mode: NatMode): boolean {
  return WAYS[mode].includes('udp');
}

function direct([laptop, desktop]: LabPair): boolean {
  if (!hasUdp(laptop) || !hasUdp(desktop)) return false;
  if (laptop !== 'symmetric' && desktop !== 'symmetric') return true;
  // Nobody knows where a symmetric one will send from: the other must let in anyone, or its answer
  // must find the mapping that our check made.
  return [laptop, desktop].some((mode) => mode === 'full-cone' || mode === 'routed');
}
