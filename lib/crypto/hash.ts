/**
 * SHA-2, HMAC and HKDF (RFC 5869) for handshakes and key schedules: small inputs, synchronous.
 * Bytes of files are hashed with WebCrypto, which is ten to twenty times faster.
 */
import { expand, hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js';
import type { Bytes } from './bytes.ts';

export function sha256(data: Uint8Array): Bytes {
  return nobleSha256(data);
}

export function sha512(data: Uint8Array): Bytes {
  return nobleSha512(data);
}

export function hmacSha256(key: Uint8Array, data: Uint8Array): Bytes {
  return hmac(nobleSha256, key, data);
}

/** Extract and expand; a missing salt is empty (PROTOCOL.md section EN, RFC 5869 §2.2). */
export function hkdfSha256(
  ikm: Uint8Array,
  salt: Uint8Array | undefined,
  info: Uint8Array,
  length: number,
): Bytes {
  return hkdf(nobleSha256, ikm, salt, info, length);
}

/** Expand only: `prk` is already a uniform 32-byte key. */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Bytes {
  return expand(nobleSha256, prk, info, length);
}
