import type { IceConfiguration } from '../ice/configuration.ts';
import { readPath, type ConnectionPath, type PathSample } from '../ice/path.ts';
import type { Rung } from '../ice/strategy.ts';
import type { Link, LinkCandidate, LinkOptions, SecuredSession } from '../session/ports.ts';
import { readStats } from './path-reader.ts';
import {
  localSdp,
  openConnection,
  securedTransport,
  watchCandidates,
  type OwnConnection,
  type SecuredTransport,
} from './peer-connection.ts';
import { assertSameConnection } from './same-connection.ts';

/**
 * One `RTCPeerConnection` as a `Link`: descriptions, candidates and fingerprints here, the data
 * channels in the worker from the very task that made them ([CT1]).
 */

/** Channel ids are agreed beforehand, so that no side waits for the other to open them ([CT1]). */
const CONTROL_ID = 0;
const FIRST_LANE_ID = 1;

/** What the worker needs before it binds a session's channels ([BD2]). */
export interface BoundSession extends SecuredTransport {
  readonly session: SecuredSession;
}

/** Where channels and keys go: the engine's worker. */
export interface ChannelOwner {
  /** Must transfer both channels before it returns. */
  takeChannels(sessionId: string, control: RTCDataChannel, lane: RTCDataChannel): void;
  /** Takes over the keys in `bound.session.keys`. */
  secure(bound: BoundSession): void;
  /** The connection is gone, or was never secured. */
  dropChannels(sessionId: string): void;
}

/** How to look for a way at the moment: servers and credentials change while a link lives. */
export interface LinkReach {
  readonly privacy: boolean;
  configuration(rung: Rung): IceConfiguration;
}

export class PeerLink implements Link {
  readonly pcId: Uint8Array;
  readonly #options: LinkOptions;
  readonly #owner: ChannelOwner;
  readonly #reach: LinkReach;
  readonly #firstRung: Rung;
  #sample: PathSample | undefined;
  #opened: Promise<OwnConnection> | null = null;
  #closed = false;

  constructor(options: LinkOptions, owner: ChannelOwner, reach: LinkReach, firstRung: Rung) {
    this.pcId = options.pcId;
    this.#options = options;
    this.#owner = owner;
    this.#reach = reach;
    this.#firstRung = firstRung;
  }

  async offer(): Promise<string> {
    const { connection } = await this.#open();
    await connection.setLocalDescription(await connection.createOffer());
    return localSdp(connection);
  }

  async answer(offerSdp: string): Promise<string> {
    const { connection } = await this.#open();
    assertSameConnection(connection.currentRemoteDescription?.sdp, offerSdp);
    // A restart: gathered with every way there is, and with credentials of today.
    if (connection.currentRemoteDescription !== null) this.#configure(connection, 'all');
    // Rolls back an offer of our own ([IC7]).
    await connection.setRemoteDescription({ type: 'offer', sdp: offerSdp });
    await connection.setLocalDescription(await connection.createAnswer());
    return localSdp(connection);
  }

  async acceptAnswer(sdp: string): Promise<void> {
    const { connection } = await this.#open();
    assertSameConnection(connection.currentRemoteDescription?.sdp, sdp);
    await connection.setRemoteDescription({ type: 'answer', sdp });
  }

  async restart(rung: Rung): Promise<string> {
    const { connection } = await this.#open();
    this.#configure(connection, rung);
    await connection.setLocalDescription(await connection.createOffer({ iceRestart: true }));
    return localSdp(connection);
  }

  async path(): Promise<ConnectionPath | undefined> {
    if (this.#closed || this.#opened === null) return undefined;
    const { connection } = await this.#opened;
    const read = readPath(await readStats(connection), this.#sample);
    this.#sample = read?.sample;
    return read?.path;
  }

  async addCandidate(candidate: LinkCandidate | null): Promise<void> {
    const { connection } = await this.#open();
    await connection.addIceCandidate(candidate ?? undefined);
  }

  secure(session: SecuredSession): void {
    void this.#secure(session).catch(() => {
      // DTLS did not come up, or its certificate cannot be read: the link is of no use.
      if (!this.#closed) this.#options.onState('failed');
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#owner.dropChannels(this.#options.sessionId);
    void this.#opened?.then(
      ({ connection }) => connection.close(),
      () => {},
    );
  }

  #open(): Promise<OwnConnection> {
    this.#opened ??= this.#create();
    return this.#opened;
  }

  async #create(): Promise<OwnConnection> {
    const own = await openConnection(() => this.#reach.configuration(this.#firstRung));
    const { connection } = own;
    if (this.#closed) {
      connection.close();
      throw new DOMException('closed', 'InvalidStateError');
    }
    const control = connection.createDataChannel('control', { negotiated: true, id: CONTROL_ID });
    const lane = connection.createDataChannel('lane-0', { negotiated: true, id: FIRST_LANE_ID });
    this.#owner.takeChannels(this.#options.sessionId, control, lane);

    watchCandidates(
      connection,
      () => this.#reach.privacy,
      (candidate) => {
        if (!this.#closed) this.#options.onCandidate(candidate);
      },
    );
    connection.onconnectionstatechange = () => {
      const state = connection.connectionState;
      if (!this.#closed && state !== 'new') this.#options.onState(state);
    };
    return own;
  }

  #configure(connection: RTCPeerConnection, rung: Rung): void {
    connection.setConfiguration({
      ...connection.getConfiguration(),
      ...this.#reach.configuration(rung),
    });
  }

  async #secure(session: SecuredSession): Promise<void> {
    const transport = await securedTransport(await this.#open());
    if (this.#closed) return;
    this.#owner.secure({ session, ...transport });
  }
}
