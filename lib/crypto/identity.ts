/** Who a device is: a name made of its static public key. PROTOCOL.md section RC. */
import { assertLength, concat, toHex, utf8 } from './bytes.ts';
import { sha256 } from './hash.ts';

/** 64 hex digits. @throws CryptoError `bad-length` unless 32 bytes. */
export function deviceId(staticPublicKey: Uint8Array): string {
  assertLength(staticPublicKey, 32, 'static public key');
  return toHex(sha256(concat(utf8('tallow-node-v2'), staticPublicKey)));
}

/** `tallow-` and the first 16 digits: for people and logs, never for deciding who is who. */
export function shortDeviceId(id: string): string {
  return `tallow-${id.slice(0, 16)}`;
}
