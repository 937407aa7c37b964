import { randomBytes, toHex, type Bytes } from '../../../lib/crypto/bytes.ts';
import { UNKNOWN_NAT, type NatProfile } from '../../../lib/ice/nat.ts';
import type { ConnectionPath } from '../../../lib/ice/path.ts';
import type { Rung } from '../../../lib/ice/strategy.ts';
import { bindChannel } from '../../../lib/session/bound-channel.ts';
import type { ByteChannel } from '../../../lib/protocol/byte-channel.ts';
import type {
  Link,
  LinkCandidate,
  LinkFactory,
  LinkOptions,
  LinkProfile,
  SecuredSession,
} from '../../../lib/session/ports.ts';
import type { FakeClock } from './fake-clock.ts';

/**
 * Where fake links find each other: an SDP names its link, and two links connect when each has the
 * other's description and a candidate. Someone in the middle of DTLS is a `middle` fingerprint: both
 * ends then see that certificate instead of each other's, as if nobody compared it with an SDP.
 */
export class LinkMedium {
  /** What every link is given as its surroundings. */
  profile: LinkProfile = { nat: UNKNOWN_NAT, privacy: false, relays: false };
  readonly links = new Map<string, FakeLink>();
  middle: Bytes | undefined;
  /** False: descriptions and candidates pass, and no path works. */
  reachable = true;
}

const PATH: ConnectionPath = {
  kind: 'direct',
  sameNetwork: true,
  transport: 'udp',
  rttMs: 2,
  sendRate: 0,
  receiveRate: 0,
  loss: 0,
};

export class FakeLink implements Link {
  readonly pcId: Uint8Array;
  readonly sessionId: string;
  readonly fingerprint = randomBytes(32);
  readonly id = toHex(randomBytes(8));
  readonly #medium: LinkMedium;
  readonly #options: LinkOptions;
  #remote: FakeLink | undefined;
  #candidates = 0;
  /** Raised by each restart, either side's: descriptions of another one do not fit together. */
  #generation = 0;
  /** Our offer that is not answered. */
  #open: number | undefined;
  readonly restarts: Rung[] = [];
  state: 'new' | 'connected' | 'disconnected' | 'failed' | 'closed' = 'new';
  secured: SecuredSession | undefined;
  /** Set before the call that should fail or hang. */
  static readonly never = new Promise<never>(() => undefined);

  constructor(medium: LinkMedium, options: LinkOptions) {
    this.#medium = medium;
    this.#options = options;
    this.pcId = options.pcId;
    this.sessionId = options.sessionId;
    medium.links.set(this.id, this);
  }

  get remote(): FakeLink | undefined {
    return this.#remote;
  }

  /** As `RTCCertificate` and `getRemoteCertificates` would tell. */
  get seenFingerprint(): Bytes {
    const { middle } = this.#medium;
    const seen = middle ?? this.#remote?.fingerprint;
    if (seen === undefined) throw new Error('not connected');
    return seen;
  }

  get remoteNat(): NatProfile | undefined {
    return this.#options.remoteNat;
  }

  async offer(): Promise<string> {
    this.#open = ++this.#generation;
    this.#gather();
    return this.#sdp('offer', this.#open);
  }

  async answer(offerSdp: string): Promise<string> {
    const generation = this.#describe(offerSdp, 'offer');
    this.#open = undefined;
    this.#gather();
    return this.#sdp('answer', generation);
  }

  async acceptAnswer(sdp: string): Promise<void> {
    const generation = this.#describe(sdp, 'answer');
    if (generation !== this.#open) throw new Error('an answer to another offer');
    this.#open = undefined;
    this.#tryConnect();
  }

  async restart(rung: Rung): Promise<string> {
    this.restarts.push(rung);
    this.#open = ++this.#generation;
    this.#gather();
    return this.#sdp('offer', this.#open);
  }

  async path(): Promise<ConnectionPath | undefined> {
    return this.state === 'connected' ? PATH : undefined;
  }

  async addCandidate(candidate: LinkCandidate | null): Promise<void> {
    if (this.#remote === undefined) throw new Error('candidate before the description');
    if (candidate !== null) this.#candidates++;
    this.#tryConnect();
  }

  secure(session: SecuredSession): void {
    if (this.secured !== undefined) throw new Error('secured twice');
    this.secured = session;
  }

  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    // The other end notices: its channels close.
    if (this.#remote?.state === 'connected') this.#remote.lose('closed');
  }

  lose(state: 'disconnected' | 'failed' | 'closed'): void {
    this.state = state;
    this.#options.onState(state);
  }

  /** ICE has found the path again by itself. */
  recover(): void {
    this.state = 'connected';
    this.#options.onState('connected');
  }

  #sdp(type: 'offer' | 'answer', generation: number): string {
    return `v=0\r\no=- SDP-IN-CLEAR\r\na=type:${type}\r\na=generation:${generation}\r\na=fingerprint:sha-256 ${toHex(this.fingerprint)}\r\na=fake:${this.id}\r\n`;
  }

  /** @returns the generation it belongs to. */
  #describe(sdp: string, type: 'offer' | 'answer'): number {
    if (!sdp.includes(`a=type:${type}`)) throw new Error(`not an ${type}`);
    const id = /a=fake:([0-9a-f]+)/.exec(sdp)?.[1] ?? '';
    const remote = this.#medium.links.get(id);
    if (remote === undefined) throw new Error('no such link');
    if (this.#remote !== undefined && this.#remote !== remote) {
      throw new Error('another connection');
    }
    this.#remote = remote;
    this.#candidates = 0;
    return Number(/a=generation:(\d+)/.exec(sdp)?.[1]);
  }

