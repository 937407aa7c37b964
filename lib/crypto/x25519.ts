/** Two `DhKey`s for X25519: noble's, and WebCrypto's, whose secret never leaves the browser. */
import { x25519 } from '@noble/curves/ed25519.js';
import {
  allZero,
  assertLength,
  copyBytes,
  randomBytes,
  toOwnBuffer,
  wipe,
  type Bytes,
} from './bytes.ts';
import { CryptoError } from './errors.ts';
import { DH_LENGTH, type DhKey } from './keys.ts';

/** @param secret 32 bytes, copied; random if missing. @throws CryptoError `bad-length`. */
export function nobleDhKey(secret?: Uint8Array): DhKey & { destroy(): void } {
  if (secret !== undefined) assertLength(secret, DH_LENGTH, 'X25519 secret');
  const own = secret === undefined ? randomBytes(DH_LENGTH) : copyBytes(secret);
  let state: 'alive' | 'destroyed' = 'alive';
  return {
    publicKey: x25519.getPublicKey(own),
    async dh(remote) {
      if (state === 'destroyed') throw new CryptoError('bad-state', 'key destroyed');
      assertLength(remote, DH_LENGTH, 'X25519 public key');
      let shared: Bytes;
      try {
        shared = x25519.getSharedSecret(own, remote);
      } catch (cause) {
        // With both lengths right, noble has one reason left to refuse: the all-zero output.
        throw new CryptoError('zero-dh', undefined, { cause });
      }
      if (allZero(shared)) throw new CryptoError('zero-dh');
      return shared;
    },
    destroy() {
      state = 'destroyed';
      wipe(own);
    },
  };
}

/**
 * A pair made by WebCrypto; the private key may be non-extractable and needs usage `deriveBits`.
 *
 * @throws CryptoError `bad-key` for keys of another kind.
 */
export async function webCryptoDhKey(pair: {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}): Promise<DhKey> {
  let publicKey: Bytes;
  try {
    publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  } catch (cause) {
    throw new CryptoError('bad-key', 'not an exportable public key', { cause });
  }
  if (publicKey.length !== DH_LENGTH) throw new CryptoError('bad-key', 'not X25519');
  return {
    publicKey,
    async dh(remote) {
      assertLength(remote, DH_LENGTH, 'X25519 public key');
      const peer = await crypto.subtle.importKey('raw', toOwnBuffer(remote), 'X25519', true, []);
      let shared: Bytes;
      try {
        const algorithm = { name: 'X25519', public: peer };
        const bits = await crypto.subtle.deriveBits(algorithm, pair.privateKey, 8 * DH_LENGTH);
        shared = new Uint8Array(bits);
      } catch (cause) {
        // The specification makes deriveBits itself fail on the all-zero output, by this name; a key
        // of another kind or without the usage fails by others.
        const zero = cause instanceof Error && cause.name === 'OperationError';
        throw new CryptoError(zero ? 'zero-dh' : 'bad-key', undefined, { cause });
      }
      if (allZero(shared)) throw new CryptoError('zero-dh');
      return shared;
    },
  };
}

/** A fresh non-extractable pair. Chrome ≥ 133, Firefox ≥ 130, Node ≥ 20. */
export async function generateWebCryptoDhKey(): Promise<DhKey> {
  const pair = await crypto.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits']);
  return webCryptoDhKey(pair);
}
