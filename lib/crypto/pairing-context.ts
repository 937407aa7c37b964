/** What CPace and Noise are bound to at first contact: PROTOCOL.md [CP4], [PR2], [PR4]. */
import { assertLength, lvCat, utf8, type Bytes } from './bytes.ts';
import { hkdfSha256, sha256 } from './hash.ts';

/** Length of nonceC and nonceJ. */
export const PAIRING_NONCE_LENGTH = 16;

/** CPace's channel identifier: both roles, so that nobody can be talked into speaking with itself. */
export const PAIRING_CI: Bytes = lvCat(utf8('tallow-pake-v2'), utf8('joiner'), utf8('creator'));

/** @param nameplate its decimal digits. @throws CryptoError `bad-length`. */
export function pairingSid(input: {
  nameplate: string;
  nonceC: Uint8Array;
  nonceJ: Uint8Array;
}): Bytes {
  assertLength(input.nonceC, PAIRING_NONCE_LENGTH, 'nonceC');
  assertLength(input.nonceJ, PAIRING_NONCE_LENGTH, 'nonceJ');
  return sha256(lvCat(utf8('tallow-sid-v2'), utf8(input.nameplate), input.nonceC, input.nonceJ));
}

/** CPace's PRS. @param secret the secret part of the code, already joined by `-` (PR2). */
export function pairingPrs(secret: string): Bytes {
  return utf8(secret.normalize('NFKC').toLowerCase());
}

/** The psk of n1 … n3, 32 bytes. @param isk of CPace. @throws CryptoError `bad-length`. */
export function pairingPsk(isk: Uint8Array, sid: Uint8Array): Bytes {
  assertLength(isk, 64, 'ISK');
  assertLength(sid, 32, 'sid');
  return hkdfSha256(isk, sid, utf8('tallow-pake-psk-v2'), 32);
}

/** The prologue of n1 … n3: everything both sides said before. */
export function pairingPrologue(input: {
  sid: Uint8Array;
  ya: Uint8Array;
  adA: Uint8Array;
  yb: Uint8Array;
  adB: Uint8Array;
}): Bytes {
  const { sid, ya, adA, yb, adB } = input;
  return lvCat(utf8('tallow-pair-v2'), sid, ya, adA, yb, adB);
}
