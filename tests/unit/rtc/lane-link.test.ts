import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LaneLink, type LaneLinkOptions } from '../../../lib/rtc/lane-link.ts';

const SDP = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 192.168.1.7',
  'a=candidate:1 1 udp 1 192.168.1.7 5000 typ host',
  'a=fingerprint:sha-256 AA',
].join('\r\n');
const HOST = 'candidate:1 1 udp 2122260223 192.168.1.7 5000 typ host generation 0';
const RELAY =
  'candidate:2 1 udp 41885439 203.0.113.9 6000 typ relay raddr 192.168.1.7 rport 5000 generation 0';

/** What `LaneLink` touches of a peer connection. */
class FakeConnection extends EventTarget {
  static made: FakeConnection[] = [];
  static generateCertificate = async () => ({ getFingerprints: () => [] });
  readonly configuration: RTCConfiguration;
  onicecandidate: ((event: { candidate: object | null }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  connectionState = 'new';
  signalingState = 'have-local-offer';
  sctp = null;
  localDescription: { sdp: string } | null = null;
  readonly calls: string[] = [];
  closed = false;

  constructor(configuration: RTCConfiguration) {
    super();
    this.configuration = configuration;
    FakeConnection.made.push(this);
  }

  createDataChannel(label: string, { id }: { id: number }) {
    return { label, id };
  }
  createOffer = async () => ({ type: 'offer', sdp: SDP });
  createAnswer = async () => ({ type: 'answer', sdp: SDP });
  async setLocalDescription(description: { type: string; sdp: string }) {
    this.calls.push(`local ${description.type}`);
    this.localDescription = description;
    // Gathering begins before the promise's own task ends.
    this.found(HOST);
  }
  async setRemoteDescription({ type }: { type: string }) {
    this.calls.push(`remote ${type}`);
  }
  async addIceCandidate(candidate?: { candidate: string }) {
    this.calls.push(`candidate ${candidate?.candidate ?? 'end'}`);
  }
  close() {
    this.closed = true;
  }

  found(candidate: string) {
    this.onicecandidate?.({ candidate: { candidate, sdpMid: '0', sdpMLineIndex: 0 } });
  }
  become(state: string) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

describe('a lane’s connection', () => {
  let said: string[];
  let privacy: boolean;
  let channels: unknown[];
  let options: LaneLinkOptions;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.stubGlobal('RTCPeerConnection', FakeConnection);
    FakeConnection.made = [];
    said = [];
    channels = [];
    privacy = false;
    options = {
      configuration: () => ({
        iceServers: [],
        iceTransportPolicy: privacy ? 'relay' : 'all',
        iceCandidatePoolSize: 0,
        bundlePolicy: 'max-bundle',
      }),
      privacy: () => privacy,
      takeChannel: (channel) => channels.push(channel),
      onDescription: (type, sdp) =>
        said.push(`${type} ${sdp.includes('192.168') ? 'leaks' : 'ok'}`),
      onCandidate: (candidate) => said.push(candidate?.candidate ?? 'end'),
      onSecured: () => said.push('secured'),
      onFailed: () => said.push('failed'),
    };
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  async function settled(): Promise<FakeConnection> {
    for (let i = 0; i < 50; i++) await Promise.resolve();
    const [connection] = FakeConnection.made;
    if (connection === undefined) throw new Error('no connection');
    return connection;
  }

  it('[LN1][IC1] tells its description without an address, then its candidates', async () => {
    new LaneLink(options).offer();
    const connection = await settled();
    connection.found(RELAY);
    connection.onicecandidate?.({ candidate: null });
    expect(said).toEqual(['lane-offer ok', HOST, RELAY, 'end']);
    expect(channels).toEqual([{ label: 'lane', id: 0 }]);
  });

  it('[LN7] under privacy mode only relays leave, written anew', async () => {
    privacy = true;
    new LaneLink(options).offer();
    const connection = await settled();
    connection.found(RELAY);
    expect(connection.configuration.iceTransportPolicy).toBe('relay');
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/ typ relay raddr 0\.0\.0\.0 rport 0 generation 0$/);
  });

  it('[LN1] answers an offer; candidates come after it, in order', async () => {
    const link = new LaneLink(options);
    link.answer(SDP);
    link.addCandidate({ candidate: 'one', sdpMid: null, sdpMLineIndex: 0 });
    link.addCandidate(null);
    const connection = await settled();
    expect(connection.calls).toEqual([
      'remote offer',
      'local answer',
      'candidate one',
      'candidate end',
    ]);
    expect(said[0]).toBe('lane-answer ok');
  });

  it('[LN1][IC6] a description of anything but a data channel is none', async () => {
    const link = new LaneLink(options);
    link.answer(SDP.replace('m=application 9', 'm=audio 9'));
    const connection = await settled();
    expect(said).toEqual(['failed']);
    expect(connection.closed).toBe(true);
  });

  it('[LN2] a path that is gone for 5 s is lost, once; one that comes back is not', async () => {
    new LaneLink(options).offer();
    const connection = await settled();
    said.length = 0;
    connection.become('disconnected');
    vi.advanceTimersByTime(4_999);
    connection.become('connected');
    vi.advanceTimersByTime(60_000);
    expect(said).toEqual([]);
    connection.become('disconnected');
    vi.advanceTimersByTime(5_000);
    connection.become('failed');
    await settled();
    expect(said).toEqual(['failed']);
    expect(connection.closed).toBe(true);
  });

  it('closed, it says nothing more', async () => {
    const link = new LaneLink(options);
    link.offer();
    link.close();
    await settled();
    link.addCandidate(null);
    const connection = await settled();
    expect(said).toEqual([]);
    expect(connection.closed).toBe(true);
  });
});
