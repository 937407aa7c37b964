import { TallowError } from '../errors/index.ts';

/**
 * Why a cryptographic operation was refused. Local detail for logs and tests only: towards the peer
 * every handshake failure is one code without a reason (a reason is an oracle).
 */
export type CryptoErrorCode =
  | 'bad-length' // an input whose size is fixed or bounded has another one
  | 'bad-encoding' // base64, hex or structure that is not in its one canonical form
  | 'bad-version' // a version this build does not speak
  | 'no-common-version' // negotiation: no version or no suite in common
  | 'bad-point' // CPace: not a ristretto255 element, or the identity
  | 'bad-key' // ML-KEM encapsulation key that fails FIPS 203 §7.2, or an unusable key object
  | 'zero-dh' // X25519 gave the all-zero output (a low-order point)
  | 'bad-tag' // AEAD authentication failed
  | 'bad-order' // a message or frame out of turn
  | 'replay' // authentic, but a sequence number that was already taken
  | 'gap' // authentic, but numbers before it are missing
  | 'stale' // authentic, but older than the protocol allows
  | 'exhausted' // a counter is used up
  | 'out-of-range' // an index or number outside its type or file
  | 'bad-state'; // used after a failure, after finish() or after destroy()

export class CryptoError extends TallowError<CryptoErrorCode> {}
