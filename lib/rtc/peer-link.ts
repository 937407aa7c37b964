import { outgoingCandidate, withoutCandidates } from '../ice/candidates.ts';
import type { IceConfiguration } from '../ice/configuration.ts';
import { readPath, type ConnectionPath, type PathSample } from '../ice/path.ts';
import type { Rung } from '../ice/strategy.ts';
import type { Link, LinkCandidate, LinkOptions, SecuredSession } from '../session/ports.ts';
import { ownFingerprint, peerFingerprint } from './fingerprint.ts';
import { readStats } from './path-reader.ts';
import { assertSameConnection } from './same-connection.ts';

/**
 * One `RTCPeerConnection` as a `Link`: descriptions, candidates and fingerprints here, the data
 * channels in the worker from the very task that made them ([CT1]).
 */

/** Channel ids are agreed beforehand, so that no side waits for the other to open them ([CT1]). */
const CONTROL_ID = 0;
const FIRST_LANE_ID = 1;

/** What the worker needs before it binds a session's channels ([BD2]). */
export interface BoundSession {
  readonly session: SecuredSession;
  /** Raw SHA-256 of each side's DTLS certificate. */
  readonly ownFingerprint: Uint8Array;
  readonly peerFingerprint: Uint8Array;
  /** Bytes; the lower of what both sides take. */
  readonly maxMessageSize: number;
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
  #opened: Promise<{ connection: RTCPeerConnection; certificate: RTCCertificate }> | null = null;
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

  #open(): Promise<{ connection: RTCPeerConnection; certificate: RTCCertificate }> {
    this.#opened ??= this.#create();
    return this.#opened;
  }

  async #create(): Promise<{ connection: RTCPeerConnection; certificate: RTCCertificate }> {
    const certificate = await RTCPeerConnection.generateCertificate({
      name: 'ECDSA',
      namedCurve: 'P-256',
    } as EcKeyGenParams);
    if (this.#closed) throw new DOMException('closed', 'InvalidStateError');
    const connection = new RTCPeerConnection({
      ...this.#reach.configuration(this.#firstRung),
      certificates: [certificate],
    });
    const control = connection.createDataChannel('control', { negotiated: true, id: CONTROL_ID });
    const lane = connection.createDataChannel('lane-0', { negotiated: true, id: FIRST_LANE_ID });
    this.#owner.takeChannels(this.#options.sessionId, control, lane);

    connection.onicecandidate = ({ candidate }) => {
      if (this.#closed) return;
      if (!candidate) return this.#options.onCandidate(null);
      if (candidate.candidate === '') return;
      const { sdpMid, sdpMLineIndex } = candidate;
      const line = outgoingCandidate(candidate.candidate, this.#reach.privacy);
      if (line !== null) this.#options.onCandidate({ candidate: line, sdpMid, sdpMLineIndex });
    };
    connection.onconnectionstatechange = () => {
      const state = connection.connectionState;
      if (!this.#closed && state !== 'new') this.#options.onState(state);
    };
    return { connection, certificate };
  }

  #configure(connection: RTCPeerConnection, rung: Rung): void {
    connection.setConfiguration({
      ...connection.getConfiguration(),
      ...this.#reach.configuration(rung),
    });
  }

  async #secure(session: SecuredSession): Promise<void> {
    const { connection, certificate } = await this.#open();
    const sctp = await negotiated(connection);
    await connected(sctp.transport);
    const peer = await peerFingerprint(sctp.transport);
    if (this.#closed) return;
    this.#owner.secure({
      session,
      ownFingerprint: ownFingerprint(certificate),
      peerFingerprint: peer,
      maxMessageSize: Math.min(sctp.maxMessageSize, MAX_MESSAGE_BYTES),
    });
  }
}

/** Chromium's own limit for one message, and what it announces; another browser may say Infinity. */
const MAX_MESSAGE_BYTES = 262_144;

/** [IC1] Candidates travel by themselves, sealed: a description holds no address. */
function localSdp(connection: RTCPeerConnection): string {
  const sdp = connection.localDescription?.sdp;
  if (!sdp) throw new DOMException('no local description', 'InvalidStateError');
  return withoutCandidates(sdp);
}

/** The offerer has no SCTP transport before the answer is applied. */
function negotiated(connection: RTCPeerConnection): Promise<RTCSctpTransport> {
  return new Promise((resolve, reject) => {
    const check = () => {
      if (connection.sctp && connection.signalingState === 'stable') resolve(connection.sctp);
      else if (connection.signalingState === 'closed')
        reject(new DOMException('closed', 'InvalidStateError'));
    };
    connection.addEventListener('signalingstatechange', check);
    check();
  });
}

function connected(transport: RTCDtlsTransport): Promise<void> {
  return new Promise((resolve, reject) => {
    const check = () => {
      if (transport.state === 'connected') resolve();
      if (transport.state === 'failed' || transport.state === 'closed')
        reject(new DOMException('DTLS did not come up', 'NetworkError'));
    };
    transport.addEventListener('statechange', check);
    check();
  });
}
