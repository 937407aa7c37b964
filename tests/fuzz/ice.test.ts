import { describe, expect, it } from 'vitest';
import { outgoingCandidate, parseCandidate, withoutCandidates } from '../../lib/ice/candidates.ts';
import { mappedBases } from '../../lib/ice/nat.ts';
import { readPath, type StatsEntry } from '../../lib/ice/path.ts';
import {
  maskTurnServers,
  parseStunServers,
  parseTurnServers,
  unmaskTurnServers,
} from '../../lib/ice/servers.ts';
import { Mutator } from './mutate.ts';

const RUNS = 3_000;
const SECRET = '10.87.65.43';
const CANDIDATES = [
  `candidate:1 1 udp 2122260223 ${SECRET} 51234 typ host generation 0 ufrag AbCd network-id 1`,
  `candidate:2 1 udp 1686052607 198.51.100.11 5 typ srflx raddr ${SECRET} rport 51234 generation 0`,
  `candidate:3 1 udp 41885439 198.51.100.1 50012 typ relay raddr ${SECRET} rport 5 generation 0 ufrag AbCd`,
  `candidate:4 1 tcp 25108223 2001:db8::5 50012 typ relay raddr fd00::7 rport 5 tcptype passive x ${SECRET}`,
];
const SDP = [
  'v=0',
  `o=- 46 2 IN IP4 ${SECRET}`,
  's=-',
  't=0 0',
  'm=application 51234 UDP/DTLS/SCTP webrtc-datachannel',
  `c=IN IP4 ${SECRET}`,
  `a=rtcp:51234 IN IP4 ${SECRET}`,
  ...CANDIDATES.map((line) => `a=${line}`),
  'a=end-of-candidates',
  'a=ice-ufrag:AbCd',
  '',
].join('\r\n');

/** Cuts, doubles and swaps words and characters of a text. */
function mutated(mutator: Mutator, input: string): string {
  const odd = [' ', '\t', '\r', '\n', ':', '=', '#', '•', '\u2028', '\ud800', '[', '@', '?', '0'];
  let words = input.split(/(?<= )/);
  for (let times = mutator.int(4); times >= 0; times--) {
    const at = mutator.int(words.length);
    const word = words[at] ?? '';
    switch (mutator.int(5)) {
      case 0:
        words.splice(at, 1);
        break;
      case 1:
        words.splice(at, 0, mutator.pick(input.split(' ')), ' ');
        break;
      case 2:
        words[at] = word.slice(0, mutator.int(word.length + 1));
        break;
      case 3:
        words = words.with(at, mutator.pick(odd) + word);
        break;
      default:
        words[at] = word + mutator.pick(odd) + word;
    }
    if (words.length === 0) words = [''];
  }
  return words.join('');
}

