import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MediaLink, type MediaLinkOptions } from '../../../lib/rtc/media-link.ts';

const OFFER = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  'm=video 9 UDP/TLS/RTP/SAVPF 98',
  'c=IN IP4 192.168.1.7',
  'a=candidate:1 1 udp 1 192.168.1.7 5000 typ host',
  'a=fingerprint:sha-256 AA',
  'a=sendonly',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
].join('\r\n');
const ANSWER = OFFER.replace('sendonly', 'recvonly');
const OTHER_PRINT = 'sha-256 BB';
const HOST = 'candidate:1 1 udp 2122260223 192.168.1.7 5000 typ host generation 0';
const RELAY =
  'candidate:2 1 udp 41885439 203.0.113.9 6000 typ relay raddr 192.168.1.7 rport 5000 generation 0';

/** What `MediaLink` touches of a peer connection. */
class FakeConnection extends EventTarget {
  static made: FakeConnection[] = [];
  static generateCertificate = async () => ({ getFingerprints: () => [] });
  configuration: RTCConfiguration;
  onicecandidate: ((event: { candidate: object | null }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  connectionState = 'new';
  signalingState = 'have-local-offer';
  sctp = null;
  localDescription: { sdp: string } | null = null;
  currentRemoteDescription: { sdp: string } | null = null;
  readonly calls: string[] = [];
  refuses = '';
  closed = false;

  constructor(configuration: RTCConfiguration) {
    super();
    this.configuration = configuration;
    FakeConnection.made.push(this);
  }

  createDataChannel(label: string, { id, negotiated }: { id: number; negotiated: boolean }) {
    return { label, id, negotiated };
  }
  createOffer = async ({ iceRestart = false }: RTCOfferOptions = {}) => {
    this.calls.push(iceRestart ? 'offer again' : 'offer');
    return { type: 'offer', sdp: OFFER };
  };
  createAnswer = async () => ({ type: 'answer', sdp: ANSWER });
  async setLocalDescription(description: { type: string; sdp: string }) {
    if (this.refuses !== '' && description.sdp.includes(this.refuses))
      throw new DOMException('', 'InvalidModificationError');
    this.calls.push(`local ${description.type}`);
    this.localDescription = description;
    // Gathering begins before the promise's own task ends.
    this.found(HOST);
  }
  async setRemoteDescription({ type, sdp }: { type: string; sdp: string }) {
    this.calls.push(`remote ${type}`);
    this.currentRemoteDescription = { sdp };
  }
  async addIceCandidate(candidate?: { candidate: string }) {
    if (candidate?.candidate === 'nonsense') throw new DOMException('', 'OperationError');
    this.calls.push(`candidate ${candidate?.candidate ?? 'end'}`);
  }
  getConfiguration = () => this.configuration;
  setConfiguration(configuration: RTCConfiguration) {
    this.calls.push('configured');
    this.configuration = configuration;
  }
  getStats = async () => new Map([['a', { id: 'a', type: 'transport' }]]);
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

describe('a share’s media connection', () => {
  let said: string[];
  let privacy: boolean;
  let channels: unknown[];
  let options: MediaLinkOptions;

  beforeEach(() => {
    vi.stubGlobal('RTCPeerConnection', FakeConnection);
    FakeConnection.made = [];
    said = [];
    channels = [];
    privacy = false;
    options = {
      audio: false,
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
      onState: (state) => said.push(state),
      onSecured: () => said.push('secured'),
      onFailed: () => said.push('failed'),
    };
  });
  afterEach(() => vi.unstubAllGlobals());

  async function settled(): Promise<FakeConnection> {
    for (let i = 0; i < 60; i++) await Promise.resolve();
    const [connection] = FakeConnection.made;
    if (connection === undefined) throw new Error('no connection');
    return connection;
  }
  const arrange = (connection: RTCPeerConnection) => {
    (connection as unknown as FakeConnection).calls.push('arranged');
  };
  const answering = {
    prepare: async () => {
      FakeConnection.made[0]?.calls.push('prepared');
    },
    arrange,
    finish: (sdp: string) => sdp,
  };

  it('[SH4] one channel `bind`, id 0; what is sent is arranged before the offer', async () => {
    new MediaLink(options).offer(arrange);
    const connection = await settled();
    expect(channels).toEqual([{ label: 'bind', id: 0, negotiated: true }]);
    expect(connection.calls).toEqual(['arranged', 'offer', 'local offer']);
    connection.found(RELAY);
    connection.onicecandidate?.({ candidate: null });
    expect(said).toEqual(['media-offer ok', HOST, RELAY, 'end']);
  });

  it('[IC5] under privacy mode only relays leave, written anew', async () => {
    privacy = true;
    new MediaLink(options).offer(arrange);
    const connection = await settled();
    connection.found(RELAY);
    expect(connection.configuration.iceTransportPolicy).toBe('relay');
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/ typ relay raddr 0\.0\.0\.0 rport 0 generation 0$/);
  });

  it('[SH5] a restart asks for today’s servers; its candidates follow its offer', async () => {
    const link = new MediaLink(options);
    link.offer(arrange);
    link.acceptAnswer(ANSWER);
    const connection = await settled();
    said.length = 0;
    link.restart();
    await settled();
    expect(connection.calls.slice(4)).toEqual(['configured', 'offer again', 'local offer']);
    expect(said).toEqual(['media-offer ok', HOST]);
  });

  it('[SH3] the viewer is prepared before what is arranged is made, and a restart arranges nothing anew', async () => {
    const link = new MediaLink(options);
    link.answer(OFFER, answering);
    link.addCandidate({ candidate: 'one', sdpMid: null, sdpMLineIndex: 0 });
    link.addCandidate(null);
    link.answer(OFFER, answering);
    const connection = await settled();
    expect(connection.calls).toEqual([
      ...['prepared', 'remote offer', 'arranged', 'local answer', 'candidate one', 'candidate end'],
      ...['configured', 'remote offer', 'local answer'],
    ]);
    expect(said).toEqual(['media-answer ok', HOST, 'media-answer ok', HOST]);
  });

  it('[SH5] a restart with another fingerprint is none', async () => {
    const link = new MediaLink(options);
    link.answer(OFFER, answering);
    link.answer(OFFER.replace('sha-256 AA', OTHER_PRINT), answering);
    const connection = await settled();
    expect(said).toEqual(['media-answer ok', HOST, 'failed']);
    expect(connection.closed).toBe(true);
  });

  it.each([
    ['an offer that takes', OFFER.replace('sendonly', 'sendrecv')],
    ['sound that was not agreed on', `${OFFER}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendonly`],
  ])('[SH4] refuses %s, before the browser sees it', async (_name, sdp) => {
    new MediaLink(options).answer(sdp, answering);
    const connection = await settled();
    expect(connection.calls).toEqual([]);
    expect(said).toEqual(['failed']);
  });

  it('[SH4] and an answer that sends', async () => {
    const link = new MediaLink(options);
    link.offer(arrange);
    link.acceptAnswer(ANSWER.replace('recvonly', 'sendrecv'));
    const connection = await settled();
    expect(connection.calls).not.toContain('remote answer');
    expect(said.at(-1)).toBe('failed');
  });

  it('a browser that takes no changes to its answer answers all the same', async () => {
    const link = new MediaLink(options);
    const finish = (sdp: string) => `${sdp}\r\na=fmtp:111 stereo=1`;
    const connection = await settled();
    connection.refuses = 'stereo';
    link.answer(OFFER, { ...answering, finish });
    await settled();
    expect(said).toEqual(['media-answer ok', HOST]);
    connection.refuses = 'recvonly';
    link.answer(OFFER, { ...answering, finish });
    await settled();
    expect(said.at(-1)).toBe('failed');
  });

  it('a candidate that is of no use is no end', async () => {
    const link = new MediaLink(options);
    link.answer(OFFER, answering);
    link.addCandidate({ candidate: 'nonsense', sdpMid: null, sdpMLineIndex: 0 });
    link.addCandidate({ candidate: 'two', sdpMid: null, sdpMLineIndex: 0 });
    const connection = await settled();
    expect(connection.calls.at(-1)).toBe('candidate two');
    expect(said).toEqual(['media-answer ok', HOST]);
  });

  it('tells how its path stands; what cannot be arranged fails once', async () => {
    const link = new MediaLink(options);
    const connection = await settled();
    for (const state of ['connecting', 'connected', 'disconnected', 'connecting', 'failed'])
      connection.become(state);
    expect(said).toEqual(['connected', 'disconnected', 'failed']);
    said.length = 0;
    link.offer(() => Promise.reject(new Error('no codec')));
    link.offer(arrange);
    await settled();
    expect(said).toEqual(['failed']);
    connection.become('closed');
    expect(said).toEqual(['failed']);
  });

  it('[SH5] DTLS that does not come up is a connection lost, not a share that cannot be', async () => {
    new MediaLink(options).offer(arrange);
    const connection = await settled();
    said.length = 0;
    connection.signalingState = 'closed';
    connection.dispatchEvent(new Event('signalingstatechange'));
    await settled();
    expect(said).toEqual(['closed']);
    expect(connection.closed).toBe(true);
  });

  it('has statistics until it is closed, and says nothing more then', async () => {
    const link = new MediaLink(options);
    link.offer(arrange);
    const connection = await settled();
    expect(await link.stats()).toEqual([{ id: 'a', type: 'transport' }]);
    said.length = 0;
    link.close();
    link.restart();
    await settled();
    connection.found(RELAY);
    connection.become('closed');
    expect(await link.stats()).toEqual([]);
    expect(said).toEqual([]);
    expect(connection.closed).toBe(true);
  });

  it('closed while its certificate is made, it makes no channel', async () => {
    const link = new MediaLink(options);
    link.offer(arrange);
    link.close();
    const connection = await settled();
    expect([channels, said, connection.closed]).toEqual([[], [], true]);
  });
});
