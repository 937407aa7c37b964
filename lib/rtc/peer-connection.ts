import { outgoingCandidate, withoutCandidates } from '../ice/candidates.ts';
import type { IceConfiguration } from '../ice/configuration.ts';
import { ownFingerprint, peerFingerprint } from './fingerprint.ts';

/** What every data connection of a session has in common: the first one and each further lane. */

/** A connection and the certificate that it was made with. */
export interface OwnConnection {
  readonly connection: RTCPeerConnection;
  readonly certificate: RTCCertificate;
}

/** A candidate's fields as they travel. */
export interface TravellingCandidate {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
}

/** The two ends of DTLS as they were seen, and what SCTP takes ([BD2], [BD3]). */
export interface SecuredTransport {
  /** Raw SHA-256 of each side's DTLS certificate. */
  readonly ownFingerprint: Uint8Array;
  readonly peerFingerprint: Uint8Array;
  /** Bytes; the lower of what both sides take. */
  readonly maxMessageSize: number;
}

/** Chromium's own limit for one message, and what it announces; another browser may say Infinity. */
const MAX_MESSAGE_BYTES = 262_144;

/**
 * A connection with a certificate of its own.
 *
 * @param configuration asked for when the certificate is there: servers change meanwhile
 */
export async function openConnection(
  configuration: () => IceConfiguration,
): Promise<OwnConnection> {
  const certificate = await RTCPeerConnection.generateCertificate({
    name: 'ECDSA',
    namedCurve: 'P-256',
  } as EcKeyGenParams);
  const connection = new RTCPeerConnection({ ...configuration(), certificates: [certificate] });
  return { connection, certificate };
}

/**
 * Hands on the candidates that may leave this device ([IC1], [IC5]), and null at their end.
 *
 * @param privacy asked for each: the setting may change while they come
 */
export function watchCandidates(
  connection: RTCPeerConnection,
  privacy: () => boolean,
  onCandidate: (candidate: TravellingCandidate | null) => void,
): void {
  connection.onicecandidate = ({ candidate }) => {
    if (!candidate) return onCandidate(null);
    if (candidate.candidate === '') return;
    const { sdpMid, sdpMLineIndex } = candidate;
    const line = outgoingCandidate(candidate.candidate, privacy());
    if (line !== null) onCandidate({ candidate: line, sdpMid, sdpMLineIndex });
  };
}

/** [IC1] Candidates travel by themselves, sealed: a description holds no address. */
export function localSdp(connection: RTCPeerConnection): string {
  const sdp = connection.localDescription?.sdp;
  if (!sdp) throw new DOMException('no local description', 'InvalidStateError');
  return withoutCandidates(sdp);
}

/** Resolves when DTLS stands; rejects when it will not, or its certificate cannot be read. */
export async function securedTransport({
  connection,
  certificate,
}: OwnConnection): Promise<SecuredTransport> {
  const sctp = await negotiated(connection);
  await connected(sctp.transport);
  return {
    ownFingerprint: ownFingerprint(certificate),
    peerFingerprint: await peerFingerprint(sctp.transport),
    maxMessageSize: Math.min(sctp.maxMessageSize, MAX_MESSAGE_BYTES),
  };
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
