import { randomBytes, toHex } from '../../../lib/crypto/bytes.ts';
import { FakeChannel } from '../rtc/fake-channel.ts';
import { FakeTrack } from './fake-media.ts';

/**
 * Peer connections that find each other by what stands in their descriptions, as far as shares touch
 * them: transceivers, one channel, certificates, states, statistics. No media: frames go by hand.
 */

interface FakeCertificate {
  readonly der: ArrayBuffer;
  getFingerprints(): { algorithm: string; value: string }[];
}

const CAPABILITIES: Readonly<Record<string, RTCRtpCodec[]>> = {
  video: [
    { mimeType: 'video/VP8', clockRate: 90_000 },
    { mimeType: 'video/VP9', clockRate: 90_000, sdpFmtpLine: 'profile-id=0' },
    { mimeType: 'video/rtx', clockRate: 90_000 },
    { mimeType: 'video/AV1', clockRate: 90_000 },
  ],
  audio: [{ mimeType: 'audio/opus', clockRate: 48_000, channels: 2 }],
};

/** In place of the browser's; `getCapabilities` is all that is asked of it. */
export const FakeRtpReceiver = {
  getCapabilities: (kind: string) => ({ codecs: CAPABILITIES[kind] ?? [] }),
};

class FakeSender {
  track: FakeTrack | null = null;
  transform: unknown = null;
  parameters: RTCRtpSendParameters = {
    ...{ transactionId: '', headerExtensions: [], rtcp: {}, encodings: [{ active: true }] },
    codecs: [{ mimeType: 'video/VP9', payloadType: 98, clockRate: 90_000 }],
  };

  getParameters = () => structuredClone(this.parameters);
  setParameters = async (parameters: RTCRtpSendParameters) => {
    this.parameters = parameters;
  };
  replaceTrack = async (track: FakeTrack | null) => {
    this.track = track;
  };
}

export class FakeTransceiver {
  readonly sender = new FakeSender();
  readonly receiver: { track: FakeTrack; transform: unknown };
  readonly direction: string;
  codecs: string[] = [];

  constructor(kind: string, direction: string) {
    this.receiver = { track: new FakeTrack(kind), transform: null };
    this.direction = direction;
  }

  setCodecPreferences(codecs: readonly RTCRtpCodec[]): void {
    this.codecs = codecs.map(({ mimeType }) => mimeType);
  }
}

class FakeDtls extends EventTarget {
  state = 'new';
  remote: ArrayBuffer | null = null;
  getRemoteCertificates = () => (this.remote === null ? [] : [this.remote]);
}

