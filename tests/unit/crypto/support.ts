import { expect } from 'vitest';
import { copyBytes, fromHex, toHex, utf8, type Bytes } from '../../../lib/crypto/bytes.ts';
import type { NoiseRole } from '../../../lib/crypto/direction.ts';
import { CryptoError, type CryptoErrorCode } from '../../../lib/crypto/errors.ts';
import type { DhKey, Kem } from '../../../lib/crypto/keys.ts';
import { nobleMlKem768 } from '../../../lib/crypto/ml-kem.ts';
import { NoiseHandshake } from '../../../lib/crypto/noise/handshake.ts';
import { patternUses, type HandshakePattern } from '../../../lib/crypto/noise/patterns.ts';
import { nobleDhKey } from '../../../lib/crypto/x25519.ts';

/** The typed error a call ends with; anything else, also success, fails the test. */
export function codeOf(run: () => unknown): CryptoErrorCode {
  try {
    run();
  } catch (error) {
    if (error instanceof CryptoError) return error.code;
    throw error;
  }
  return expect.fail('nothing was thrown');
}

export async function asyncCodeOf(promise: Promise<unknown>): Promise<CryptoErrorCode> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof CryptoError) return error.code;
    throw error;
  }
  return expect.fail('nothing was thrown');
}

/** `length` bytes that count up from `first`. */
export function counting(length: number, first = 0): Bytes {
  return new Uint8Array(length).map((_, i) => (first + i) & 0xff);
}

export function flipped(bytes: Uint8Array, position: number, mask = 1): Bytes {
  const out = new Uint8Array(bytes);
  out[position] = (out[position] ?? 0) ^ mask;
  return out;
}

export const PSK = counting(32, 100);
const STATIC = { initiator: counting(32, 1), responder: counting(32, 51) };
const EPHEMERAL = { initiator: counting(32, 151), responder: counting(32, 201) };

/**
 * noble's keys with their answers remembered: the tests that change every byte of a message set up
 * the same receiver thousands of times.
 */
const dhKeys = new Map<string, DhKey>();
const dhAnswers = new Map<string, Bytes>();

function rememberedDhKey(secret: Uint8Array): DhKey {
  const id = toHex(secret);
  const key = dhKeys.get(id) ?? nobleDhKey(secret);
  dhKeys.set(id, key);
  return {
    publicKey: key.publicKey,
    async dh(remote) {
      const question = `${id} ${toHex(remote)}`;
      const answer = dhAnswers.get(question) ?? (await key.dh(remote));
      dhAnswers.set(question, answer);
      // A copy, since who asks wipes it.
      return copyBytes(answer);
    },
  };
}

const fixedKem = nobleMlKem768({ keygenSeed: counting(64, 7), encapsMessage: counting(32, 9) });
const fixedPair = fixedKem.generate();
const rememberedKem: Kem = {
  encapsulate: (publicKey) => fixedKem.encapsulate(publicKey),
  async generate() {
    const { publicKey, decapsulate } = await fixedPair;
    return { publicKey, decapsulate, destroy: () => undefined };
  },
};

/** Both sides with fixed keys, so that one side can be set up again and again. */
export function fixedHandshake(
  pattern: HandshakePattern,
  role: NoiseRole,
  changes: { psk?: Uint8Array; prologue?: Uint8Array } = {},
): NoiseHandshake {
  const other = role === 'initiator' ? 'responder' : 'initiator';
  return new NoiseHandshake({
    pattern,
    role,
    prologue: changes.prologue ?? utf8('prologue'),
    s: rememberedDhKey(STATIC[role]),
    e: rememberedDhKey(EPHEMERAL[role]),
    kem: rememberedKem,
    ...(pattern.preStatics === 'both' ? { rs: rememberedDhKey(STATIC[other]).publicKey } : {}),
    ...(patternUses(pattern, 'psk') ? { psk: changes.psk ?? PSK } : {}),
  });
}

/** Runs the first `count` messages between the two and returns them. */
export async function exchange(
  initiator: NoiseHandshake,
  responder: NoiseHandshake,
  count: number,
): Promise<Bytes[]> {
  const messages: Bytes[] = [];
  for (let i = 0; i < count; i++) {
    const [writer, reader] = i % 2 === 0 ? [initiator, responder] : [responder, initiator];
    const message = await writer.writeMessage(utf8(`payload ${i}`));
    await reader.readMessage(message);
    messages.push(message);
  }
  return messages;
}

export function hex(text: string): Bytes {
  return fromHex(text);
}
