/**
 * Byte encodings, PROTOCOL.md section EN: integers big-endian, strings UTF-8, `lv` as CPace writes
 * it. Nothing here pulls in a curve or a KEM, so that the background's bundle can afford it.
 */
import { CryptoError } from './errors.ts';

/** What WebCrypto takes: never a view on a SharedArrayBuffer. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A copy of its own: what the caller does to `view` later does not reach it. */
export function copyBytes(view: Uint8Array): Bytes {
  return new Uint8Array(view);
}

/** `view` itself where WebCrypto accepts it, a copy where its buffer is shared. */
export function toOwnBuffer(view: Uint8Array): Bytes {
  return view.buffer instanceof ArrayBuffer ? (view as Bytes) : copyBytes(view);
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Constant time in the contents; the lengths are public. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Constant time; for the all-zero check of a DH output. */
export function allZero(bytes: Uint8Array): boolean {
  let bits = 0;
  for (const byte of bytes) bits |= byte;
  return bits === 0;
}

/** @throws CryptoError `bad-length` naming the argument, never its contents. */
export function assertLength(bytes: Uint8Array, length: number, name: string): void {
  if (bytes.length !== length) {
    throw new CryptoError('bad-length', `${name}: ${bytes.length} bytes, expected ${length}`);
  }
}

/** @throws CryptoError `out-of-range` unless `value` is an integer in 0 … 255. */
export function u8(value: number): Bytes {
  assertUnsigned(value, 0xff);
  return new Uint8Array([value]);
}

/** @throws CryptoError `out-of-range` unless `value` is an integer in 0 … 2^16−1. */
export function u16be(value: number): Bytes {
  assertUnsigned(value, 0xffff);
  return new Uint8Array([value >>> 8, value & 0xff]);
}

/** @throws CryptoError `out-of-range` unless `value` is an integer in 0 … 2^32−1. */
export function u32be(value: number): Bytes {
  assertUnsigned(value, 0xffff_ffff);
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

/** @throws CryptoError `out-of-range` unless a safe integer ≥ 0, or a bigint in 0 … 2^64−1. */
export function u64be(value: bigint | number): Bytes {
  if (typeof value === 'number') assertUnsigned(value, Number.MAX_SAFE_INTEGER);
  else if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw new CryptoError('out-of-range');
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
}

function assertUnsigned(value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new CryptoError('out-of-range', `not an unsigned integer up to ${max}`);
  }
}

/** CPace's `lv_cat`: each part behind its length in LEB128 (draft-irtf-cfrg-cpace, appendix A.1). */
export function lvCat(...parts: readonly Uint8Array[]): Bytes {
  return concat(...parts.flatMap((part) => [leb128(part.length), part]));
}

function leb128(length: number): Bytes {
  const out: number[] = [];
  let rest = length;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    out.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return new Uint8Array(out);
}

/**
 * Takes an `lv_cat` apart again.
 *
 * @throws CryptoError `bad-encoding` for a length that is not minimal or runs past the end, or for
 *   a number of parts other than `count`.
 */
export function lvSplit(bytes: Uint8Array, count: number): Bytes[] {
  const parts: Bytes[] = [];
  let offset = 0;
  while (offset < bytes.length && parts.length < count) {
    let length = 0;
    let shift = 0;
    for (;;) {
      const byte = bytes[offset++];
      // Four groups are 2^28 bytes, more than any message; a fifth could overflow the shift.
      if (byte === undefined || shift > 21) throw new CryptoError('bad-encoding', 'lv length');
      length |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) {
        if (byte === 0 && shift > 0) throw new CryptoError('bad-encoding', 'lv length not minimal');
        break;
      }
      shift += 7;
    }
    if (length > bytes.length - offset) throw new CryptoError('bad-encoding', 'lv part cut off');
    parts.push(copyBytes(bytes.subarray(offset, offset + length)));
    offset += length;
  }
  if (parts.length !== count || offset !== bytes.length) {
    throw new CryptoError('bad-encoding', `lv: expected ${count} parts`);
  }
  return parts;
}

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** @throws CryptoError `bad-encoding` for anything that is not well-formed UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new CryptoError('bad-encoding', 'UTF-8', { cause });
  }
}

export function toHex(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += byte.toString(16).padStart(2, '0');
  return out;
}

/** Lower or upper case. @throws CryptoError `bad-encoding`. */
export function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new CryptoError('bad-encoding', 'hex');
  }
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/** Standard alphabet, padded (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  // Spreading a whole frame into one call overflows the stack; 8 KiB at a time does not.
  let binary = '';
  for (let i = 0; i < bytes.length; i += 8192) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(binary);
}

/**
 * Only the one canonical form: standard alphabet, padded, no white space, spare bits zero. `atob`
 * alone takes more, and then two texts would stand for one message.
 *
 * @throws CryptoError `bad-encoding`.
 */
export function fromBase64(text: string): Bytes {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw new CryptoError('bad-encoding', 'base64');
  }
  let binary: string;
  try {
    binary = atob(text);
  } catch (cause) {
    throw new CryptoError('bad-encoding', 'base64', { cause });
  }
  const out = new Uint8Array(binary.length);
  for (let i = 0; i < out.length; i++) out[i] = binary.charCodeAt(i);
  const tail = out.length % 3 === 0 ? 0 : 4;
  if (tail !== 0 && toBase64(out.subarray(out.length - (out.length % 3))) !== text.slice(-tail)) {
    throw new CryptoError('bad-encoding', 'base64 spare bits');
  }
  return out;
}

/** From the platform's CSPRNG; at most 65,536 bytes, its limit for one call. */
export function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Overwrites secrets. Best effort: an engine may have copied them, but what we hold is gone. */
export function wipe(...secrets: readonly (Uint8Array | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}
