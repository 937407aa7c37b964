import { aeadOpen, aeadSeal, counterNonce } from '../aead.ts';
import { assertLength, copyBytes, wipe, type Bytes } from '../bytes.ts';
import { CryptoError } from '../errors.ts';

/** 2^64−1 is reserved (Noise revision 34 §5.1). */
const NONCE_LIMIT = 0xffff_ffff_ffff_ffffn;

/**
 * Noise's CipherState with AESGCM: one key, a nonce that only counts up. A failed opening does not
 * move the nonce (§5.1), so an injected message cannot desynchronise the two sides.
 */
export class CipherState {
  readonly #key: Bytes;
  #nonce: bigint;

  /** @param key 32 bytes, copied. @param nonce where to start; anything but 0 is for tests. */
  constructor(key: Uint8Array, nonce = 0n) {
    assertLength(key, 32, 'cipher key');
    this.#key = copyBytes(key);
    this.#nonce = nonce;
  }

  /** @throws CryptoError `exhausted`. */
  encryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Bytes {
    const nonce = this.#next();
    const ciphertext = aeadSeal(this.#key, counterNonce(nonce), ad, plaintext);
    this.#nonce = nonce + 1n;
    return ciphertext;
  }

  /** @throws CryptoError `bad-length`, `bad-tag`, `exhausted`. */
  decryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Bytes {
    const nonce = this.#next();
    const plaintext = aeadOpen(this.#key, counterNonce(nonce), ad, ciphertext);
    this.#nonce = nonce + 1n;
    return plaintext;
  }

  destroy(): void {
    // An exhausted nonce, so that a destroyed state can never seal under the zeroed key.
    this.#nonce = NONCE_LIMIT;
    wipe(this.#key);
  }

  #next(): bigint {
    if (this.#nonce >= NONCE_LIMIT) throw new CryptoError('exhausted', 'nonces used up');
    return this.#nonce;
  }
}
