/**
 * Proof that the DTLS connection under a data channel is the one the session's two parties made:
 * each side sends a MAC over both certificates' fingerprints. PROTOCOL.md section BD.
 */
import { assertLength, concat, equalBytes, type Bytes } from './bytes.ts';
import { directionBytes, type Direction } from './direction.ts';
import { hmacSha256 } from './hash.ts';

export const BINDING_PROOF_LENGTH = 32;
export const FINGERPRINT_LENGTH = 32;
/** A peer connection's id: random, from its offerer, never twice in a session. */
export const PC_ID_LENGTH = 16;

export interface BindingInput {
  /** `SessionKeys.bind`. */
  bindKey: Uint8Array;
  /** Direction of the proof itself, by Noise role. */
  dir: Direction;
  /** 16 bytes. */
  pcId: Uint8Array;
  /** SHA-256 of the Noise initiator's certificate, 32 raw bytes. */
  fpI: Uint8Array;
  /** SHA-256 of the Noise responder's certificate. */
  fpR: Uint8Array;
}

/** 32 bytes: the first frame on every channel. @throws CryptoError `bad-length`. */
export function bindingProof(input: BindingInput): Bytes {
  assertLength(input.bindKey, 32, 'binding key');
  assertLength(input.pcId, PC_ID_LENGTH, 'pcId');
  assertLength(input.fpI, FINGERPRINT_LENGTH, 'fpI');
  assertLength(input.fpR, FINGERPRINT_LENGTH, 'fpR');
  const data = concat(directionBytes(input.dir), input.pcId, input.fpI, input.fpR);
  return hmacSha256(input.bindKey, data);
}

/** Constant time. `dir` is the direction the proof came in. @throws CryptoError `bad-length`. */
export function verifyBindingProof(input: BindingInput, proof: Uint8Array): boolean {
  return equalBytes(bindingProof(input), proof);
}
