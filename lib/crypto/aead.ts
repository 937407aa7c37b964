/** AES-256-GCM, synchronous, for handshakes, envelopes and control frames (bulk: chunk-cipher.ts). */
import { gcm } from '@noble/ciphers/aes.js';
import { u64be, type Bytes } from './bytes.ts';
import { CryptoError } from './errors.ts';

export const NONCE_LENGTH = 12;
export const TAG_LENGTH = 16;

/** `0⁴ ‖ u64 counter`: Noise's AESGCM nonce (revision 34 §12.4), used for every counter here. */
export function counterNonce(counter: bigint | number): Bytes {
  const nonce = new Uint8Array(NONCE_LENGTH);
  nonce.set(u64be(counter), 4);
  return nonce;
}

export function aeadSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Bytes {
  return gcm(key, nonce, aad).encrypt(plaintext);
}

/** @throws CryptoError `bad-length` if too short to hold a tag, `bad-tag` if it does not open. */
export function aeadOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Bytes {
  if (ciphertext.length < TAG_LENGTH) throw new CryptoError('bad-length', 'ciphertext');
  try {
    return gcm(key, nonce, aad).decrypt(ciphertext);
  } catch (cause) {
    throw new CryptoError('bad-tag', undefined, { cause });
  }
}
