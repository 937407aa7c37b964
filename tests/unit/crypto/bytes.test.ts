import { describe, expect, it } from 'vitest';
import {
  allZero,
  concat,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  lvCat,
  lvSplit,
  randomBytes,
  toBase64,
  toHex,
  toOwnBuffer,
  u16be,
  u32be,
  u64be,
  u8,
  utf8,
  wipe,
} from '../../../lib/crypto/bytes.ts';
import { codeOf, counting } from './support.ts';

describe('integers', () => {
  it('[EN1] writes big-endian', () => {
    expect(toHex(concat(u8(1), u16be(0x203), u32be(0x4050607), u64be(0x08090a0b)))).toBe(
      '010203' + '04050607' + '0000000008090a0b',
    );
    expect(toHex(u64be(0xffff_ffff_ffff_ffffn))).toBe('ff'.repeat(8));
    expect(toHex(u64be(Number.MAX_SAFE_INTEGER))).toBe('001fffffffffffff');
    expect(toHex(u32be(0xffff_ffff))).toBe('ffffffff');
  });

  it('[EN1] refuses what does not fit instead of wrapping around', () => {
    for (const run of [
      () => u8(256),
      () => u8(-1),
      () => u16be(0x1_0000),
      () => u32be(0x1_0000_0000),
      () => u32be(1.5),
      () => u32be(Number.NaN),
      () => u64be(-1),
      () => u64be(2 ** 53),
      () => u64be(1n << 64n),
      () => u64be(-1n),
    ]) {
      expect(codeOf(run)).toBe('out-of-range');
    }
  });
});

describe('lv', () => {
  it('[EN2] puts LEB128 lengths in front (draft-irtf-cfrg-cpace, appendix A.1.1)', () => {
    expect(toHex(lvCat(utf8('1234'), utf8('5'), new Uint8Array(0), utf8('678')))).toBe(
      '04313233340135' + '00' + '03363738',
    );
    expect(toHex(lvCat(counting(127)).subarray(0, 1))).toBe('7f');
    expect(toHex(lvCat(counting(128)).subarray(0, 2))).toBe('8001');
    expect(toHex(lvCat(new Uint8Array(16384)).subarray(0, 3))).toBe('808001');
  });

  it('[EN2] takes them apart again, in one way only', () => {
    const parts = [counting(0), counting(127), counting(128), counting(20000)];
    expect(lvSplit(lvCat(...parts), 4)).toEqual(parts);
    for (const [bytes, count] of [
      ['02ff', 1], // runs past the end
      ['8000', 1], // zero in two bytes
      ['80', 1], // length cut off
      ['8080808001', 1], // absurd length
      ['0100', 2], // one part too few
      ['01000100', 1], // one too many
    ] as const) {
      expect(codeOf(() => lvSplit(fromHex(bytes), count))).toBe('bad-encoding');
    }
  });
});

describe('text forms', () => {
  it('[EN4] reads and writes padded standard base64 (RFC 4648 §10)', () => {
    for (const [text, encoded] of [
      ['', ''],
      ['f', 'Zg=='],
      ['fo', 'Zm8='],
      ['foo', 'Zm9v'],
      ['foob', 'Zm9vYg=='],
      ['fooba', 'Zm9vYmE='],
      ['foobar', 'Zm9vYmFy'],
    ] as const) {
      expect(toBase64(utf8(text))).toBe(encoded);
      expect(fromUtf8(fromBase64(encoded))).toBe(text);
    }
    const long = counting(100_000);
    expect(fromBase64(toBase64(long))).toEqual(long);
  });

  it('[EN4] refuses another spelling of the same bytes', () => {
    for (const text of [
      'Zg',
      'Zg=',
      'Zh==',
      'Zm9=',
      'Zg==\n',
      ' Zg==',
      'Zg==Zg==',
      '_-8=',
      '====',
      'Z===',
    ]) {
      expect(
        codeOf(() => fromBase64(text)),
        text,
      ).toBe('bad-encoding');
    }
  });

  it('[EN1] refuses bytes that are not UTF-8, and keeps a byte order mark', () => {
    expect(codeOf(() => fromUtf8(fromHex('c3')))).toBe('bad-encoding');
    expect(codeOf(() => fromUtf8(fromHex('eda080')))).toBe('bad-encoding');
    expect(fromUtf8(fromHex('efbbbf61'))).toBe('\ufeffa');
  });

  it('reads hex of either case and refuses anything else', () => {
    expect(toHex(fromHex('00fFaB'))).toBe('00ffab');
    for (const text of ['0', '0g', '0x00', ' 00']) {
      expect(
        codeOf(() => fromHex(text)),
        text,
      ).toBe('bad-encoding');
    }
  });
});

describe('buffers', () => {
  it('compares whole arrays', () => {
    expect(equalBytes(counting(32), counting(32))).toBe(true);
    for (let i = 0; i < 32; i++) {
      const other = counting(32);
      other[i] = (other[i] ?? 0) ^ 0x80;
      expect(equalBytes(counting(32), other)).toBe(false);
    }
    expect(equalBytes(counting(2), counting(3))).toBe(false);
    expect(allZero(new Uint8Array(32))).toBe(true);
    expect(allZero(new Uint8Array([0, 0, 128]))).toBe(false);
  });

  it('wipes, draws random bytes, and copies only shared memory', () => {
    const secret = counting(8, 1);
    wipe(secret, undefined);
    expect(allZero(secret)).toBe(true);
    expect(equalBytes(randomBytes(32), randomBytes(32))).toBe(false);
    expect(toOwnBuffer(secret)).toBe(secret);
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    expect(toOwnBuffer(shared)).not.toBe(shared);
  });
});
