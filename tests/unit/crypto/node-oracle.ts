/** The same primitives by Node's own OpenSSL: what our derivations are compared with. */
import { createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { Buffer } from 'node:buffer';

export function nodeHkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number) {
  return Buffer.from(hkdfSync('sha256', ikm, salt, info, length)).toString('hex');
}

/** One block of HKDF-Expand (RFC 5869 §2.3): HMAC(prk, info ‖ 01). */
export function nodeExpand(prk: Uint8Array, info: Uint8Array): string {
  return createHmac('sha256', prk).update(info).update(Uint8Array.of(1)).digest('hex');
}

export function nodeSha256(...parts: Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

export function nodeHmac(key: Uint8Array, ...parts: Uint8Array[]): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}

/** Throws unless the tag is right. */
export function nodeGcmOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - 16));
  const opened = decipher.update(sealed.subarray(0, sealed.length - 16));
  return new Uint8Array(Buffer.concat([opened, decipher.final()]));
}

/** Bytes written as text pieces and hex pieces (`x:…`), so that a layout reads like its rule. */
export function layout(...parts: (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const pieces = parts.map((part) => {
    if (typeof part !== 'string') return Buffer.from(part);
    return part.startsWith('x:') ? Buffer.from(part.slice(2), 'hex') : Buffer.from(part, 'utf8');
  });
  return new Uint8Array(Buffer.concat(pieces));
}

/** `lv` for parts under 128 bytes, written apart from the implementation. */
export function shortLv(...parts: (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  return layout(
    ...parts.flatMap((part) => {
      const bytes = layout(part);
      if (bytes.length > 127) throw new Error('shortLv: too long');
      return [Uint8Array.of(bytes.length), bytes];
    }),
  );
}
