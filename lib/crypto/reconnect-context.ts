/** What the handshake of paired devices is bound to: PROTOCOL.md section 3, RC. */
import { assertLength, concat, lvCat, utf8, type Bytes } from './bytes.ts';
import type { NoiseRole } from './direction.ts';
import { CryptoError } from './errors.ts';
import { hkdfSha256 } from './hash.ts';
import { suitesBytes, versionsBytes, type ProtocolOffer } from './negotiation.ts';

export const HELLO_NONCE_LENGTH = 16;

/**
 * The initiator has the smaller static public key, compared as big-endian bytes.
 *
 * @throws CryptoError `bad-length`, `bad-key` if both are the same: one's own key as the peer.
 */
export function reconnectRole(ownStatic: Uint8Array, peerStatic: Uint8Array): NoiseRole {
  assertLength(ownStatic, 32, 'own static');
  assertLength(peerStatic, 32, 'peer static');
  for (const [i, own] of ownStatic.entries()) {
    const peer = peerStatic[i] ?? 0;
    if (own !== peer) return own < peer ? 'initiator' : 'responder';
  }
  throw new CryptoError('bad-key', 'own static key as the peer');
}

/** The psk of k1 and k2, 32 bytes. @throws CryptoError `bad-length`. */
export function reconnectPsk(pskRoot: Uint8Array, nI: Uint8Array, nR: Uint8Array): Bytes {
  assertLength(pskRoot, 32, 'pskRoot');
  assertLength(nI, HELLO_NONCE_LENGTH, 'nI');
  assertLength(nR, HELLO_NONCE_LENGTH, 'nR');
  return hkdfSha256(pskRoot, concat(nI, nR), utf8('tallow-kk-psk-v2'), 32);
}

/** The prologue of k1 and k2: the room and both hellos. */
export function reconnectPrologue(input: {
  rv: Uint8Array;
  nI: Uint8Array;
  nR: Uint8Array;
  initiator: ProtocolOffer;
  responder: ProtocolOffer;
}): Bytes {
  return lvCat(
    utf8('tallow-reconnect-v2'),
    input.rv,
    input.nI,
    input.nR,
    versionsBytes(input.initiator),
    suitesBytes(input.initiator),
    versionsBytes(input.responder),
    suitesBytes(input.responder),
  );
}
