import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../../lib/crypto/bytes.ts';
import { hkdfExpand, hkdfSha256, hmacSha256, sha256, sha512 } from '../../../lib/crypto/hash.ts';
import { counting, hex } from './support.ts';

describe('hashes', () => {
  it('gives the published values (FIPS 180-4 "abc", RFC 4231 case 2)', () => {
    expect(toHex(sha256(utf8('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(toHex(sha512(utf8('abc')))).toBe(
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
        '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    );
    expect(toHex(hmacSha256(utf8('Jefe'), utf8('what do ya want for nothing?')))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('[EN3] HKDF as in RFC 5869 appendix A.1 and A.3, a missing salt being empty', () => {
    const okm =
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865';
    const ikm = new Uint8Array(22).fill(0x0b);
    const info = counting(10, 0xf0);
    expect(toHex(hkdfSha256(ikm, counting(13), info, 42))).toBe(okm);
    const prk = hex('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
    expect(toHex(hkdfExpand(prk, info, 42))).toBe(okm);
    const noSalt =
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8';
    expect(toHex(hkdfSha256(ikm, undefined, new Uint8Array(0), 42))).toBe(noSalt);
    expect(toHex(hkdfSha256(ikm, new Uint8Array(0), new Uint8Array(0), 42))).toBe(noSalt);
  });
});
