import { describe, expect, it } from 'vitest';
import {
  assertSameConnection,
  assertSameMedia,
  DescriptionError,
} from '../../../lib/rtc/same-connection.ts';

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

describe('[SH4] the description of a share’s media', () => {
  const section = (kind: string, direction: string) =>
    [`m=${kind} 9 UDP/TLS/RTP/SAVPF 98`, `a=${direction}`, 'a=fingerprint:sha-256 AB:CD:EF'].join(
      '\r\n',
    );
  const DATA = 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel';
  const sdp = (...sections: string[]) => ['v=0', ...sections, ''].join('\r\n');
  const OFFER = sdp(section('video', 'sendonly'), section('audio', 'sendonly'), DATA);
  const expected = { type: 'offer', audio: true } as const;

  it('video, sound where it was agreed on, and data, one way', () => {
    expect(() => assertSameMedia(undefined, OFFER, expected)).not.toThrow();
    const silent = sdp(section('video', 'sendonly'), DATA);
    expect(() => assertSameMedia(undefined, silent, { ...expected, audio: false })).not.toThrow();
    const answer = OFFER.replaceAll('sendonly', 'recvonly');
    expect(() => assertSameMedia(undefined, answer, { ...expected, type: 'answer' })).not.toThrow();
    // Sections behind the first have port 0 in an offer that bundles all of them (RFC 8829 §5.2.1).
    const bundled = OFFER.replace('m=audio 9', 'm=audio 0');
    expect(() => assertSameMedia(undefined, bundled, expected)).not.toThrow();
  });

  it.each([
    ['no video', sdp(section('audio', 'sendonly'), DATA)],
    ['no data', sdp(section('video', 'sendonly'), section('audio', 'sendonly'))],
    ['two videos', sdp(section('video', 'sendonly'), section('video', 'sendonly'), DATA)],
    ['a camera asked for', OFFER.replace('sendonly', 'sendrecv')],
    ['a direction left open', OFFER.replace('a=sendonly\r\n', '')],
    ['an answer', OFFER.replaceAll('sendonly', 'recvonly')],
    ['media without DTLS', OFFER.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/SAVP')],
    ['text', OFFER.replace('m=audio', 'm=text')],
    ['nothing', 'v=0'],
  ])('refuses %s', (_name, other) => {
    expect(() => assertSameMedia(undefined, other, expected)).toThrow(DescriptionError);
  });

  it('refuses sound that was not agreed on, and an answer that takes nothing', () => {
    expect(() => assertSameMedia(undefined, OFFER, { ...expected, audio: false })).toThrow(
      DescriptionError,
    );
    const rejected = OFFER.replaceAll('sendonly', 'inactive');
    expect(() => assertSameMedia(undefined, rejected, { ...expected, type: 'answer' })).toThrow(
      DescriptionError,
    );
  });

  it('[SH5] a restart has the fingerprints of the first', () => {
    const other = OFFER.replaceAll('AB:CD', 'CD:AB');
    expect(() => assertSameMedia(OFFER, OFFER, expected)).not.toThrow();
    expect(() => assertSameMedia(OFFER, other, expected)).toThrow(DescriptionError);
  });
});
