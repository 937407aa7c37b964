import { describe, expect, it } from 'vitest';
import {
  bindingProof,
  verifyBindingProof,
  type BindingInput,
} from '../../../lib/crypto/binding.ts';
import { toHex } from '../../../lib/crypto/bytes.ts';
import { layout, nodeHmac } from './node-oracle.ts';
import { codeOf, counting, flipped } from './support.ts';

const input: BindingInput = {
  bindKey: counting(32, 1),
  dir: 'i2r',
  pcId: counting(16, 40),
  fpI: counting(32, 80),
  fpR: counting(32, 120),
};

describe('binding proof', () => {
  it('[BD2] is the HMAC of the rule', () => {
    const expected = nodeHmac(input.bindKey, layout('i2r', input.pcId, input.fpI, input.fpR));
    expect(toHex(bindingProof(input))).toBe(expected);
    expect(verifyBindingProof(input, bindingProof(input))).toBe(true);
  });

  it.each<[string, Partial<BindingInput>]>([
    ['the other direction (a reflected proof)', { dir: 'r2i' }],
    ['another connection', { pcId: counting(16, 41) }],
    ["another initiator's certificate", { fpI: flipped(input.fpI, 31) }],
    ["another responder's certificate", { fpR: flipped(input.fpR, 0) }],
    ['both certificates swapped', { fpI: input.fpR, fpR: input.fpI }],
    ['another session', { bindKey: counting(32, 2) }],
  ])('[BD2] [BD4] does not hold for %s', (_, changes) => {
    expect(verifyBindingProof({ ...input, ...changes }, bindingProof(input))).toBe(false);
  });

  it('[BD2] [BP1] does not hold with any bit changed or of another length', () => {
    const proof = bindingProof(input);
    for (let position = 0; position < 32; position++) {
      expect(verifyBindingProof(input, flipped(proof, position, 1 << (position % 8)))).toBe(false);
    }
    for (const length of [0, 31]) {
      expect(verifyBindingProof(input, proof.subarray(0, length))).toBe(false);
    }
    expect(verifyBindingProof(input, new Uint8Array([...proof, 0]))).toBe(false);
  });

  it('[BD1] [BD2] refuses parts of another length, which could shift into each other', () => {
    for (const changes of [
      { pcId: counting(15) },
      { fpI: counting(33) },
      { fpR: counting(0) },
      { bindKey: counting(31) },
    ]) {
      expect(codeOf(() => bindingProof({ ...input, ...changes }))).toBe('bad-length');
    }
  });
});
