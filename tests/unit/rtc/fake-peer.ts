import type { Connect } from '../../../lib/rtc/gathering.ts';

/** What a server of the test does when it is asked. */
export type FakeServer =
  /** Answers with a candidate line, or with the port's own address (`own`). */
  | { readonly lines: readonly string[] }
  | { readonly error: number }
  | 'own'
  /** Never answers, so that gathering never completes. */
  | 'silent';

export const HOST = 'candidate:1 1 udp 2122260223 192.168.1.2 5000 typ host generation 0';

/** The browser of a test: peer connections that gather what `servers` say, by address. */
export class FakeBrowser {
  readonly peers: FakePeer[] = [];
  readonly servers: Readonly<Record<string, FakeServer>>;
  /** Whether the relay's checks get to a port, given the STUN servers the port asked. */
  getsIn: (stun: readonly string[]) => boolean = () => false;

  constructor(servers: Readonly<Record<string, FakeServer>>) {
    this.servers = servers;
  }

  readonly open: Connect = (configuration) => {
    const peer = new FakePeer(this, configuration);
    this.peers.push(peer);
    return peer as unknown as RTCPeerConnection;
  };

  get live(): number {
    return this.peers.filter(({ closed }) => !closed).length;
  }
}

export class FakePeer extends EventTarget {
  readonly browser: FakeBrowser;
  readonly urls: readonly string[];
  readonly policy: string;
  readonly remote: RTCIceCandidateInit[] = [];
  readonly channels: FakeProbeChannel[] = [];
  closed = false;
  iceGatheringState = 'new';
  iceConnectionState = 'new';
  localDescription: object | null = null;
  other: FakePeer | undefined;

  constructor(browser: FakeBrowser, configuration: RTCConfiguration) {
    super();
    this.browser = browser;
    this.urls = (configuration.iceServers ?? []).map(({ urls }) => String(urls));
    this.policy = configuration.iceTransportPolicy ?? 'all';
  }

  createDataChannel(): FakeProbeChannel {
    const channel = new FakeProbeChannel(this);
    this.channels.push(channel);
    return channel;
  }

  createOffer = () => Promise.resolve({ type: 'offer', sdp: '', from: this });
  createAnswer = this.createOffer;

  setRemoteDescription({ from }: { from: FakePeer }): Promise<void> {
    this.other = from;
    return Promise.resolve();
  }

  setLocalDescription(): Promise<void> {
    this.localDescription = { type: 'offer', sdp: '', from: this };
    queueMicrotask(() => this.#gather());
    return Promise.resolve();
  }

  /** The relay knows where to send: it tries. */
  addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    this.remote.push(candidate);
    const inside = this.other;
    if (inside && this.policy === 'relay' && this.browser.getsIn(inside.urls)) {
      inside.iceConnectionState = 'connected';
      inside.dispatchEvent(new Event('iceconnectionstatechange'));
    }
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
  }

  #gather(): void {
    if (this.policy === 'all') this.#found(HOST, '');
    let complete = true;
    for (const url of this.urls) {
      const server = this.browser.servers[url] ?? 'silent';
      if (server === 'silent') complete = false;
      else if (server === 'own') continue;
      else if ('error' in server) this.#say('icecandidateerror', { errorCode: server.error, url });
      else for (const line of server.lines) this.#found(line, url);
    }
    if (!complete) return;
    this.iceGatheringState = 'complete';
    this.#say('icegatheringstatechange', {});
  }

  #found(candidate: string, url: string): void {
    this.#say('icecandidate', { candidate: { candidate, url, toJSON: () => ({ candidate }) } });
  }

  #say(type: string, members: object): void {
    this.dispatchEvent(Object.assign(new Event(type), members));
  }
}

/** Messages of one side arrive at the other's channel when the test says so. */
export class FakeProbeChannel extends EventTarget {
  readonly peer: FakePeer;
  readonly sent: Uint8Array[] = [];
  readyState = 'open';
  binaryType = 'blob';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;

  constructor(peer: FakePeer) {
    super();
    this.peer = peer;
  }

  send(message: Uint8Array): void {
    if (this.peer.closed) throw new Error('sent on a closed connection');
    this.sent.push(message);
    this.bufferedAmount += message.byteLength;
  }
}
