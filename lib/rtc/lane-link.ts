import type { IceConfiguration } from '../ice/configuration.ts';
import {
  localSdp,
  openConnection,
  securedTransport,
  watchCandidates,
  type OwnConnection,
  type SecuredTransport,
  type TravellingCandidate,
} from './peer-connection.ts';
import { assertSameConnection } from './same-connection.ts';

/**
 * A further lane's peer connection ([LN1], [LN2]): one channel, never restarted. What it has to say
 * goes over the session's control channel.
 */

const LANE_ID = 0;
/** ICE may find its path again by itself; after that another lane is quicker. */
const DISCONNECTED_MS = 5_000;

export interface LaneLinkOptions {
  readonly configuration: () => IceConfiguration;
  /** [IC5] */
  readonly privacy: () => boolean;
  /** Must transfer the channel before it returns. */
  readonly takeChannel: (channel: RTCDataChannel) => void;
  readonly onDescription: (type: 'lane-offer' | 'lane-answer', sdp: string) => void;
  /** Null: no more of them. Never before the description. */
  readonly onCandidate: (candidate: TravellingCandidate | null) => void;
  /** DTLS stands: the channel can be bound. */
  readonly onSecured: (transport: SecuredTransport) => void;
  /** It did not come up, or is lost; once, and nothing afterwards. */
  readonly onFailed: () => void;
}

export class LaneLink {
  readonly #options: LaneLinkOptions;
  readonly #opened: Promise<OwnConnection>;
  /** Calls are carried out in the order in which they are made. */
  #tail: Promise<void> = Promise.resolve();
  #candidates: (TravellingCandidate | null)[] | 'told' = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: LaneLinkOptions) {
    this.#options = options;
    this.#opened = this.#open();
    this.#opened.catch(() => this.#fail());
  }

  offer(): void {
    this.#then(async ({ connection }) => {
      await connection.setLocalDescription(await connection.createOffer());
      this.#describe('lane-offer', connection);
    });
  }

  answer(offerSdp: string): void {
    this.#then(async ({ connection }) => {
      assertSameConnection(undefined, offerSdp);
      await connection.setRemoteDescription({ type: 'offer', sdp: offerSdp });
      await connection.setLocalDescription(await connection.createAnswer());
      this.#describe('lane-answer', connection);
    });
  }

  acceptAnswer(sdp: string): void {
    this.#then(async ({ connection }) => {
      assertSameConnection(undefined, sdp);
      await connection.setRemoteDescription({ type: 'answer', sdp });
    });
  }

  addCandidate(candidate: TravellingCandidate | null): void {
    this.#then(async ({ connection }) => {
      await connection.addIceCandidate(candidate ?? undefined);
    });
  }

  /** Idempotent; no callback afterwards. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    void this.#opened.then(
      ({ connection }) => connection.close(),
      () => {},
    );
  }

  async #open(): Promise<OwnConnection> {
    const own = await openConnection(this.#options.configuration);
    const { connection } = own;
    if (this.#closed) return own;
    const channel = connection.createDataChannel('lane', { negotiated: true, id: LANE_ID });
    this.#options.takeChannel(channel);
    watchCandidates(connection, this.#options.privacy, (candidate) => this.#tell(candidate));
    connection.onconnectionstatechange = () => this.#onState(connection);
    void this.#secure(own).catch(() => this.#fail());
    return own;
  }

  async #secure(own: OwnConnection): Promise<void> {
    const transport = await securedTransport(own);
    if (!this.#closed) this.#options.onSecured(transport);
  }

  #then(task: (own: OwnConnection) => Promise<void>): void {
    this.#tail = this.#tail.then(async () => {
      if (this.#closed) return;
      try {
        const own = await this.#opened;
        if (!this.#closed) await task(own);
      } catch {
        this.#fail();
      }
    });
  }

  #describe(type: 'lane-offer' | 'lane-answer', connection: RTCPeerConnection): void {
    if (this.#closed) return;
    this.#options.onDescription(type, localSdp(connection));
    const waiting = this.#candidates === 'told' ? [] : this.#candidates;
    this.#candidates = 'told';
    for (const candidate of waiting) this.#options.onCandidate(candidate);
  }

  #tell(candidate: TravellingCandidate | null): void {
    if (this.#closed) return;
    if (this.#candidates === 'told') this.#options.onCandidate(candidate);
    else this.#candidates.push(candidate);
  }

  #onState({ connectionState }: RTCPeerConnection): void {
    clearTimeout(this.#timer);
    if (connectionState === 'failed' || connectionState === 'closed') this.#fail();
    if (connectionState === 'disconnected') {
      this.#timer = setTimeout(() => this.#fail(), DISCONNECTED_MS);
    }
  }

  #fail(): void {
    if (this.#closed) return;
    this.close();
    this.#options.onFailed();
  }
}
