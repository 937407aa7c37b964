import { describe, expect, it } from 'vitest';
import { readPath, type StatsEntry } from '../../../lib/ice/path.ts';

type Members = Record<string, unknown>;
const entries = (
  local: Members,
  remote: Members,
  pair: Members = {},
  transport: Members | null = {},
  more: StatsEntry[] = [],
): StatsEntry[] => [
  { id: 'L', type: 'local-candidate', candidateType: 'host', protocol: 'udp', ...local },
  { id: 'R', type: 'remote-candidate', candidateType: 'host', protocol: 'udp', ...remote },
  { id: 'other', type: 'candidate-pair', localCandidateId: 'x', remoteCandidateId: 'y' },
  {
    id: 'P',
    type: 'candidate-pair',
    localCandidateId: 'L',
    remoteCandidateId: 'R',
    timestamp: 1_000,
    ...pair,
  },
  ...(transport
    ? [{ id: 'T', type: 'transport', selectedCandidatePairId: 'P', ...transport }]
    : []),
  ...more,
];
const pathOf = (stats: StatsEntry[]) => readPath(stats)?.path;

describe('kind', () => {
  it.each([
    ['host', 'host', 'direct'],
    ['host', 'srflx', 'direct'],
    ['prflx', 'prflx', 'direct'],
    ['relay', 'host', 'relay'],
    ['host', 'relay', 'relay'],
    ['relay', 'relay', 'relay'],
  ])('[IC4] %s with %s is %s', (local, remote, kind) => {
    expect(
      pathOf(
        entries(
          { candidateType: local, address: '192.168.1.2' },
          { candidateType: remote, address: '192.168.1.3' },
        ),
      )?.kind,
    ).toBe(kind);
  });

  it('a relay of the peer that was met before its candidate came is a relay', () => {
    const relay = {
      id: 'R2',
      type: 'remote-candidate',
      candidateType: 'relay',
      address: '198.51.100.1',
      port: 7,
    };
    const met = { candidateType: 'prflx', address: '198.51.100.1' };
    expect(pathOf(entries({}, { ...met, port: 7 }, {}, {}, [relay]))?.kind).toBe('relay');
    expect(pathOf(entries({}, { ...met, port: 8 }, {}, {}, [relay]))?.kind).toBe('direct');
  });

  it('is nothing before a pair is selected, or without its candidates', () => {
    expect(pathOf([])).toBeUndefined();
    expect(pathOf(entries({}, {}, {}, { selectedCandidatePairId: undefined }))).toBeUndefined();
    expect(pathOf(entries({}, {}, { remoteCandidateId: 'gone' }))).toBeUndefined();
    expect(pathOf(entries({}, {}, { localCandidateId: 7 }))).toBeUndefined();
  });

  it('finds the pair of a browser without transport entries', () => {
    expect(pathOf(entries({}, {}, { selected: true }, null))?.kind).toBe('direct');
    expect(pathOf(entries({}, {}, { nominated: true, state: 'succeeded' }, null))?.kind).toBe(
      'direct',
    );
    expect(pathOf(entries({}, {}, { nominated: true, state: 'waiting' }, null))).toBeUndefined();
  });
});

describe('same network', () => {
  it.each([
    ['host', '192.168.1.2', 'host', '192.168.1.3', true],
    ['host', '192.168.1.2', 'host', 'name.local', true],
    ['host', '127.0.0.1', 'host', '127.0.0.1', true],
    ['host', '192.168.1.2', 'prflx', '192.168.1.3', true],
    ['host', 'fe80::1', 'prflx', 'fe80::2', true],
    ['host', '192.168.1.2', 'prflx', '', false],
    ['host', '192.168.1.2', 'prflx', '198.51.100.3', false],
    ['host', '192.168.1.2', 'srflx', '192.168.1.3', false],
    ['srflx', '198.51.100.2', 'host', '192.168.1.3', false],
    ['prflx', '198.51.100.2', 'prflx', '192.168.1.3', false],
    ['host', '2001:db8:1:2::5', 'host', '2001:db8:1:2::6', true],
    ['host', '2001:db8:1:2::5', 'host', '2001:db8:1:3::6', false],
    ['host', '198.51.100.2', 'host', '203.0.113.9', false],
    ['relay', '198.51.100.2', 'host', '192.168.1.3', false],
  ])('%s %s with %s %s: %s', (local, localAddress, remote, remoteAddress, same) => {
    const stats = entries(
      { candidateType: local, address: localAddress },
      { candidateType: remote, address: remoteAddress },
    );
    expect(pathOf(stats)?.sameNetwork).toBe(same);
  });
});

