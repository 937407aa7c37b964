import type { StatsEntry } from '../ice/path.ts';
import type { TravellingCandidate } from './peer-connection.ts';
import { assertSameMedia } from './same-connection.ts';
import { SideConnection, type SideConnectionOptions } from './side-connection.ts';

/**
 * The peer connection of a share's media ([SH4], [SH5]). What it has to say goes over the session's
 * control channel; when it is restarted or given up is decided there.
 */

export type MediaState = 'connected' | 'disconnected' | 'failed' | 'closed';

export interface MediaLinkOptions extends SideConnectionOptions {
  /** Sound was agreed on: a description with other sections is refused. */
  readonly audio: boolean;
  readonly onDescription: (type: 'media-offer' | 'media-answer', sdp: string) => void;
  /** `closed`: it will not come back; nothing afterwards. */
  readonly onState: (state: MediaState) => void;
  /** A description was refused, or the browser cannot; once, and nothing afterwards. */
  readonly onFailed: (cause: unknown) => void;
}

/** Sharer, before its first description: adds transceivers. */
export type Arrange = (connection: RTCPeerConnection) => void | Promise<void>;

/** What a viewer does about an offer. The first two are of the first offer only. */
export interface Answering {
  /** Whatever takes time. */
  readonly prepare: () => Promise<void>;
  /**
   * Sets up the transceivers in the task that made them. In a later one Chromium already passes
   * frames by a transform: the receiver takes it and never uses it (W3C webrtc-encoded-transform,
   * stream creation, step 12).
   */
  readonly arrange: (connection: RTCPeerConnection) => void;
  /** What this end's description is to say beside what the browser wrote. */
  readonly finish: (sdp: string) => string;
}

export class MediaLink {
  readonly #options: MediaLinkOptions;
  readonly #side: SideConnection;

  constructor(options: MediaLinkOptions) {
    this.#options = options;
    this.#side = new SideConnection(options, {
      label: 'bind',
      onState: ({ connectionState }) => {
        if (connectionState !== 'new' && connectionState !== 'connecting') {
          options.onState(connectionState);
        }
      },
      onUnsecured: () => this.#lose(),
      onBroken: (cause) => this.#fail(cause),
    });
  }

  /** Sharer. */
  offer(arrange: Arrange): void {
    this.#side.run(async (connection) => {
      await arrange(connection);
      if (!this.#side.closed) await this.#offer(connection, {});
    });
  }

  /** Sharer: new ICE credentials; DTLS, keys and transforms stay as they are. */
  restart(): void {
    this.#side.run(async (connection) => {
      this.#configure(connection);
      await this.#offer(connection, { iceRestart: true });
    });
  }

  /** Viewer: the first offer, or a restart of the sharer's. */
  answer(offerSdp: string, { prepare, arrange, finish }: Answering): void {
    this.#side.run(async (connection) => {
      const before = connection.currentRemoteDescription?.sdp;
      assertSameMedia(before, offerSdp, { type: 'offer', audio: this.#options.audio });
      this.#side.holdCandidates();
      if (before === undefined) await prepare();
      else this.#configure(connection);
      if (this.#side.closed) return;
      await connection.setRemoteDescription({ type: 'offer', sdp: offerSdp });
      if (this.#side.closed) return;
      if (before === undefined) arrange(connection);
      const { sdp = '' } = await connection.createAnswer();
      await setLocalAnswer(connection, sdp, finish(sdp));
      this.#describe('media-answer', connection);
    });
  }

  /** Sharer. */
  acceptAnswer(sdp: string): void {
    this.#side.run(async (connection) => {
      const before = connection.currentRemoteDescription?.sdp;
      assertSameMedia(before, sdp, { type: 'answer', audio: this.#options.audio });
      await connection.setRemoteDescription({ type: 'answer', sdp });
    });
  }

  addCandidate(candidate: TravellingCandidate | null): void {
    this.#side.run(async (connection) => {
      // One of before a restart, or one that this browser does not understand: others will do.
      await connection.addIceCandidate(candidate ?? undefined).catch(() => undefined);
    });
  }

  /** None where it is closed. */
  stats(): Promise<StatsEntry[]> {
    return this.#side.stats();
  }

  /** Idempotent; no callback afterwards. */
  close(): void {
    this.#side.close();
  }

  async #offer(connection: RTCPeerConnection, options: RTCOfferOptions): Promise<void> {
    const offer = await connection.createOffer(options);
    // Candidates of a restart come before its offer is told: they would belong to nothing there.
    this.#side.holdCandidates();
    await connection.setLocalDescription(offer);
    this.#describe('media-offer', connection);
  }

  #configure(connection: RTCPeerConnection): void {
    connection.setConfiguration({
      ...connection.getConfiguration(),
      ...this.#options.configuration(),
    });
  }

  #describe(type: 'media-offer' | 'media-answer', connection: RTCPeerConnection): void {
    this.#side.describe(connection, (sdp) => this.#options.onDescription(type, sdp));
  }

  /** DTLS did not come up, or the other end is gone: another connection may do better. */
  #lose(): void {
    this.close();
    this.#options.onState('closed');
  }

  #fail(cause: unknown): void {
    this.close();
    this.#options.onFailed(cause);
  }
}

/** A browser that takes no changes to its answer gets it as it wrote it. */
async function setLocalAnswer(
  connection: RTCPeerConnection,
  own: string,
  finished: string,
): Promise<void> {
  try {
    await connection.setLocalDescription({ type: 'answer', sdp: finished });
  } catch (error) {
    if (finished === own) throw error;
    await connection.setLocalDescription({ type: 'answer', sdp: own });
  }
}
