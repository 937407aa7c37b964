import { describe, expect, it } from 'vitest';
import { assertSameConnection, DescriptionError } from '../../../lib/rtc/same-connection.ts';

const SDP = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:aaaa',
  'a=fingerprint:sha-256 AB:CD:EF',
  'a=setup:actpass',
].join('\r\n');

describe('[IC6] a restart describes the same connection', () => {
  it('new credentials, another version and another port are the same', () => {
    const again = SDP.replace('aaaa', 'bbbb').replace('1 2 IN', '1 3 IN').replace(' 9 ', ' 5000 ');
    expect(() => assertSameConnection(SDP, again)).not.toThrow();
  });

  it('a fingerprint may stand before the section, and twice', () => {
    const print = 'a=fingerprint:sha-256 AB:CD:EF';
    const moved = SDP.replace(`${print}\r\n`, '').replace('m=', `${print.toLowerCase()}\r\nm=`);
    expect(() => assertSameConnection(SDP, moved)).not.toThrow();
    expect(() => assertSameConnection(SDP, `${SDP}\r\n${print}`)).not.toThrow();
  });

  it.each([
    ['nothing', 'v=0'],
    ['video', SDP.replace('m=application', 'm=video')],
    ['data and sound', `${SDP}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111`],
    ['data twice', `${SDP}\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel`],
  ])('[CT1] the first description: refuses %s', (_name, sdp) => {
    expect(() => assertSameConnection(undefined, sdp)).toThrow(DescriptionError);
  });

  it('[CT1] the first description of a data connection is taken', () => {
    expect(() => assertSameConnection(undefined, SDP)).not.toThrow();
    expect(() => assertSameConnection(undefined, SDP.replace('UDP/', 'TCP/'))).not.toThrow();
  });

  it.each([
    ['another fingerprint', SDP.replace('AB:CD', 'AB:CC')],
    ['another hash', SDP.replace('sha-256', 'sha-1')],
    ['a second fingerprint', `${SDP}\r\na=fingerprint:sha-256 00:11:22`],
    ['no fingerprint', SDP.replace(/a=fingerprint.*\r\n/, '')],
    ['a section more', `${SDP}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111`],
    ['another section', SDP.replace('m=application', 'm=video')],
    ['another protocol', SDP.replace('UDP/DTLS/SCTP', 'DTLS/SCTP')],
  ])('refuses %s', (_name, after) => {
    expect(() => assertSameConnection(SDP, after)).toThrow(DescriptionError);
  });
});
