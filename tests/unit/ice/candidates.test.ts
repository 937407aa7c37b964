import { describe, expect, it } from 'vitest';
import {
  outgoingCandidate,
  parseCandidate,
  withoutCandidates,
} from '../../../lib/ice/candidates.ts';

const HOST =
  'candidate:3627198453 1 udp 2122260223 192.168.1.2 51234 typ host generation 0 ufrag AbCd network-id 1 network-cost 10';
const SRFLX =
  'candidate:842163049 1 udp 1686052607 198.51.100.11 51234 typ srflx raddr 192.168.1.2 rport 51234 generation 0 ufrag AbCd network-id 1';
const TCP =
  'candidate:1 1 tcp 1518280447 192.168.1.2 9 typ host tcptype active generation 0 ufrag AbCd network-id 1';
const RELAY =
  'candidate:77 1 udp 41885439 198.51.100.1 50012 typ relay raddr 198.51.100.11 rport 51234 generation 0 ufrag AbCd network-id 1 network-cost 10';
const RELAY6 =
  'candidate:78 1 udp 25108223 2001:db8::5 50012 typ relay raddr fd00::7 rport 51234 generation 1 ufrag AbCd';

describe('parseCandidate (RFC 8839 §5.1)', () => {
  it('reads each type', () => {
    expect(parseCandidate(HOST)).toEqual({
      type: 'host',
      protocol: 'udp',
      address: '192.168.1.2',
      port: 51234,
    });
    expect(parseCandidate(`a=${SRFLX}\r\n`)).toEqual({
      type: 'srflx',
      protocol: 'udp',
      address: '198.51.100.11',
      port: 51234,
      relatedAddress: '192.168.1.2',
      relatedPort: 51234,
    });
    expect(parseCandidate(TCP)).toMatchObject({ protocol: 'tcp', port: 9, tcpType: 'active' });
    expect(parseCandidate(RELAY6)).toMatchObject({ type: 'relay', address: '2001:db8::5' });
  });

  it('tells how a relay of ours is reached', () => {
    expect(parseCandidate(RELAY)?.relayProtocol).toBe('udp');
    expect(parseCandidate(RELAY6)?.relayProtocol).toBe('tcp');
    expect(parseCandidate(RELAY.replace('41885439', '8331007'))?.relayProtocol).toBe('tls');
    expect(parseCandidate(HOST)).not.toHaveProperty('relayProtocol');
  });

  it('takes every number up to its limit', () => {
    const line = 'candidate:1 1 udp 4294967295 1.2.3.4 65535 typ host';
    expect(parseCandidate(line)?.port).toBe(65_535);
    const long = `${line} x `;
    expect(parseCandidate(long + 'y'.repeat(1_024 - long.length))).toBeDefined();
    expect(parseCandidate(long + 'y'.repeat(1_025 - long.length))).toBeUndefined();
  });

  it('reads an mDNS name', () => {
    const name = '0b1c2d3e-0000-4000-8000-123456789abc.local';
    expect(parseCandidate(HOST.replace('192.168.1.2', name))?.address).toBe(name);
  });

  it.each([
    '',
    'candidate:',
    'candidate:1 1 udp 1 1.2.3.4 5 typ',
    'candidate:1 1 sctp 1 1.2.3.4 5 typ host',
    'candidate:1 1 udp 4294967296 1.2.3.4 5 typ host',
    'candidate:1 1 udp 1 1.2.3.4 65536 typ host',
    'candidate:1 1 udp 1 1.2.3.4 5 typ Relay',
    'candidate:1 1 udp 1 1.2.3.4 5 typ host generation',
    'candidate:1 1 udp 1 1.2.3.4 5 typ relay raddr 1.1.1.1 rport x',
    `candidate:1 1 udp 1 1.2.3.4 5 typ host x ${'y'.repeat(1_024)}`,
  ])('refuses %j', (line) => {
    expect(parseCandidate(line)).toBeUndefined();
  });
});

