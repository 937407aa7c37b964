/**
 * Whatever a peer, a server or a damaged disk hands to this room ends as a valid value or a typed
 * error. Seeded: a failure repeats, and prints the seed and the path to it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateStoreKey, openAtRest, sealAtRest } from '../../lib/crypto/at-rest.ts';
import { bindingProof, verifyBindingProof } from '../../lib/crypto/binding.ts';
import {
  concat,
  fromBase64,
  fromHex,
  fromUtf8,
  lvCat,
  lvSplit,
  toBase64,
  toHex,
  utf8,
} from '../../lib/crypto/bytes.ts';
import { ChunkCipher } from '../../lib/crypto/chunk-cipher.ts';
import { ControlOpener, ControlSealer } from '../../lib/crypto/control-seal.ts';
import { cpaceStart } from '../../lib/crypto/cpace.ts';
import { decodeEnvelope, EnvelopeOpener, EnvelopeSealer } from '../../lib/crypto/envelope.ts';
import { CryptoError } from '../../lib/crypto/errors.ts';
import { nobleMlKem768 } from '../../lib/crypto/ml-kem.ts';
import {
  decodeAdA,
  decodeAdB,
  decodeOffer,
  encodeAdA,
  encodeAdB,
  encodeOffer,
  OWN_OFFER,
} from '../../lib/crypto/negotiation.ts';
import { KK_HFS_PSK0, XX_HFS_PSK0 } from '../../lib/crypto/noise/patterns.ts';
import { codeOf, counting, exchange, fixedHandshake } from '../unit/crypto/support.ts';

const SEED = 20_261_121;
/** For decoders that cost microseconds. */
const MANY = 100_000;
/** For those that open a tag or multiply a point. */
const SOME = 5000;

/** A valid frame, changed once to three times: flipped, cut, lengthened, overwritten, repeated. */
function mutated(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat(Math.max(0, valid.length - 1));
  const change = fc.oneof(
    fc.record({
      kind: fc.constant('flip' as const),
      at,
      bytes: fc.uint8Array({ minLength: 1, maxLength: 1 }),
    }),
    fc.record({ kind: fc.constant('cut' as const), at, bytes: fc.constant(new Uint8Array(0)) }),
    fc.record({
      kind: fc.constant('insert' as const),
      at,
      bytes: fc.uint8Array({ maxLength: 24 }),
    }),
    fc.record({ kind: fc.constant('over' as const), at, bytes: fc.uint8Array({ maxLength: 24 }) }),
    fc.record({ kind: fc.constant('repeat' as const), at, bytes: fc.constant(valid) }),
  );
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    let out: Uint8Array = new Uint8Array(valid);
    for (const { kind, at: where, bytes } of changes) {
      const before = out.subarray(0, where);
      if (kind === 'flip') {
        out = new Uint8Array(out);
        if (where < out.length) out[where] = (out[where] ?? 0) ^ (bytes[0] ?? 1);
      } else if (kind === 'cut') out = concat(before);
      else if (kind === 'over') out = concat(before, bytes, out.subarray(where + bytes.length));
      else out = concat(before, bytes, out.subarray(where));
    }
    return out;
  });
}

function anyBytes(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 3, arbitrary: mutated(valid) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  );
}

/** Runs it; a typed error is fine, anything else is the failure this test looks for. */
function typedOr<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}

async function typedOrAsync<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return toHex(one) === toHex(other);
}

/** Checks `property` on many inputs and that both outcomes really came up. */
function check<T>(runs: number, input: fc.Arbitrary<T>, property: (value: T) => boolean): void {
  let accepted = 0;
  fc.assert(
    fc.property(input, (value) => {
      if (property(value)) accepted++;
    }),
    { seed: SEED, numRuns: runs, endOnFailure: true },
  );
  expect(accepted).toBeGreaterThan(0);
  expect(accepted).toBeLessThan(runs);
}

