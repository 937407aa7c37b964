import { describe, expect, it } from 'vitest';
import { generateStoreKey, openAtRest, sealAtRest } from '../../../lib/crypto/at-rest.ts';
import { allZero, utf8 } from '../../../lib/crypto/bytes.ts';
import { deviceId, shortDeviceId } from '../../../lib/crypto/identity.ts';
import { layout, nodeGcmOpen, nodeSha256 } from './node-oracle.ts';
import { asyncCodeOf, codeOf, counting, flipped } from './support.ts';

const ID = deviceId(counting(32));

describe('device id', () => {
  it('[ID1] is the hash of the rule, and its short form the first 16 digits', () => {
    expect(ID).toBe(nodeSha256(layout('tallow-node-v2', counting(32))));
    expect(shortDeviceId(ID)).toBe(`tallow-${ID.slice(0, 16)}`);
    expect(codeOf(() => deviceId(counting(33)))).toBe('bad-length');
  });
});

describe('at rest', () => {
  it('[ST1] nonce in front, AAD "tallow-store-v2" ‖ deviceId', async () => {
    const raw = counting(32, 9);
    const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
    const blob = await sealAtRest(key, ID, utf8('secret'));
    const aad = layout('tallow-store-v2', ID);
    expect(nodeGcmOpen(raw, blob.subarray(0, 12), aad, blob.subarray(12))).toEqual(utf8('secret'));
    expect(await openAtRest(key, ID, blob)).toEqual(utf8('secret'));
  });

  it('[ST1] a fresh nonce each time, under a key that cannot be taken out', async () => {
    const key = await generateStoreKey();
    expect(key.extractable).toBe(false);
    const [one, two] = [await sealAtRest(key, ID, utf8('x')), await sealAtRest(key, ID, utf8('x'))];
    expect(one.subarray(0, 12)).not.toEqual(two.subarray(0, 12));
    expect(allZero(one.subarray(0, 12))).toBe(false);
  });

  it('[ST1] does not open changed, under another key, or for another device', async () => {
    const key = await generateStoreKey();
    const blob = await sealAtRest(key, ID, utf8('secret'));
    for (let position = 0; position < blob.length; position++) {
      expect(await asyncCodeOf(openAtRest(key, ID, flipped(blob, position)))).toBe('bad-tag');
    }
    expect(await asyncCodeOf(openAtRest(await generateStoreKey(), ID, blob))).toBe('bad-tag');
    expect(await asyncCodeOf(openAtRest(key, deviceId(counting(32, 1)), blob))).toBe('bad-tag');
    for (const length of [0, 12, 27]) {
      expect(await asyncCodeOf(openAtRest(key, ID, blob.subarray(0, length)))).toBe('bad-length');
    }
  });
});
