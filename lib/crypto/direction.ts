import { utf8, type Bytes } from './bytes.ts';

/** Who a handshake's two parties are (Noise revision 34 §7). */
export type NoiseRole = 'initiator' | 'responder';

/** The way something flows, by Noise role (PROTOCOL.md section EN). */
export type Direction = 'i2r' | 'r2i';

/** `dir` as it enters keys, associated data and proofs: the ASCII text itself. */
export function directionBytes(dir: Direction): Bytes {
  return utf8(dir);
}

/** The direction a party of this role sends in; its inbound one is `opposite(…)`. */
export function sendDirection(role: NoiseRole): Direction {
  return role === 'initiator' ? 'i2r' : 'r2i';
}

export function opposite(dir: Direction): Direction {
  return dir === 'i2r' ? 'r2i' : 'i2r';
}
