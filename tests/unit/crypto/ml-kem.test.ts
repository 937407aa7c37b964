import { shake128 } from '@noble/hashes/sha3.js';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../lib/crypto/bytes.ts';
import { KEM_CIPHERTEXT_LENGTH } from '../../../lib/crypto/keys.ts';
import { nobleMlKem768 } from '../../../lib/crypto/ml-kem.ts';
import { asyncCodeOf, counting, flipped } from './support.ts';

/**
 * The accumulated known answer of Go's crypto/mlkem (mlkem_test.go, TestAccumulated, 100 rounds), a
 * digest over keys, ciphertexts, secrets and implicit rejections. It stands for 250 kB of vectors.
 */
const ACCUMULATED_100 = '1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415';

describe('ML-KEM-768', () => {
  it('[EN7] gives the published accumulated answer over 100 key pairs', async () => {
    const stream = shake128.create();
    const accumulator = shake128.create();
    for (let round = 0; round < 100; round++) {
      const keygenSeed = stream.xof(64);
      const pair = await nobleMlKem768({ keygenSeed }).generate();
      accumulator.update(pair.publicKey);
      const encapsMessage = stream.xof(32);
      const sent = await nobleMlKem768({ encapsMessage }).encapsulate(pair.publicKey);
      accumulator.update(sent.ciphertext).update(sent.sharedSecret);
      expect(await pair.decapsulate(sent.ciphertext)).toEqual(sent.sharedSecret);
      const garbage = stream.xof(KEM_CIPHERTEXT_LENGTH);
      accumulator.update(await pair.decapsulate(garbage));
    }
    expect(toHex(accumulator.xof(32))).toBe(ACCUMULATED_100);
  });

  it('[EN6] a wrong ciphertext never throws, and never gives the right secret', async () => {
    const kem = nobleMlKem768();
    const pair = await kem.generate();
    const { ciphertext, sharedSecret } = await kem.encapsulate(pair.publicKey);
    for (const position of [0, 1, 500, 959, 960, 1087]) {
      const wrong = await pair.decapsulate(flipped(ciphertext, position));
      expect(wrong).toHaveLength(32);
      expect(toHex(wrong)).not.toBe(toHex(sharedSecret));
    }
    expect(await pair.decapsulate(ciphertext)).toEqual(sharedSecret);
  });

  it('[EN5] refuses keys and ciphertexts of another length', async () => {
    const kem = nobleMlKem768();
    const pair = await kem.generate();
    for (const length of [0, 1183, 1185]) {
      expect(await asyncCodeOf(kem.encapsulate(new Uint8Array(length)))).toBe('bad-length');
    }
    for (const length of [0, 1087, 1089]) {
      expect(await asyncCodeOf(pair.decapsulate(new Uint8Array(length)))).toBe('bad-length');
    }
  });

  it('[EN5] refuses an encapsulation key that is not reduced (FIPS 203 §7.2)', async () => {
    const kem = nobleMlKem768();
    const { publicKey } = await kem.generate();
    // The first two coefficients become 0xfff, which is more than q = 3329.
    for (const at of [0, 3 * 383]) {
      const wrong = new Uint8Array(publicKey);
      wrong.fill(0xff, at, at + 3);
      expect(await asyncCodeOf(kem.encapsulate(wrong))).toBe('bad-key');
    }
  });

  it('is fresh each time, and of no use once destroyed', async () => {
    const kem = nobleMlKem768();
    const [one, two] = [await kem.generate(), await kem.generate()];
    expect(toHex(one.publicKey)).not.toBe(toHex(two.publicKey));
    const [first, second] = [
      await kem.encapsulate(one.publicKey),
      await kem.encapsulate(one.publicKey),
    ];
    expect(toHex(first.sharedSecret)).not.toBe(toHex(second.sharedSecret));
    one.destroy();
    expect(await asyncCodeOf(one.decapsulate(first.ciphertext))).toBe('bad-state');
  });

  it('the fixed randomness is used as given', async () => {
    const kem = nobleMlKem768({ keygenSeed: counting(64), encapsMessage: counting(32) });
    const [one, two] = [await kem.generate(), await kem.generate()];
    expect(one.publicKey).toEqual(two.publicKey);
  });
});
