import { concat, copyBytes, utf8, wipe, type Bytes } from '../bytes.ts';
import { hmacSha256, sha256 } from '../hash.ts';
import { CipherState } from './cipher-state.ts';

const HASH_LENGTH = 32;
const EMPTY = new Uint8Array(0);

/** Noise's HKDF with two or three outputs (revision 34 §4.3); equals RFC 5869 with empty info. */
export function noiseHkdf(ck: Uint8Array, ikm: Uint8Array): [Bytes, Bytes, Bytes] {
  const temp = hmacSha256(ck, ikm);
  try {
    const first = hmacSha256(temp, new Uint8Array([1]));
    const second = hmacSha256(temp, concat(first, new Uint8Array([2])));
    const third = hmacSha256(temp, concat(second, new Uint8Array([3])));
    return [first, second, third];
  } finally {
    wipe(temp);
  }
}

/** Noise's SymmetricState (revision 34 §5.2). */
export class SymmetricState {
  #ck: Bytes;
  #h: Bytes;
  #cipher: CipherState | undefined;

  constructor(protocolName: string) {
    const name = utf8(protocolName);
    if (name.length <= HASH_LENGTH) {
      this.#h = new Uint8Array(HASH_LENGTH);
      this.#h.set(name);
    } else {
      this.#h = sha256(name);
    }
    this.#ck = copyBytes(this.#h);
  }

  get hasKey(): boolean {
    return this.#cipher !== undefined;
  }

  /** A copy of the handshake hash. */
  get h(): Bytes {
    return copyBytes(this.#h);
  }

  mixHash(data: Uint8Array): void {
    this.#h = sha256(concat(this.#h, data));
  }

  mixKey(ikm: Uint8Array): void {
    const [ck, key, unused] = noiseHkdf(this.#ck, ikm);
    wipe(unused);
    this.#replace(ck, key);
  }

  mixKeyAndHash(ikm: Uint8Array): void {
    const [ck, hashInput, key] = noiseHkdf(this.#ck, ikm);
    this.mixHash(hashInput);
    wipe(hashInput);
    this.#replace(ck, key);
  }

  encryptAndHash(plaintext: Uint8Array): Bytes {
    const ciphertext = this.#cipher
      ? this.#cipher.encryptWithAd(this.#h, plaintext)
      : copyBytes(plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  /** @throws CryptoError `bad-tag`, `bad-length`. */
  decryptAndHash(ciphertext: Uint8Array): Bytes {
    const plaintext = this.#cipher
      ? this.#cipher.decryptWithAd(this.#h, ciphertext)
      : copyBytes(ciphertext);
    this.mixHash(ciphertext);
    return plaintext;
  }

  /** `(k1, k2, EMS)`; the first two equal Split() (PROTOCOL.md section KS). */
  split(): { k1: Bytes; k2: Bytes; ems: Bytes } {
    const [k1, k2, ems] = noiseHkdf(this.#ck, EMPTY);
    return { k1, k2, ems };
  }

  destroy(): void {
    wipe(this.#ck);
    this.#cipher?.destroy();
  }

  #replace(ck: Bytes, key: Bytes): void {
    wipe(this.#ck);
    this.#ck = ck;
    this.#cipher?.destroy();
    this.#cipher = new CipherState(key);
    wipe(key);
  }
}