export class FakePeerConnection extends EventTarget {
  static made: FakePeerConnection[] = [];
  /** Someone in between, with a certificate of their own. */
  static between = false;
  /** What is said on the channels of new connections is lost. */
  static mute = false;
  /** No way leads from one to the other. */
  static apart = false;
  readonly #certificate: FakeCertificate;
  readonly #transceivers: FakeTransceiver[] = [];
  readonly #dtls = new FakeDtls();
  readonly id: string;
  configuration: RTCConfiguration;
  channel = new FakeChannel();
  sctp: { transport: FakeDtls; maxMessageSize: number } | null = null;
  onicecandidate: ((event: { candidate: object | null }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  connectionState = 'new';
  signalingState = 'stable';
  localDescription: { type: string; sdp: string } | null = null;
  currentRemoteDescription: { type: string; sdp: string } | null = null;
  other: FakePeerConnection | null = null;
  offers = 0;
  frames = 0;

  static async generateCertificate(): Promise<FakeCertificate> {
    const der = randomBytes(40).buffer;
    const hex = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', der)));
    const value = (hex.match(/../g) ?? []).join(':').toUpperCase();
    return { der, getFingerprints: () => [{ algorithm: 'sha-256', value }] };
  }

  constructor({ certificates = [], ...configuration }: RTCConfiguration) {
    super();
    this.configuration = configuration;
    const [certificate] = certificates as unknown as FakeCertificate[];
    if (certificate === undefined) throw new Error('made without a certificate');
    this.#certificate = certificate;
    this.id = `peer-${FakePeerConnection.made.push(this)}`;
  }

  createDataChannel(): FakeChannel {
    return this.channel;
  }
  addTransceiver(kind: string, { direction }: { direction: string }): FakeTransceiver {
    const transceiver = new FakeTransceiver(kind, direction);
    this.#transceivers.push(transceiver);
    return transceiver;
  }
  getTransceivers = () => [...this.#transceivers];
  getConfiguration = () => this.configuration;
  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration;
  }

  async createOffer(): Promise<{ type: string; sdp: string }> {
    this.offers++;
    return { type: 'offer', sdp: this.#sdp('sendonly') };
  }
  async createAnswer(): Promise<{ type: string; sdp: string }> {
    return { type: 'answer', sdp: this.#sdp('recvonly') };
  }
  async setLocalDescription(description: { type: string; sdp: string }): Promise<void> {
    this.localDescription = description;
    this.#signal(description.type === 'offer' ? 'have-local-offer' : 'stable');
    const candidate = 'candidate:1 1 udp 2122260223 192.168.1.7 5000 typ host generation 0';
    this.onicecandidate?.({ candidate: { candidate, sdpMid: '0', sdpMLineIndex: 0 } });
    this.onicecandidate?.({ candidate: null });
  }
  async setRemoteDescription(description: { type: string; sdp: string }): Promise<void> {
    const first = this.currentRemoteDescription === null;
    this.currentRemoteDescription = description;
    const id = /^s=(.*)\r$/m.exec(description.sdp)?.[1];
    this.other = FakePeerConnection.made.find((peer) => peer.id === id) ?? null;
    if (description.type === 'offer' && first) {
      for (const [, kind = ''] of description.sdp.matchAll(/^m=(video|audio) /gm))
        this.#transceivers.push(new FakeTransceiver(kind, 'recvonly'));
    }
    this.#signal(description.type === 'offer' ? 'have-remote-offer' : 'stable');
    if (description.type === 'answer' && this.other !== null) meet(this, this.other);
  }
  addIceCandidate = async () => undefined;
  close(): void {
    this.become('closed');
    this.#signal('closed');
    this.channel.close();
    // As over DTLS: the far end hears of it.
    this.other?.channel.close();
  }

  become(state: string): void {
    if (this.connectionState === 'closed') return;
    this.connectionState = state;
    if (state !== 'closed') this.onconnectionstatechange?.();
  }

  /** The far end's certificate, or that of someone in between. */
  secured(certificate: ArrayBuffer): void {
    this.#dtls.remote = FakePeerConnection.between ? randomBytes(40).buffer : certificate;
    this.#dtls.state = 'connected';
    this.#dtls.dispatchEvent(new Event('statechange'));
  }
  get certificate(): ArrayBuffer {
    return this.#certificate.der;
  }

  async getStats(): Promise<Map<string, object>> {
    const timestamp = Date.now();
    const sends = this.#transceivers.some(({ sender }) => sender.track !== null);
    const from = sends ? this : this.other;
    const type = sends ? 'outbound-rtp' : 'inbound-rtp';
    const count = from?.frames ?? 0;
    const video = {
      ...{ id: 'v', type, kind: 'video', timestamp, frameWidth: 1280, frameHeight: 720 },
      ...{ framesEncoded: count, framesDecoded: count, bytesSent: count * 5_000 },
      ...{ bytesReceived: count * 5_000, totalEncodeTime: count * 0.005, qpSum: count * 20 },
    };
    return new Map([['v', video]]);
  }

  #signal(state: string): void {
    this.signalingState = state;
    this.sctp ??= { transport: this.#dtls, maxMessageSize: 262_144 };
    this.dispatchEvent(new Event('signalingstatechange'));
  }

  #sdp(direction: string): string {
    const [fingerprint] = this.#certificate.getFingerprints();
    const media = this.#transceivers.map(
      ({ receiver }) => `m=${receiver.track.kind} 9 UDP/TLS/RTP/SAVPF 98\r\na=${direction}`,
    );
    return [
      ...['v=0', `s=${this.id}`, ...media],
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      `a=fingerprint:sha-256 ${fingerprint?.value ?? ''}`,
      '',
    ].join('\r\n');
  }
}

/** Offer and answer are exchanged: DTLS and the channel come up, or carry on. */
function meet(a: FakePeerConnection, b: FakePeerConnection): void {
  if (FakePeerConnection.apart) return;
  if (a.channel.readyState === 'connecting') {
    if (!FakePeerConnection.mute) [a.channel.peer, b.channel.peer] = [b.channel, a.channel];
    a.secured(b.certificate);
    b.secured(a.certificate);
    a.channel.open();
    b.channel.open();
  }
  for (const peer of [a, b]) peer.become('connected');
}
