import { TallowError } from '../errors/index.ts';

/** DTLS certificates as the binding of [BD3] wants them: raw 32-byte SHA-256 fingerprints. */

export class FingerprintError extends TallowError<'no-fingerprint'> {}

/** Own fingerprint, from the certificate itself and not from an SDP. */
export function ownFingerprint(certificate: RTCCertificate): Uint8Array<ArrayBuffer> {
  const sha256 = certificate.getFingerprints().find((print) => print.algorithm === 'sha-256');
  const digits = sha256?.value?.replaceAll(':', '').toLowerCase() ?? '';
  if (!/^[0-9a-f]{64}$/.test(digits)) throw new FingerprintError('no-fingerprint');
  return Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** The peer's fingerprint: SHA-256 of the certificate that DTLS really saw. */
export async function peerFingerprint(
  transport: RTCDtlsTransport,
): Promise<Uint8Array<ArrayBuffer>> {
  const certificate = transport.getRemoteCertificates()[0];
  if (!certificate) throw new FingerprintError('no-fingerprint');
  return new Uint8Array(await crypto.subtle.digest('SHA-256', certificate));
}
