import { describe, expect, it } from 'vitest';
import { type Candidate, parseCandidate } from '../../../lib/ice/candidates.ts';
import { classifyNat, mappedBases, type NatEvidence, type NatType } from '../../../lib/ice/nat.ts';

const EVIDENCE: NatEvidence = {
  online: true,
  stun: ['mapped', 'mapped'],
  bases: [{ family: 4, mapped: ['198.51.100.11 5000'] }],
  strangerGotIn: null,
  knownAddressGotIn: null,
  turnUdp: null,
  turnTcp: null,
};
const silent = { stun: ['silent', 'silent'], bases: [] } as const;
const own = { stun: ['own-address', 'own-address'], bases: [] } as const;
const one = { stun: ['mapped', 'silent'] } as const;
const two = { family: 4, mapped: ['198.51.100.11 1', '198.51.100.11 2'] } as const;
const six = { family: 6, mapped: ['2001:db8::1 1'] } as const;

const TABLE: [string, Partial<NatEvidence>, NatType, number][] = [
  ['a stranger gets in', { strangerGotIn: true, knownAddressGotIn: true }, 'full-cone', 0.95],
  ['only a stranger tried, in', { strangerGotIn: true }, 'full-cone', 0.95],
  ['a known address gets in', { strangerGotIn: false, knownAddressGotIn: true }, 'restricted', 0.9],
  ['no stranger to try', { knownAddressGotIn: true }, 'restricted', 0.6],
  ['nobody gets in', { strangerGotIn: false, knownAddressGotIn: false }, 'port-restricted', 0.9],
  ['only a stranger tried, out', { strangerGotIn: false }, 'port-restricted', 0.7],
  ['no relay to try with', {}, 'port-restricted', 0.6],
  ['two mappings of one port', { bases: [two] }, 'symmetric', 0.95],
  ['two mappings, nobody gets in', { bases: [two], strangerGotIn: false }, 'symmetric', 0.95],
  ['one interface maps less', { bases: [two, ...EVIDENCE.bases] }, 'port-restricted', 0.6],
  ['IPv6 has one, IPv4 decides', { bases: [six, two] }, 'symmetric', 0.95],
  ['IPv6 alone', { bases: [six] }, 'port-restricted', 0.6],
  ['no NAT, not tried', own, 'full-cone', 0.7],
  ['no NAT, let in', { ...own, strangerGotIn: true }, 'full-cone', 0.95],
  [
    'no NAT, a firewall',
    { ...own, strangerGotIn: false, knownAddressGotIn: false },
    'port-restricted',
    0.9,
  ],
  ['an own address is seen', { bases: [{ family: 4, mapped: [] }] }, 'full-cone', 0.7],
  ['one server answers', one, 'unknown', 0],
  ['one server answers, nobody gets in', { ...one, strangerGotIn: false }, 'unknown', 0],
  ['one server answers, a stranger gets in', { ...one, strangerGotIn: true }, 'full-cone', 0.6],
  ['the shared port got no answer', { bases: [] }, 'unknown', 0],
  ['silence', silent, 'blocked', 0.5],
  ['silence, relay over TCP', { ...silent, turnUdp: false, turnTcp: true }, 'blocked', 0.95],
  ['silence, relay over nothing', { ...silent, turnUdp: false, turnTcp: false }, 'blocked', 0.5],
  ['silence, relay over UDP', { ...silent, turnUdp: true, turnTcp: true }, 'unknown', 0],
  ['silence, offline', { ...silent, online: false }, 'unknown', 0],
  ['one server, silent', { stun: ['silent'], bases: [] }, 'unknown', 0],
  ['one silent, relay over TCP', { stun: ['silent'], bases: [], turnTcp: true }, 'blocked', 0.7],
  ['nothing set', { stun: [], bases: [] }, 'unknown', 0],
  ['only a relay over TCP set', { stun: [], bases: [], turnTcp: true }, 'unknown', 0],
  [
    'a relay that is silent over UDP only',
    { stun: [], bases: [], turnUdp: false, turnTcp: true },
    'blocked',
    0.7,
  ],
  ['offline is no proof against an answer', { online: false }, 'port-restricted', 0.6],
];

describe('classifyNat', () => {
  it.each(TABLE)('[NT1] %s', (_name, evidence, type, confidence) => {
    expect(classifyNat({ ...EVIDENCE, ...evidence })).toEqual({ type, confidence });
  });
});

describe('mappedBases', () => {
  const line = (text: string): Candidate => {
    const candidate = parseCandidate(`candidate:1 1 ${text}`);
    if (!candidate) throw new Error(text);
    return candidate;
  };
  const host = line('udp 1 192.168.1.2 7000 typ host');

  it('[NT1] groups by local port, counts distinct addresses', () => {
    expect(
      mappedBases([
        host,
        line('udp 1 198.51.100.1 7000 typ srflx raddr 192.168.1.2 rport 7000'),
        line('udp 1 198.51.100.1 7001 typ srflx raddr 192.168.1.2 rport 7000'),
        line('udp 1 198.51.100.1 7001 typ srflx raddr 192.168.1.2 rport 7000'),
        line('udp 1 198.51.100.1 7002 typ srflx raddr 192.168.3.2 rport 7000'),
        line('udp 1 2001:db8::1 7000 typ srflx raddr fd00::1 rport 7000'),
        line('tcp 1 198.51.100.1 9 typ srflx raddr 192.168.1.2 rport 9 tcptype active'),
      ]),
    ).toEqual([
      { family: 4, mapped: ['198.51.100.1 7000', '198.51.100.1 7001'] },
      { family: 4, mapped: ['198.51.100.1 7002'] },
      { family: 6, mapped: ['2001:db8::1 7000'] },
    ]);
  });

  it('[NT1] an own address is no mapping', () => {
    expect(
      mappedBases([host, line('udp 1 192.168.1.2 7001 typ srflx raddr 0.0.0.0 rport 0')]),
    ).toEqual([{ family: 4, mapped: [] }]);
  });

  it('[NT1] hidden ports of two interfaces are not compared', () => {
    const hidden = (port: number) =>
      line(`udp 1 198.51.100.1 ${port} typ srflx raddr 0.0.0.0 rport 0`);
    expect(mappedBases([host, hidden(1), hidden(2)])).toEqual([
      { family: 4, mapped: ['198.51.100.1 1', '198.51.100.1 2'] },
    ]);
    expect(mappedBases([host, host, hidden(1), hidden(2)])).toEqual([]);
  });
});
