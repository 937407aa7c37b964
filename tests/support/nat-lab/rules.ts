/** What makes a router of Linux one kind of NAT or another, as lines of shell for iptables. */

export const NAT_MODES = [
  /** No NAT: both homes are parts of one network. */
  'routed',
  'full-cone',
  'port-restricted',
  'symmetric',
  /** No UDP at all; TCP as it likes. */
  'udp-blocked',
  /** Only TCP, and only to port 443 (and to the signaling server). */
  'https-only',
] as const;
export type NatMode = (typeof NAT_MODES)[number];

/** Interfaces of every router in the lab. */
export const OUTSIDE = 'pub';
export const INSIDE = 'lan';

const MASQUERADE = `iptables -t nat -A POSTROUTING -o ${OUTSIDE} -j MASQUERADE`;

/** For a router without rules. `host` is the address of the device behind it. */
export function natRules(mode: NatMode, host: string, signalingPort: number): string[] {
  if (mode === 'routed') return [];
  return [
    ...translation(mode, host),
    ...filter(mode, signalingPort),
    // A packet from outside that comes before ours went out would else become a connection of the
    // router itself, hold the port, and the NAT would pick another one for ours.
    `iptables -A INPUT -i ${OUTSIDE} -p udp -j DROP`,
  ];
}

function translation(mode: NatMode, host: string): string[] {
  if (mode === 'full-cone') {
    // Whatever comes to the router's address goes on to the device, whoever sent it.
    const inbound = `iptables -t nat -A PREROUTING -i ${OUTSIDE} -p udp -j DNAT --to-destination`;
    return [MASQUERADE, `${inbound} ${host}`];
  }
  // Linux keeps the port for each destination unless told to pick at random: that is a mapping which
  // does not depend on the destination, with a filter that does.
  return [mode === 'symmetric' ? `${MASQUERADE} --random-fully` : MASQUERADE];
}

function filter(mode: NatMode, signalingPort: number): string[] {
  if (mode !== 'udp-blocked' && mode !== 'https-only') return [];
  const noUdp = 'iptables -A FORWARD -p udp -j DROP';
  if (mode === 'udp-blocked') return [noUdp];
  const allowed = `443,${signalingPort}`;
  return [
    noUdp,
    `iptables -A FORWARD -i ${INSIDE} -p tcp -m multiport ! --dports ${allowed} -j DROP`,
  ];
}
