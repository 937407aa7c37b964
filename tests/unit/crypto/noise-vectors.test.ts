import { describe, expect, it } from 'vitest';
import { toHex } from '../../../lib/crypto/bytes.ts';
import type { NoiseRole } from '../../../lib/crypto/direction.ts';
import { CipherState } from '../../../lib/crypto/noise/cipher-state.ts';
import { NoiseHandshake } from '../../../lib/crypto/noise/handshake.ts';
import {
  KK,
  KK_HFS_PSK0,
  KK_PSK0,
  protocolName,
  XX,
  XX_HFS_PSK0,
} from '../../../lib/crypto/noise/patterns.ts';
import { nobleDhKey } from '../../../lib/crypto/x25519.ts';
import { hex } from './support.ts';
import { NOISE_VECTORS, type NoiseVector } from './vectors/noise.ts';

const PATTERNS = [XX, KK, KK_PSK0];
const NO_AD = new Uint8Array(0);

function patternOf(vector: NoiseVector) {
  const pattern = PATTERNS.find((candidate) => protocolName(candidate) === vector.protocolName);
  if (pattern === undefined) throw new Error(`no pattern for ${vector.protocolName}`);
  return pattern;
}

function side(vector: NoiseVector, role: NoiseRole): NoiseHandshake {
  const pattern = patternOf(vector);
  const keys = {
    initiator: { s: vector.initiatorStatic, e: vector.initiatorEphemeral },
    responder: { s: vector.responderStatic, e: vector.responderEphemeral },
  };
  const other = role === 'initiator' ? keys.responder : keys.initiator;
  return new NoiseHandshake({
    pattern,
    role,
    prologue: hex(vector.prologue),
    s: nobleDhKey(hex(keys[role].s)),
    e: nobleDhKey(hex(keys[role].e)),
    ...(pattern.preStatics === 'both' ? { rs: nobleDhKey(hex(other.s)).publicKey } : {}),
    ...(vector.psk === undefined ? {} : { psk: hex(vector.psk) }),
  });
}

describe.each(NOISE_VECTORS)('[RC1] [PR4] the engine reproduces $protocolName', (vector) => {
  it('every handshake and transport message, both ways', async () => {
    const initiator = side(vector, 'initiator');
    const responder = side(vector, 'responder');
    const handshakeLength = patternOf(vector).messages.length;

    for (const [i, message] of vector.messages.slice(0, handshakeLength).entries()) {
      const [writer, reader] = i % 2 === 0 ? [initiator, responder] : [responder, initiator];
      const written = await writer.writeMessage(hex(message.payload));
      expect(toHex(written)).toBe(message.ciphertext);
      expect(toHex(await reader.readMessage(written))).toBe(message.payload);
    }

    const [atInitiator, atResponder] = [initiator.finish(), responder.finish()];
    expect(toHex(atInitiator.h)).toBe(vector.handshakeHash);
    expect(toHex(atResponder.h)).toBe(vector.handshakeHash);
    expect(atInitiator).toEqual(atResponder);

    // [KS1]: k1 and k2 equal Split(), or the published transport messages would differ.
    const sending = [new CipherState(atInitiator.k1), new CipherState(atInitiator.k2)];
    const receiving = [new CipherState(atResponder.k1), new CipherState(atResponder.k2)];
    expect(vector.messages.length).toBeGreaterThan(handshakeLength);
    for (const [i, message] of vector.messages.entries()) {
      if (i < handshakeLength) continue;
      const sealed = sending[i % 2]?.encryptWithAd(NO_AD, hex(message.payload));
      expect(sealed && toHex(sealed)).toBe(message.ciphertext);
      const opened = receiving[i % 2]?.decryptWithAd(NO_AD, hex(message.ciphertext));
      expect(opened && toHex(opened)).toBe(message.payload);
    }
  });
});

describe('protocol names', () => {
  it('[PR4] [RC1] names of our own two handshakes', () => {
    expect(protocolName(XX_HFS_PSK0)).toBe('Noise_XXhfs+psk0_25519+MLKEM768_AESGCM_SHA256');
    expect(protocolName(KK_HFS_PSK0)).toBe('Noise_KKhfs+psk0_25519+MLKEM768_AESGCM_SHA256');
  });
});
