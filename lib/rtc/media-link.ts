import type { IceConfiguration } from '../ice/configuration.ts';
import type { StatsEntry } from '../ice/path.ts';
import { readStats } from './path-reader.ts';
import {
  localSdp,
  openConnection,
  securedTransport,
  watchCandidates,
  type OwnConnection,
  type SecuredTransport,
  type TravellingCandidate,
} from './peer-connection.ts';
import { assertSameMedia } from './same-connection.ts';

/**
 * The peer connection of a share's media ([SH4], [SH5]). What it has to say goes over the session's
 * control channel; when it is restarted or given up is decided there.
 */

const BIND_ID = 0;

export type MediaState = 'connected' | 'disconnected' | 'failed' | 'closed';

export interface MediaLinkOptions {
  /** Asked for at the start and at each restart: servers and credentials change meanwhile. */
  readonly configuration: () => IceConfiguration;
  /** [IC5] */
  readonly privacy: () => boolean;
  /** Sound was agreed on: a description with other sections is refused. */
  readonly audio: boolean;
  /** Must transfer the channel before it returns. */
  readonly takeChannel: (channel: RTCDataChannel) => void;
  readonly onDescription: (type: 'media-offer' | 'media-answer', sdp: string) => void;
  /** Null: no more of them. Never before the description they belong to. */
  readonly onCandidate: (candidate: TravellingCandidate | null) => void;
  /** `closed`: it will not come back; nothing afterwards. */
  readonly onState: (state: MediaState) => void;
  /** DTLS stands: the channel `bind` can be bound. */
  readonly onSecured: (transport: SecuredTransport) => void;
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
  readonly #opened: Promise<OwnConnection>;
  /** Calls are carried out in the order in which they are made. */
  #tail: Promise<void> = Promise.resolve();
  /** Of the description that is being made. */
  #waiting: (TravellingCandidate | null)[] | 'told' = [];
  #closed = false;

  constructor(options: MediaLinkOptions) {
    this.#options = options;
    this.#opened = this.#open();
    this.#opened.catch((error: unknown) => this.#fail(error));
  }

  /** Sharer. */
  offer(arrange: Arrange): void {
    this.#then(async ({ connection }) => {
      await arrange(connection);
      if (!this.#closed) await this.#offer(connection, {});
    });
  }

  /** Sharer: new ICE credentials; DTLS, keys and transforms stay as they are. */
  restart(): void {
    this.#then(async ({ connection }) => {
      this.#configure(connection);
      await this.#offer(connection, { iceRestart: true });
    });
  }

  /** Viewer: the first offer, or a restart of the sharer's. */
  answer(offerSdp: string, { prepare, arrange, finish }: Answering): void {
    this.#then(async ({ connection }) => {
      const before = connection.currentRemoteDescription?.sdp;
      assertSameMedia(before, offerSdp, { type: 'offer', audio: this.#options.audio });
      this.#waiting = [];
      if (before === undefined) await prepare();
      else this.#configure(connection);
      if (this.#closed) return;
      await connection.setRemoteDescription({ type: 'offer', sdp: offerSdp });
      if (this.#closed) return;
      if (before === undefined) arrange(connection);
      const { sdp = '' } = await connection.createAnswer();
      await setLocalAnswer(connection, sdp, finish(sdp));
      this.#describe('media-answer', connection);
    });
  }

  /** Sharer. */
  acceptAnswer(sdp: string): void {
    this.#then(async ({ connection }) => {
      const before = connection.currentRemoteDescription?.sdp;
      assertSameMedia(before, sdp, { type: 'answer', audio: this.#options.audio });
      await connection.setRemoteDescription({ type: 'answer', sdp });
    });
  }

  addCandidate(candidate: TravellingCandidate | null): void {
    this.#then(async ({ connection }) => {
      // One of before a restart, or one that this browser does not understand: others will do.
      await connection.addIceCandidate(candidate ?? undefined).catch(() => undefined);
    });
  }

  /** None where it is closed. */
  async stats(): Promise<StatsEntry[]> {
    if (this.#closed) return [];
    try {
      return await readStats((await this.#opened).connection);
    } catch {
      return [];
    }
  }

  /** Idempotent; no callback afterwards. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#opened.then(
      ({ connection }) => connection.close(),
      () => {},
    );
  }

  async #open(): Promise<OwnConnection> {
    const own = await openConnection(this.#options.configuration);
    const { connection } = own;
    if (this.#closed) return own;
    const channel = connection.createDataChannel('bind', { negotiated: true, id: BIND_ID });
    this.#options.takeChannel(channel);
    watchCandidates(connection, this.#options.privacy, (candidate) => this.#tell(candidate));
    connection.onconnectionstatechange = () => this.#onState(connection);
    void this.#secure(own).catch(() => this.#lose());
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
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  async #offer(connection: RTCPeerConnection, options: RTCOfferOptions): Promise<void> {
    const offer = await connection.createOffer(options);
    // Candidates of a restart come before its offer is told: they would belong to nothing there.
    this.#waiting = [];
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
    if (this.#closed) return;
    this.#options.onDescription(type, localSdp(connection));
    const waiting = this.#waiting === 'told' ? [] : this.#waiting;
    this.#waiting = 'told';
    for (const candidate of waiting) this.#options.onCandidate(candidate);
  }

  #tell(candidate: TravellingCandidate | null): void {
    if (this.#closed) return;
    if (this.#waiting === 'told') this.#options.onCandidate(candidate);
    else this.#waiting.push(candidate);
  }

  #onState({ connectionState }: RTCPeerConnection): void {
    if (this.#closed || connectionState === 'new' || connectionState === 'connecting') return;
    this.#options.onState(connectionState);
  }

  /** DTLS did not come up, or the other end is gone: another connection may do better. */
  #lose(): void {
    if (this.#closed) return;
    this.close();
    this.#options.onState('closed');
  }

  #fail(cause: unknown): void {
    if (this.#closed) return;
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
