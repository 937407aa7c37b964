/** Secrets in the store: AES-256-GCM under a key that WebCrypto keeps. PROTOCOL.md section RC. */
import { NONCE_LENGTH, TAG_LENGTH } from './aead.ts';
import { concat, randomBytes, toOwnBuffer, utf8, type Bytes } from './bytes.ts';
import { CryptoError } from './errors.ts';

/** A fresh store key: non-extractable, so that only this profile's browser can use it. */
export async function generateStoreKey(): Promise<CryptoKey> {
  const algorithm = { name: 'AES-GCM', length: 256 };
  return crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt']);
}

/**
 * `nonce(12) ‖ ciphertext ‖ tag`.
 *
 * @param deviceId hex; whose secret it is. A blob moved to another device's record does not open.
 */
export async function sealAtRest(
  key: CryptoKey,
  deviceId: string,
  secret: Uint8Array,
): Promise<Bytes> {
  const iv = randomBytes(NONCE_LENGTH);
  const algorithm = { name: 'AES-GCM', iv, additionalData: associatedData(deviceId) };
  const sealed = await crypto.subtle.encrypt(algorithm, key, toOwnBuffer(secret));
  return concat(iv, new Uint8Array(sealed));
}

/** @throws CryptoError `bad-length`, `bad-tag` (another key, another device, or damaged). */
export async function openAtRest(
  key: CryptoKey,
  deviceId: string,
  blob: Uint8Array,
): Promise<Bytes> {
  if (blob.length < NONCE_LENGTH + TAG_LENGTH) throw new CryptoError('bad-length', 'blob');
  const own = toOwnBuffer(blob);
  const iv = own.subarray(0, NONCE_LENGTH);
  const algorithm = { name: 'AES-GCM', iv, additionalData: associatedData(deviceId) };
  try {
    const opened = await crypto.subtle.decrypt(algorithm, key, own.subarray(NONCE_LENGTH));
    return new Uint8Array(opened);
  } catch (cause) {
    throw new CryptoError('bad-tag', undefined, { cause });
  }
}

function associatedData(deviceId: string): Bytes {
  return concat(utf8('tallow-store-v2'), utf8(deviceId));
}