describe('decoders', () => {
  it('[EN4] base64: a value that encodes to the same text, or an error', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.base64String({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => `${toBase64(bytes)}`),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => toBase64(bytes).replace(/=+$/, '')),
    );
    check(MANY, text, (value) => {
      const bytes = typedOr(() => fromBase64(value));
      if (bytes !== undefined) expect(toBase64(bytes)).toBe(value);
      return bytes !== undefined;
    });
  });

  it('[EN4] hex: a value that encodes to the same digits, or an error', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.uint8Array({ maxLength: 20 }).map(toHex),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => toHex(bytes).slice(1)),
    );
    check(MANY, text, (value) => {
      const bytes = typedOr(() => fromHex(value));
      if (bytes !== undefined) expect(toHex(bytes)).toBe(value.toLowerCase());
      return bytes !== undefined;
    });
  });

  it('[EN1] UTF-8: a text that encodes to the same bytes, or an error', () => {
    check(MANY, anyBytes(utf8('aä€😀')), (bytes) => {
      const text = typedOr(() => fromUtf8(bytes));
      if (text !== undefined) expect(same(utf8(text), bytes)).toBe(true);
      return text !== undefined;
    });
  });

  it('[EN2] lv: parts that encode to the same bytes, or an error', () => {
    check(MANY, anyBytes(lvCat(counting(3), counting(0), counting(130))), (bytes) => {
      const parts = typedOr(() => lvSplit(bytes, 3));
      if (parts !== undefined) expect(same(lvCat(...parts), bytes)).toBe(true);
      return parts !== undefined;
    });
  });

  it('[EN7] [PR3] offers: one that encodes to the same bytes, or an error', () => {
    const offer = { versions: [4, 3, 2], suites: [1, 2, 0x300] };
    check(MANY, anyBytes(encodeOffer(offer)), (bytes) => {
      const decoded = typedOr(() => decodeOffer(bytes));
      if (decoded !== undefined) expect(same(encodeOffer(decoded), bytes)).toBe(true);
      return decoded !== undefined;
    });
    check(MANY, anyBytes(encodeAdA(offer)), (bytes) => {
      const decoded = typedOr(() => decodeAdA(bytes));
      if (decoded !== undefined) expect(same(encodeAdA(decoded), bytes)).toBe(true);
      return decoded !== undefined;
    });
  });

  it('[PR3] the choice: one that encodes to the same bytes, or an error', () => {
    const adB = encodeAdB({ version: 2, suite: 1 }, counting(32));
    check(MANY, anyBytes(adB), (bytes) => {
      const decoded = typedOr(() => decodeAdB(bytes));
      if (decoded !== undefined) {
        expect(same(encodeAdB(decoded.choice, decoded.commit), bytes)).toBe(true);
      }
      return decoded !== undefined;
    });
  });

  it('[CS1] [BP1] envelopes: the shape, from anything', () => {
    const valid = new EnvelopeSealer({ key: counting(32), dir: 'i2r' }).seal(utf8('text'), 5);
    const counter = fc.oneof(fc.integer(), fc.double(), fc.constant(valid.seq), fc.maxSafeNat());
    const odd = fc.oneof(counter, fc.string(), fc.anything());
    const shape = fc.record(
      {
        encrypted: fc.oneof(fc.constant(true), odd),
        v: fc.oneof(fc.constant(2), odd),
        seq: fc.oneof(fc.constant(0), odd),
        ts: fc.oneof(fc.constant(5), odd),
        iv: fc.oneof(fc.constant(valid.iv), odd),
        ct: fc.oneof(fc.constant(valid.ct), fc.base64String({ maxLength: 60 }), odd),
      },
      { requiredKeys: [] },
    );
    const input = fc.oneof(
      { weight: 9, arbitrary: shape },
      { weight: 1, arbitrary: fc.anything() },
    );
    let shaped = 0;
    check(MANY, input, (value) => {
      const decoded = typedOr(() => decodeEnvelope(value));
      if (decoded !== undefined) shaped++;
      return decoded !== undefined;
    });
    expect(shaped).toBeGreaterThan(100);
  });

  it('[CS1] envelopes: only the one sealed opens', () => {
    const key = counting(32);
    const valid = new EnvelopeSealer({ key, dir: 'i2r' }).seal(utf8('some text'), 5);
    const ct = fc.oneof(anyBytes(fromBase64(valid.ct)).map(toBase64), fc.constant(valid.ct));
    const input = fc.record({ ct, ts: fc.oneof(fc.constant(5), fc.nat()) });
    check(SOME, input, (changes) => {
      const opener = new EnvelopeOpener({ key, dir: 'i2r', monotonicNow: () => 0, ts0: 5 });
      const opened = typedOr(() => opener.open({ ...valid, ...changes }));
      const untouched = changes.ct === valid.ct && changes.ts === 5;
      expect(opened !== undefined).toBe(untouched);
      return opened !== undefined;
    });
  });

  it('[CT2] control frames: only the one sealed opens', () => {
    const options = { controlKey: counting(32), pcId: counting(16), dir: 'r2i' } as const;
    const valid = new ControlSealer(options).seal(utf8('{"type":"ping"}'));
    check(SOME * 4, fc.oneof(anyBytes(valid), fc.constant(valid)), (frame) => {
      const opened = typedOr(() => new ControlOpener(options).open(frame));
      expect(opened !== undefined).toBe(same(frame, valid));
      return opened !== undefined;
    });
  });

  it('[BD2] binding proofs: true or false, never an exception', () => {
    const input = {
      bindKey: counting(32),
      dir: 'i2r',
      pcId: counting(16),
      fpI: counting(32),
      fpR: counting(32),
    } as const;
    const valid = bindingProof(input);
    check(SOME, fc.oneof(anyBytes(valid), fc.constant(valid)), (proof) => {
      const holds = verifyBindingProof(input, proof);
      expect(holds).toBe(same(proof, valid));
      return holds;
    });
  });

  it('[CP3] CPace shares: an element or an error', () => {
    const base = { prs: utf8('p'), ci: utf8('c'), sid: utf8('s') };
    const valid = cpaceStart({ role: 'b', ...base }).share;
    const share = fc.oneof(anyBytes(valid), fc.uint8Array({ minLength: 32, maxLength: 32 }));
    check(500, share, (remoteShare) => {
      const party = cpaceStart({ role: 'a', ...base });
      const input = { remoteShare, adA: utf8('a'), adB: utf8('b') };
      const isk = typedOr(() => party.finish(input));
      expect(codeOf(() => party.finish(input))).toBe('bad-state');
      return isk !== undefined;
    });
  });

  it('[PR4] [RC1] handshake messages: only the one written is read', async () => {
    for (const pattern of [XX_HFS_PSK0, KK_HFS_PSK0]) {
      const [initiator, responder] = [
        fixedHandshake(pattern, 'initiator'),
        fixedHandshake(pattern, 'responder'),
      ];
      const [first = new Uint8Array(0)] = await exchange(initiator, responder, 1);
      const property = fc.asyncProperty(anyBytes(first), async (message) => {
        const receiver = fixedHandshake(pattern, 'responder');
        const read = await typedOrAsync(receiver.readMessage(message));
        expect(read !== undefined).toBe(same(message, first));
        if (read === undefined) expect(receiver.state).toBe('failed');
      });
      await fc.assert(property, { seed: SEED, numRuns: 600, endOnFailure: true });
    }
  });

  it('[EN5] ML-KEM keys and ciphertexts: a secret or an error', async () => {
    const kem = nobleMlKem768();
    const pair = await kem.generate();
    const { ciphertext } = await kem.encapsulate(pair.publicKey);
    const property = fc.asyncProperty(
      anyBytes(pair.publicKey),
      anyBytes(ciphertext),
      async (publicKey, sealed) => {
        const made = await typedOrAsync(kem.encapsulate(publicKey));
        expect(made === undefined || publicKey.length === 1184).toBe(true);
        const secret = await typedOrAsync(pair.decapsulate(sealed));
        expect(secret?.length).toBe(sealed.length === 1088 ? 32 : undefined);
      },
    );
    await fc.assert(property, { seed: SEED, numRuns: 500, endOnFailure: true });
  });

  it('[TR5] [TR15] chunks: only the one sealed opens', async () => {
    const cipher = new ChunkCipher({
      fileRoot: counting(32),
      salt: counting(32),
      dir: 'i2r',
      transferId: counting(16),
      fileId: 1,
      size: 40,
      chunkSize: 24,
    });
    const valid = await cipher.encrypt(0, counting(24));
    const property = fc.asyncProperty(
      fc.oneof(anyBytes(valid), fc.uint8Array({ minLength: 40, maxLength: 40 })),
      fc.oneof(fc.constant(0), fc.integer(), fc.double()),
      async (sealed, index) => {
        const opened = await typedOrAsync(cipher.decrypt(index, sealed));
        expect(opened !== undefined).toBe(index === 0 && same(sealed, valid));
      },
    );
    await fc.assert(property, { seed: SEED, numRuns: SOME, endOnFailure: true });
  });

  it('[ST1] blobs at rest: only the one sealed opens', async () => {
    const key = await generateStoreKey();
    const valid = await sealAtRest(key, 'id', counting(32));
    const property = fc.asyncProperty(anyBytes(valid), async (blob) => {
      const opened = await typedOrAsync(openAtRest(key, 'id', blob));
      expect(opened !== undefined).toBe(same(blob, valid));
    });
    await fc.assert(property, { seed: SEED, numRuns: SOME, endOnFailure: true });
  });

  it('[EN7] what this build offers is itself decodable', () => {
    expect(decodeOffer(encodeOffer(OWN_OFFER))).toEqual(OWN_OFFER);
  });
});
