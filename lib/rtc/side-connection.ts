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

/** Of the one channel that a connection beside the session's own has, agreed on beforehand. */
const CHANNEL_ID = 0;

export interface SideConnectionOptions {
  /** Asked for at the start and at each restart: servers and credentials change meanwhile. */
  readonly configuration: () => IceConfiguration;
  /** [IC5] */
  readonly privacy: () => boolean;
  /** Must transfer the channel before it returns. */
  readonly takeChannel: (channel: RTCDataChannel) => void;
  /** Null: no more of them. Never before the description they belong to. */
  readonly onCandidate: (candidate: TravellingCandidate | null) => void;
  /** DTLS stands: the channel can be bound. */
  readonly onSecured: (transport: SecuredTransport) => void;
}

interface Owner {
  readonly label: string;
  readonly onState: (connection: RTCPeerConnection) => void;
  /** DTLS did not come up. */
  readonly onUnsecured: () => void;
  /** It could not be made, or what was to be done with it could not. */
  readonly onBroken: (cause: unknown) => void;
}

/**
 * What a lane's connection and a share's have in common: certificate, channel, what is done one
 * after the other, and candidates that wait for the description they belong to.
 */
export class SideConnection {
  readonly #options: SideConnectionOptions;
  readonly #owner: Owner;
  readonly #opened: Promise<OwnConnection>;
  /** Tasks are carried out in the order in which they are given. */
  #tail: Promise<void> = Promise.resolve();
  /** Of the description that is being made. */
  #candidates: (TravellingCandidate | null)[] | 'told' = [];
  #closed = false;

  constructor(options: SideConnectionOptions, owner: Owner) {
    this.#options = options;
    this.#owner = owner;
    this.#opened = this.#open();
    this.#opened.catch((error: unknown) => this.#broken(error));
  }

  get closed(): boolean {
    return this.#closed;
  }

  run(task: (connection: RTCPeerConnection) => Promise<void>): void {
    this.#tail = this.#tail.then(async () => {
      if (this.#closed) return;
      try {
        const { connection } = await this.#opened;
        if (!this.#closed) await task(connection);
      } catch (error) {
        this.#broken(error);
      }
    });
  }

  /** Another description is about to be made: candidates from now on are its own. */
  holdCandidates(): void {
    this.#candidates = [];
  }

  /** The description that was made, then its candidates. */
  describe(connection: RTCPeerConnection, tell: (sdp: string) => void): void {
    if (this.#closed) return;
    tell(localSdp(connection));
    const waiting = this.#candidates === 'told' ? [] : this.#candidates;
    this.#candidates = 'told';
    for (const candidate of waiting) this.#options.onCandidate(candidate);
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
    const { configuration, takeChannel, privacy } = this.#options;
    const own = await openConnection(configuration);
    const { connection } = own;
    if (this.#closed) return own;
    const { label, onState, onUnsecured } = this.#owner;
    takeChannel(connection.createDataChannel(label, { negotiated: true, id: CHANNEL_ID }));
    watchCandidates(connection, privacy, (candidate) => this.#found(candidate));
    connection.onconnectionstatechange = () => {
      if (!this.#closed) onState(connection);
    };
    void this.#secure(own).catch(() => {
      if (!this.#closed) onUnsecured();
    });
    return own;
  }

  async #secure(own: OwnConnection): Promise<void> {
    const transport = await securedTransport(own);
    if (!this.#closed) this.#options.onSecured(transport);
  }

  #found(candidate: TravellingCandidate | null): void {
    if (this.#closed) return;
    if (this.#candidates === 'told') this.#options.onCandidate(candidate);
    else this.#candidates.push(candidate);
  }

  #broken(cause: unknown): void {
    if (!this.#closed) this.#owner.onBroken(cause);
  }
}
