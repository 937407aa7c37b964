/**
 * Handshake messages before encryption ([PR3]): base64 of `u8 type ‖ body`. Decoding checks shape
 * and lengths only; what a body means, its handshake finds out.
 */
import { concat, fromBase64, toBase64, u8, type Bytes } from '../crypto/bytes.ts';
import { CPACE_SHARE_LENGTH } from '../crypto/cpace.ts';
import { CryptoError } from '../crypto/errors.ts';
import {
  decodeAdA,
  decodeAdB,
  decodeOffer,
  encodeOffer,
  type ProtocolChoice,
  type ProtocolOffer,
} from '../crypto/negotiation.ts';
import { PAIRING_NONCE_LENGTH } from '../crypto/pairing-context.ts';
import { HELLO_NONCE_LENGTH } from '../crypto/reconnect-context.ts';
import type { RelayEvent } from '../signaling/events.ts';
import { MAX_DATA_CHARS } from '../signaling/constants.ts';
import { MessageError } from './errors.ts';

/** n1 … n3, k1, k2: a Noise message. */
export type NoiseMessageType = 'n1' | 'n2' | 'n3' | 'k1' | 'k2';

export type HandshakeMessage =
  | { readonly type: 'hello'; readonly nonce: Bytes; readonly offer: ProtocolOffer }
  | {
      readonly type: 'pake1';
      readonly nonceJ: Bytes;
      readonly share: Bytes;
      /** As received: these bytes are in the transcript. */
      readonly adA: Bytes;
      readonly offer: ProtocolOffer;
    }
  | {
      readonly type: 'pake2';
      readonly share: Bytes;
      readonly adB: Bytes;
      readonly choice: ProtocolChoice;
      readonly commit: Bytes;
    }
  | { readonly type: NoiseMessageType; readonly body: Bytes }
  | { readonly type: 'refused' }
  /** [RC11] */
  | { readonly type: 'knock' };

const TYPE_BYTES = {
  hello: 1,
  pake1: 2,
  pake2: 3,
  n1: 4,
  n2: 5,
  n3: 6,
  k1: 7,
  k2: 8,
  refused: 9,
  knock: 10,
} as const;

/**
 * The event that carries each message. A hint for people who read the server's traffic and no more:
 * the receiver goes by the content ([SV14]).
 */
export const EVENT_OF = {
  hello: 'pqc-public-key',
  pake1: 'pqc-public-key',
  pake2: 'pqc-public-key',
  n1: 'pqc-public-key',
  n2: 'pqc-ciphertext',
  n3: 'pqc-ciphertext',
  k1: 'pqc-public-key',
  k2: 'pqc-ciphertext',
  refused: 'pqc-ciphertext',
  knock: 'pqc-public-key',
} as const satisfies Record<HandshakeMessage['type'], RelayEvent>;

/** A Noise message holds at least an ephemeral key and a tag; its handshake knows the exact bound. */
const NOISE_MIN = 48;

export type OutgoingMessage =
  | { readonly type: 'hello'; readonly nonce: Uint8Array; readonly offer: ProtocolOffer }
  | {
      readonly type: 'pake1';
      readonly nonceJ: Uint8Array;
      readonly share: Uint8Array;
      readonly adA: Uint8Array;
    }
  | { readonly type: 'pake2'; readonly share: Uint8Array; readonly adB: Uint8Array }
  | { readonly type: NoiseMessageType; readonly body: Uint8Array }
  | { readonly type: 'refused' }
  | { readonly type: 'knock' };

export function encodeHandshake(message: OutgoingMessage): string {
  return toBase64(concat(u8(TYPE_BYTES[message.type]), bodyOf(message)));
}

function bodyOf(message: OutgoingMessage): Uint8Array {
  switch (message.type) {
    case 'hello':
      return concat(message.nonce, encodeOffer(message.offer));
    case 'pake1':
      return concat(message.nonceJ, message.share, message.adA);
    case 'pake2':
      return concat(message.share, message.adB);
    case 'refused':
    case 'knock':
      return new Uint8Array(0);
    default:
      return message.body;
  }
}

/** @throws MessageError, and nothing else, for anything that is no handshake message. */
export function decodeHandshake(data: unknown): HandshakeMessage {
  if (typeof data !== 'string') throw new MessageError('bad-shape');
  if (data.length > MAX_DATA_CHARS) throw new MessageError('too-large');
  try {
    return decodeBytes(fromBase64(data));
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    const code = cause.code === 'bad-length' ? 'bad-length' : 'bad-shape';
    throw new MessageError(code, undefined, { cause });
  }
}

/** For who drops what is no message. */
export function tryDecodeHandshake(data: unknown): HandshakeMessage | undefined {
  try {
    return decodeHandshake(data);
  } catch (error) {
    if (error instanceof MessageError) return undefined;
    throw error;
  }
}

function decodeBytes(bytes: Bytes): HandshakeMessage {
  const body = bytes.slice(1);
  switch (bytes[0]) {
    case TYPE_BYTES.hello:
      return {
        type: 'hello',
        nonce: part(body, 0, HELLO_NONCE_LENGTH),
        offer: decodeOffer(body.subarray(HELLO_NONCE_LENGTH)),
      };
    case TYPE_BYTES.pake1: {
      const shareAt = PAIRING_NONCE_LENGTH;
      const adA = body.slice(shareAt + CPACE_SHARE_LENGTH);
      return {
        type: 'pake1',
        nonceJ: part(body, 0, PAIRING_NONCE_LENGTH),
        share: part(body, shareAt, CPACE_SHARE_LENGTH),
        adA,
        offer: decodeAdA(adA),
      };
    }
    case TYPE_BYTES.pake2: {
      const adB = body.slice(CPACE_SHARE_LENGTH);
      return { type: 'pake2', share: part(body, 0, CPACE_SHARE_LENGTH), adB, ...decodeAdB(adB) };
    }
    case TYPE_BYTES.n1:
      return noise('n1', body);
    case TYPE_BYTES.n2:
      return noise('n2', body);
    case TYPE_BYTES.n3:
      return noise('n3', body);
    case TYPE_BYTES.k1:
      return noise('k1', body);
    case TYPE_BYTES.k2:
      return noise('k2', body);
    case TYPE_BYTES.refused:
      if (body.length !== 0) throw new MessageError('bad-length');
      return { type: 'refused' };
    case TYPE_BYTES.knock:
      if (body.length !== 0) throw new MessageError('bad-length');
      return { type: 'knock' };
    default:
      throw new MessageError('unknown-type');
  }
}

function part(body: Bytes, from: number, length: number): Bytes {
  const taken = body.slice(from, from + length);
  if (taken.length !== length) throw new MessageError('bad-length');
  return taken;
}

function noise(type: NoiseMessageType, body: Bytes): HandshakeMessage {
  if (body.length < NOISE_MIN) throw new MessageError('bad-length');
  return { type, body };
}
