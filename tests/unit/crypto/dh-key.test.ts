import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../../lib/crypto/bytes.ts';
import type { DhKey } from '../../../lib/crypto/keys.ts';
import { generateWebCryptoDhKey, nobleDhKey, webCryptoDhKey } from '../../../lib/crypto/x25519.ts';
import { asyncCodeOf, codeOf, hex } from './support.ts';

/** RFC 7748 §6.1. */
const ALICE = '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a';
const ALICE_PUBLIC = '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a';
const BOB = '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb';
const BOB_PUBLIC = 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f';
const SHARED = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';

/** Points of small order, also in non-canonical form: every scalar gives zero. */
const LOW_ORDER = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
];

/** RFC 8410: the fixed PKCS #8 frame around 32 secret bytes of X25519. */
const PKCS8_PREFIX = '302e020100300506032b656e04220420';

async function webCryptoFrom(secret: string, publicKey: string): Promise<DhKey> {
  const pkcs8 = concat(hex(PKCS8_PREFIX), hex(secret));
  return webCryptoDhKey({
    privateKey: await crypto.subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']),
    publicKey: await crypto.subtle.importKey('raw', hex(publicKey), 'X25519', true, []),
  });
}

describe.each([
  {
    name: 'noble',
    alice: async () => nobleDhKey(hex(ALICE)),
    fresh: async () => nobleDhKey(),
  },
  {
    name: 'WebCrypto',
    alice: async () => webCryptoFrom(ALICE, ALICE_PUBLIC),
    fresh: generateWebCryptoDhKey,
  },
])('X25519 by $name', ({ alice, fresh }) => {
  it('gives the values of RFC 7748 §6.1', async () => {
    const key = await alice();
    expect(toHex(key.publicKey)).toBe(ALICE_PUBLIC);
    expect(toHex(await key.dh(hex(BOB_PUBLIC)))).toBe(SHARED);
    expect(toHex(await nobleDhKey(hex(BOB)).dh(key.publicKey))).toBe(SHARED);
  });

  it('[EN6] refuses an all-zero result', async () => {
    const key = await alice();
    for (const point of LOW_ORDER) {
      expect(await asyncCodeOf(key.dh(hex(point))), point).toBe('zero-dh');
    }
  });

  it('[EN5] refuses a key of another length', async () => {
    const key = await alice();
    for (const length of [0, 31, 33]) {
      expect(await asyncCodeOf(key.dh(new Uint8Array(length)))).toBe('bad-length');
    }
  });

  it('makes fresh keys that agree with the other implementation', async () => {
    const [one, other] = [await fresh(), nobleDhKey()];
    expect(toHex(await one.dh(other.publicKey))).toBe(toHex(await other.dh(one.publicKey)));
    expect(toHex((await fresh()).publicKey)).not.toBe(toHex(one.publicKey));
  });
});

describe('X25519 by noble', () => {
  it('copies its secret and is of no use once destroyed', async () => {
    const secret = hex(ALICE);
    const key = nobleDhKey(secret);
    secret.fill(0);
    expect(toHex(await key.dh(hex(BOB_PUBLIC)))).toBe(SHARED);
    key.destroy();
    expect(await asyncCodeOf(key.dh(hex(BOB_PUBLIC)))).toBe('bad-state');
    expect(codeOf(() => nobleDhKey(new Uint8Array(31)))).toBe('bad-length');
  });
});

describe('X25519 by WebCrypto', () => {
  it('refuses keys of another kind', async () => {
    const ec = { name: 'ECDH', namedCurve: 'P-256' };
    const pair = await crypto.subtle.generateKey(ec, false, ['deriveBits']);
    expect(await asyncCodeOf(webCryptoDhKey(pair))).toBe('bad-key');
    const useless = await crypto.subtle.generateKey('X25519', false, ['deriveKey']);
    const key = await webCryptoDhKey(useless);
    expect(await asyncCodeOf(key.dh(hex(BOB_PUBLIC)))).toBe('bad-key');
  });
});