describe('outgoingCandidate', () => {
  it('[IC1] leaves lines as they are without privacy mode', () => {
    for (const line of [HOST, SRFLX, TCP, RELAY]) expect(outgoingCandidate(line, false)).toBe(line);
  });

  it('[IC1] privacy mode keeps all but relays back', () => {
    for (const line of [HOST, SRFLX, TCP, HOST.replace('host', 'prflx'), 'nonsense'])
      expect(outgoingCandidate(line, true)).toBeNull();
  });

  it('[IC1] privacy mode writes a relay anew, with nothing of this device', () => {
    const line = outgoingCandidate(RELAY, true);
    expect(line).toMatch(
      /^candidate:\d+ 1 udp 41885439 198\.51\.100\.1 50012 typ relay raddr 0\.0\.0\.0 rport 0 generation 0 ufrag AbCd$/,
    );
    expect(line).not.toContain('candidate:77 ');
    expect(outgoingCandidate(RELAY6, true)).toMatch(
      / 2001:db8::5 50012 typ relay raddr :: rport 0 generation 1 ufrag AbCd$/,
    );
  });

  it('[IC1] no extension carries an address past privacy mode', () => {
    for (const extension of [
      'x-addr 192.168.1.2',
      'ufrag 192.168.1.2',
      'generation 192.168.1.2',
      'RADDR 192.168.1.2',
      'raddr 192.168.1.2',
      'tcptype 192.168.1.2',
    ])
      expect(outgoingCandidate(`${RELAY} ${extension}`, true)).not.toContain('192.168');
  });

  it('[IC1] one relay keeps one foundation over its ports, another has another', () => {
    const of = (line: string) => outgoingCandidate(line, true)?.split(' ')[0];
    expect(of(RELAY)).toBe(of(RELAY.replace('50012', '50013').replace('raddr 198', 'raddr 197')));
    expect(of(RELAY)).not.toBe(of(RELAY6));
    expect(of(RELAY)).not.toBe(of(RELAY.replace(' 198.51.100.1 ', ' 198.51.100.2 ')));
  });
});

const SDP = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=application 51234 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 198.51.100.11',
  'a=rtcp:51234 IN IP4 198.51.100.11',
  `a=${HOST}`,
  `a=${SRFLX}`,
  'a=end-of-candidates',
  'a=remote-candidates:1 10.0.0.9 7',
  'a=ice-ufrag:AbCd',
  'a=ice-options:trickle',
  'a=fingerprint:sha-256 00:11',
  'a=sctp-port:5000',
  '',
].join('\r\n');

describe('withoutCandidates', () => {
  it('[IC1] leaves no address and everything else', () => {
    expect(withoutCandidates(SDP)).toBe(
      [
        'v=0',
        'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
        's=-',
        't=0 0',
        'a=group:BUNDLE 0',
        'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
        'c=IN IP4 0.0.0.0',
        'a=rtcp:9 IN IP4 0.0.0.0',
        'a=ice-ufrag:AbCd',
        'a=ice-options:trickle',
        'a=fingerprint:sha-256 00:11',
        'a=sctp-port:5000',
        '',
      ].join('\r\n'),
    );
  });

  it('[IC1] rewrites an origin that names a device, keeps a refused section refused', () => {
    const changed = withoutCandidates(
      'o=- 1 2 IN IP4 192.168.1.2\nc=IN IP6 fd00::1\nm=video 0 X 96\nm=audio 5000/2 X 0',
    );
    expect(changed).toBe(
      'o=- 1 2 IN IP4 0.0.0.0\r\nc=IN IP4 0.0.0.0\r\nm=video 0 X 96\r\nm=audio 9 X 0',
    );
    expect(withoutCandidates('o=host.example')).not.toMatch(/IP4 (?!0\.0\.0\.0)/);
  });

  it('is stable', () => {
    expect(withoutCandidates(withoutCandidates(SDP))).toBe(withoutCandidates(SDP));
  });
});