describe('ICE texts, mutated', () => {
  it('[IC1] no candidate line makes the parser throw', () => {
    const mutator = new Mutator(1);
    let read = 0;
    for (let run = 0; run < RUNS; run++) {
      const line = mutated(mutator, mutator.pick(CANDIDATES));
      const found = parseCandidate(line);
      if (found) {
        read += 1;
        expect(found.port).toBeLessThan(65_536);
        expect(mappedBases([found]).length).toBeLessThan(2);
      }
    }
    expect(read).toBeGreaterThan(RUNS / 20);
  });

  it('[IC5] nothing of this device leaves in privacy mode', () => {
    const mutator = new Mutator(2);
    let sent = 0;
    for (let run = 0; run < RUNS; run++) {
      const line = mutated(mutator, mutator.pick(CANDIDATES));
      const out = outgoingCandidate(line, true);
      if (out === null) continue;
      sent += 1;
      // A relay that is itself at the secret address was not made by a mutation of the others.
      const { address, relatedAddress, relatedPort } = parseCandidate(out) ?? {};
      expect(out.split(' ').filter((word) => word.includes(SECRET))).toEqual(
        address?.includes(SECRET) ? [address] : [],
      );
      expect(parseCandidate(out)?.type).toBe('relay');
      expect(['0.0.0.0', '::']).toContain(relatedAddress);
      expect(relatedPort).toBe(0);
      expect(out).not.toMatch(/[\r\n]/);
    }
    expect(sent).toBeGreaterThan(RUNS / 50);
  });

  it('[IC1] no description keeps an address', () => {
    const mutator = new Mutator(3);
    for (let run = 0; run < RUNS; run++) {
      // Whole lines lost, doubled, swapped, with other line ends: an SDP is made by a browser.
      const lines = SDP.split('\r\n').filter(() => mutator.int(8) > 0);
      if (mutator.int(3) === 0) lines.push(mutator.pick(lines.length > 0 ? lines : ['v=0']));
      if (mutator.int(3) === 0) lines.reverse();
      const out = withoutCandidates(lines.join(mutator.pick(['\r\n', '\n', '\r'])));
      expect(out).not.toContain(SECRET);
      expect(out).not.toMatch(/candidate/);
      expect(out).not.toContain('51234');
      expect(withoutCandidates(out)).toBe(out);
      withoutCandidates(mutated(mutator, SDP));
    }
  });

  it('server lists give addresses that a browser takes, or problems; masks hold', () => {
    const mutator = new Mutator(4);
    const list = [
      'turn:a.example?transport=udp joe sesame-one',
      'turns:b.example:443 ann sesame-two',
      'turn:[2001:db8::1]:3478 joe sesame-three',
      '# turn:c.example joe sesame-four',
      'stun:d.example:3478',
    ].join('\n');
    for (let run = 0; run < RUNS; run++) {
      const text = mutated(mutator, list);
      const { servers, problems } = parseTurnServers(text);
      for (const { url, username, credential } of servers) {
        expect(url).toMatch(/^turns?:(\[[0-9a-f:.]+\]|[a-z0-9_.-]+):\d+\?transport=(udp|tcp)$/);
        expect(username).toMatch(/^\S+$/);
        expect(credential).toMatch(/^\S+$/);
      }
      for (const { url } of parseStunServers(text).servers)
        expect(url).toMatch(/^stun:(\[[0-9a-f:.]+\]|[a-z0-9_.-]+):\d+$/);
      expect(JSON.stringify(problems)).not.toContain('sesame');

      const masked = maskTurnServers(text);
      // A mutation may glue a password to an address, make it a user's name or the only word of a
      // line, or leave a comment in plain words: those are shown.
      const hidden = masked
        .split(/[\r\n\u2028]/)
        .filter((line) => !/^\s*#/.test(line) || /turns?:/i.test(line))
        .flatMap((line) =>
          line
            .replace(/^[\s#]+/, '')
            .split(/\s+/)
            .slice(2),
        );
      expect(hidden.filter((word) => word.includes('sesame'))).toEqual([]);
      const restored = parseTurnServers(unmaskTurnServers(masked, text)).servers;
      expect(restored).toEqual(servers);
    }
  });

  it('no statistics make the reader throw', () => {
    const mutator = new Mutator(5);
    const stats: StatsEntry[] = [
      {
        id: 'L',
        type: 'local-candidate',
        candidateType: 'relay',
        address: '1.2.3.4',
        url: 'turn:',
      },
      {
        id: 'R',
        type: 'remote-candidate',
        candidateType: 'prflx',
        address: '192.168.1.1',
        port: 1,
      },
      { id: 'T', type: 'transport', selectedCandidatePairId: 'P', bytesSent: 7 },
      {
        id: 'P',
        type: 'candidate-pair',
        localCandidateId: 'L',
        remoteCandidateId: 'R',
        timestamp: 5,
        requestsSent: 9,
        responsesReceived: 8,
        currentRoundTripTime: 0.1,
      },
    ];
    let before: Parameters<typeof readPath>[1];
    let read = 0;
    for (let run = 0; run < RUNS; run++) {
      const changed = stats.map((entry): StatsEntry => {
        const other = mutator.int(2) === 0 ? mutator.json(entry) : entry;
        const members: object = typeof other === 'object' && other !== null ? other : {};
        return { ...members, id: entry.id, type: entry.type };
      });
      const found = readPath(changed, before);
      before = found?.sample ?? before;
      if (!found) continue;
      read += 1;
      const { rttMs, sendRate, receiveRate, loss } = found.path;
      for (const number of [rttMs ?? 0, sendRate, receiveRate, loss]) {
        expect(Number.isFinite(number)).toBe(true);
        expect(number).toBeGreaterThanOrEqual(0);
      }
      expect(loss).toBeLessThanOrEqual(1);
    }
    expect(read).toBeGreaterThan(RUNS / 5);
  });
});