  /** Like a browser: candidates come soon after the local description, not with it. */
  #gather(): void {
    queueMicrotask(() => {
      // A path that works goes on working through a restart, without a word.
      if (this.state !== 'connected') this.#options.onState('connecting');
      for (const port of [1, 2]) {
        this.#options.onCandidate({
          candidate: `candidate:1 1 udp 1 SDP-IN-CLEAR.local 900${port} typ host`,
          sdpMid: '0',
          sdpMLineIndex: 0,
        });
      }
      this.#options.onCandidate(null);
    });
  }

  get #ready(): boolean {
    return this.state !== 'closed' && this.#remote !== undefined && this.#candidates > 0;
  }

  #tryConnect(): void {
    const remote = this.#remote;
    if (!this.#medium.reachable || !this.#ready || remote === undefined) return;
    if (!remote.#ready || remote.#remote !== this) return;
    const anew = [remote, this].filter(({ state }) => state !== 'connected');
    for (const link of anew) link.state = 'connected';
    // DTLS takes its time; both ends learn of it on their own.
    setImmediate(() => {
      for (const link of anew) {
        if (link.state === 'connected') link.#options.onState('connected');
      }
    });
  }
}

export class FakeLinks implements LinkFactory {
  readonly created: FakeLink[] = [];
  readonly #medium: LinkMedium;

  constructor(medium: LinkMedium) {
    this.#medium = medium;
  }

  create(options: LinkOptions): FakeLink {
    const link = new FakeLink(this.#medium, options);
    this.created.push(link);
    return link;
  }

  profile(): LinkProfile {
    return this.#medium.profile;
  }

  get last(): FakeLink {
    const link = this.created.at(-1);
    if (link === undefined) throw new Error('no link');
    return link;
  }
}

/** One end of an in-memory channel. Frames cross on a later turn, in order. */
export class FakeChannel implements ByteChannel {
  maxMessageSize = 262_144;
  bufferedAmount = 0;
  lowThreshold = 0;
  onLow: (() => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  other: FakeChannel | undefined;
  closed = false;
  readonly #waiting: Uint8Array[] = [];
  #onMessage: ((frame: Uint8Array) => void) | null = null;

  static pair(): [FakeChannel, FakeChannel] {
    const [a, b] = [new FakeChannel(), new FakeChannel()];
    a.other = b;
    b.other = a;
    return [a, b];
  }

  get onMessage(): ((frame: Uint8Array) => void) | null {
    return this.#onMessage;
  }

  set onMessage(handler: ((frame: Uint8Array) => void) | null) {
    this.#onMessage = handler;
    this.#drain();
  }

  send(frame: Uint8Array): void {
    const copy = Uint8Array.from(frame);
    setImmediate(() => this.other?.arrive(copy));
  }

  arrive(frame: Uint8Array): void {
    if (this.closed) return;
    this.#waiting.push(frame);
    this.#drain();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    const { other } = this;
    setImmediate(() => {
      if (other === undefined || other.closed) return;
      other.closed = true;
      other.onClose?.('closed');
    });
  }

  #drain(): void {
    while (this.#onMessage !== null && this.#waiting.length > 0) {
      const frame = this.#waiting.shift();
      if (frame !== undefined) this.#onMessage(frame);
    }
  }
}

/** What the worker does with a secured, connected link. */
export function bindLink(link: FakeLink, raw: ByteChannel, clock: FakeClock): Promise<ByteChannel> {
  const { secured } = link;
  if (secured === undefined) throw new Error('not secured');
  const [own, peer] = [link.fingerprint, link.seenFingerprint];
  const initiator = secured.role === 'i2r';
  const binding = {
    bindKey: secured.keys.bind,
    ownDir: secured.role,
    pcId: secured.pcId,
    fpI: initiator ? own : peer,
    fpR: initiator ? peer : own,
  };
  return bindChannel(raw, binding, clock.schedule);
}
