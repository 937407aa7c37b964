/** ML-KEM-768 by noble (FIPS 203): the baseline everywhere, beside WebCrypto's where it exists. */
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { assertLength, copyBytes, wipe } from './bytes.ts';
import { CryptoError } from './errors.ts';
import { KEM_CIPHERTEXT_LENGTH, KEM_PUBLIC_KEY_LENGTH, type Kem } from './keys.ts';

/** Fixed randomness, for vectors and transcripts only. */
export interface MlKemRandomness {
  /** `d ‖ z`, 64 bytes. */
  keygenSeed?: Uint8Array;
  /** `m`, 32 bytes. */
  encapsMessage?: Uint8Array;
}

export function nobleMlKem768(randomness: MlKemRandomness = {}): Kem {
  return {
    async generate() {
      const { publicKey, secretKey } = ml_kem768.keygen(randomness.keygenSeed);
      let state: 'alive' | 'destroyed' = 'alive';
      return {
        publicKey,
        async decapsulate(ciphertext) {
          if (state === 'destroyed') throw new CryptoError('bad-state', 'key destroyed');
          assertLength(ciphertext, KEM_CIPHERTEXT_LENGTH, 'ML-KEM ciphertext');
          return copyBytes(ml_kem768.decapsulate(ciphertext, secretKey));
        },
        destroy() {
          state = 'destroyed';
          wipe(secretKey);
        },
      };
    },
    async encapsulate(publicKey) {
      assertLength(publicKey, KEM_PUBLIC_KEY_LENGTH, 'ML-KEM encapsulation key');
      try {
        const made = ml_kem768.encapsulate(publicKey, randomness.encapsMessage);
        return { ciphertext: made.cipherText, sharedSecret: made.sharedSecret };
      } catch (cause) {
        // The length is right, so what noble refuses is a coefficient not reduced modulo q (§7.2).
        throw new CryptoError('bad-key', 'ML-KEM encapsulation key', { cause });
      }
    },
  };
}