describe('transport', () => {
  it.each([
    [{ protocol: 'udp' }, 'udp'],
    [{ protocol: 'tcp' }, 'tcp'],
    [{ candidateType: 'relay', relayProtocol: 'tls' }, 'tls'],
    [{ candidateType: 'relay', relayProtocol: 'tcp' }, 'tcp'],
    [{ candidateType: 'relay', relayProtocol: 'udp' }, 'udp'],
    [{ candidateType: 'relay', url: 'turns:a:443?transport=tcp' }, 'tls'],
    [{ candidateType: 'relay', url: 'turn:a:1?transport=tcp' }, 'tcp'],
    [{ candidateType: 'relay', url: 'turn:a:1?transport=udp' }, 'udp'],
  ] as const)('%j', (local, transport) => {
    expect(pathOf(entries(local, {}))?.transport).toBe(transport);
  });
});

describe('figures', () => {
  const at = (timestamp: number, pair: Members, transport: Members = {}) =>
    entries({}, {}, { timestamp, ...pair }, transport);

  it('reads the round trip in milliseconds, null before the first', () => {
    expect(pathOf(at(0, { currentRoundTripTime: 0.048 }))?.rttMs).toBe(48);
    expect(pathOf(at(0, {}))?.rttMs).toBeNull();
    expect(pathOf(at(0, { currentRoundTripTime: 'soon' }))?.rttMs).toBeNull();
  });

  it('makes rates of the difference, zero at first', () => {
    const first = readPath(at(1_000, { bytesSent: 1_000, bytesReceived: 500 }));
    expect(first?.path).toMatchObject({ sendRate: 0, receiveRate: 0, loss: 0 });
    const second = readPath(at(3_000, { bytesSent: 5_000, bytesReceived: 500 }), first?.sample);
    expect(second?.path).toMatchObject({ sendRate: 2_000, receiveRate: 0 });
    // A clock that stood still makes no infinite rate.
    const third = readPath(at(3_000, { bytesSent: 9_000 }), second?.sample);
    expect(third?.path.sendRate).toBe(0);
  });

  it('goes on counting when another pair takes over', () => {
    const first = readPath(at(0, { bytesSent: 9 }, { bytesSent: 1_000, bytesReceived: 0 }));
    const moved = at(1_000, { id: 'P2', bytesSent: 1 }, { bytesSent: 3_000, bytesReceived: 7 });
    const stats = moved.map((entry) =>
      entry.type === 'transport' ? { ...entry, selectedCandidatePairId: 'P2' } : entry,
    );
    const second = readPath(stats, first?.sample);
    expect(second?.sample.pairId).toBe('P2');
    expect(second?.path).toMatchObject({ sendRate: 2_000, receiveRate: 7, loss: 0 });
  });

  /** Checks sent and answered at each sample, and the loss that is read then. */
  it.each([
    [
      'all answered',
      [
        [4, 4],
        [8, 8],
        [12, 12],
      ],
      [0, 0, 0],
    ],
    [
      'one is under way',
      [
        [4, 4],
        [5, 4],
        [6, 5],
        [7, 6],
      ],
      [0, 0, 0, 0],
    ],
    [
      'one is never answered',
      [
        [4, 4],
        [5, 4],
        [5, 4],
        [6, 5],
      ],
      [0, 0, 1, 0],
    ],
    [
      'half are never answered',
      [
        [0, 0],
        [10, 5],
        [20, 10],
        [30, 15],
        [40, 20],
      ],
      [0, 0, 0, 0.5, 0.5],
    ],
    [
      'half of the last',
      [
        [0, 0],
        [10, 5],
        [10, 5],
        [10, 5],
      ],
      [0, 0, 0.5, 0],
    ],
    [
      'the line is dead',
      [
        [0, 0],
        [4, 4],
        [8, 4],
        [12, 4],
        [16, 4],
      ],
      [0, 0, 0, 1, 1],
    ],
    [
      'lost before we looked',
      [
        [9, 2],
        [10, 3],
        [11, 4],
      ],
      [0, 0, 0],
    ],
    [
      'a late answer',
      [
        [0, 0],
        [1, 0],
        [1, 0],
        [1, 1],
      ],
      [0, 0, 1, 0],
    ],
  ] as [string, [number, number][], number[]][])('loss: %s', (_name, samples, expected) => {
    let sample: Parameters<typeof readPath>[1];
    const found = samples.map(([requestsSent, responsesReceived], index) => {
      const read = readPath(at(index * 1_000, { requestsSent, responsesReceived }), sample);
      sample = read?.sample;
      return read?.path.loss;
    });
    expect(found).toEqual(expected);
  });
});
