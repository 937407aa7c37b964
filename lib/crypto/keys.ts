/**
 * The key ports: the Noise engine sees only `DhKey` and `Kem`, so that keys in WebCrypto (which
 * never hand out their secret) and keys in noble both fit.
 */
import type { Bytes } from './bytes.ts';

export const DH_LENGTH = 32;
export const KEM_PUBLIC_KEY_LENGTH = 1184;
export const KEM_CIPHERTEXT_LENGTH = 1088;

/** An X25519 key pair (RFC 7748). */
export interface DhKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /**
   * The 32-byte shared secret, which the caller wipes.
   *
   * @throws CryptoError `bad-length` unless `remote` is 32 bytes, `zero-dh` if the output is all
   *   zero, `bad-state` after `destroy()`.
   */
  dh(remote: Uint8Array): Promise<Bytes>;
  /** Wipes the secret, where it is ours to wipe. */
  destroy?(): void;
}

export interface KemKeyPair {
  /** 1184 bytes. */
  readonly publicKey: Bytes;
  /**
   * The 32-byte secret. A wrong ciphertext never throws (FIPS 203 implicit rejection): only the
   * next tag tells.
   *
   * @throws CryptoError `bad-length` unless 1088 bytes, `bad-state` after `destroy()`.
   */
  decapsulate(ciphertext: Uint8Array): Promise<Bytes>;
  destroy(): void;
}

/** ML-KEM-768 (FIPS 203). */
export interface Kem {
  generate(): Promise<KemKeyPair>;
  /**
   * @throws CryptoError `bad-length` unless the key is 1184 bytes (checked first), `bad-key` if it
   *   fails the encapsulation-key check of FIPS 203 §7.2.
   */
  encapsulate(publicKey: Uint8Array): Promise<{ ciphertext: Bytes; sharedSecret: Bytes }>;
}
