import type { TravellingCandidate } from './peer-connection.ts';
import { assertSameConnection } from './same-connection.ts';
import { SideConnection, type SideConnectionOptions } from './side-connection.ts';

/**
 * A further lane's peer connection ([LN1], [LN2]): one channel, never restarted. What it has to say
 * goes over the session's control channel.
 */

/** ICE may find its path again by itself; after that another lane is quicker. */
const DISCONNECTED_MS = 5_000;

export interface LaneLinkOptions extends SideConnectionOptions {
  readonly onDescription: (type: 'lane-offer' | 'lane-answer', sdp: string) => void;
  /** It did not come up, or is lost; once, and nothing afterwards. */
  readonly onFailed: () => void;
}

export class LaneLink {
  readonly #options: LaneLinkOptions;
  readonly #side: SideConnection;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LaneLinkOptions) {
    this.#options = options;
    this.#side = new SideConnection(options, {
      label: 'lane',
      onState: (connection) => this.#onState(connection),
      onUnsecured: () => this.#fail(),
      onBroken: () => this.#fail(),
    });
  }

  offer(): void {
    this.#side.run(async (connection) => {
      await connection.setLocalDescription(await connection.createOffer());
      this.#describe('lane-offer', connection);
    });
  }

  answer(offerSdp: string): void {
    this.#side.run(async (connection) => {
      assertSameConnection(undefined, offerSdp);
      await connection.setRemoteDescription({ type: 'offer', sdp: offerSdp });
      await connection.setLocalDescription(await connection.createAnswer());
      this.#describe('lane-answer', connection);
    });
  }

  acceptAnswer(sdp: string): void {
    this.#side.run(async (connection) => {
      assertSameConnection(undefined, sdp);
      await connection.setRemoteDescription({ type: 'answer', sdp });
    });
  }

  addCandidate(candidate: TravellingCandidate | null): void {
    this.#side.run(async (connection) => {
      await connection.addIceCandidate(candidate ?? undefined);
    });
  }

  /** Idempotent; no callback afterwards. */
  close(): void {
    clearTimeout(this.#timer);
    this.#side.close();
  }

  #describe(type: 'lane-offer' | 'lane-answer', connection: RTCPeerConnection): void {
    this.#side.describe(connection, (sdp) => this.#options.onDescription(type, sdp));
  }

  #onState({ connectionState }: RTCPeerConnection): void {
    clearTimeout(this.#timer);
    if (connectionState === 'failed' || connectionState === 'closed') this.#fail();
    if (connectionState === 'disconnected') {
      this.#timer = setTimeout(() => this.#fail(), DISCONNECTED_MS);
    }
  }

  #fail(): void {
    if (this.#side.closed) return;
    this.close();
    this.#options.onFailed();
  }
}
