import { describe, expect, it } from 'vitest';
import { allZero, toHex } from '../../../lib/crypto/bytes.ts';
import { noiseHkdf } from '../../../lib/crypto/noise/symmetric-state.ts';
import { deriveSessionKeys } from '../../../lib/crypto/session-keys.ts';
import { layout, nodeExpand, nodeHkdf } from './node-oracle.ts';
import { codeOf, counting } from './support.ts';

const h = counting(32, 10);
const EMS = counting(32, 60);
const input = () => ({ h, ems: counting(32, 60) });

describe('key schedule', () => {
  it('[KS1] EMS is the third output of Noise HKDF over an empty input', () => {
    const ck = counting(32, 5);
    const flat = nodeHkdf(new Uint8Array(0), ck, new Uint8Array(0), 96);
    expect(noiseHkdf(ck, new Uint8Array(0)).map(toHex).join('')).toBe(flat);
  });

  it('[KS2] Sub(L) = HKDF-Expand(EMS, L ‖ 00 ‖ h, 32)', () => {
    const keys = deriveSessionKeys(input(), 'pair');
    for (const [key, label] of [
      [keys.bind, 'tallow-dtls-bind-v2'],
      [keys.control, 'tallow-control-v2'],
      [keys.fileRoot, 'tallow-file-root-v2'],
      [keys.media, 'tallow-media-v2'],
      [keys.pairRoot ?? new Uint8Array(0), 'tallow-pair-root-v2'],
    ] as const) {
      expect(toHex(key), label).toBe(nodeExpand(EMS, layout(label, 'x:00', h)));
    }
    expect(keys.h).toEqual(h);
  });

  it('[KS2] only first contact gives a pair root', () => {
    const keys = deriveSessionKeys(input(), 'reconnect');
    expect(keys).not.toHaveProperty('pairRoot');
    expect(keys.control).toEqual(deriveSessionKeys(input(), 'pair').control);
  });

  it('[KS3] signaling keys are bound to their direction and to h', () => {
    const keys = deriveSessionKeys(input(), 'reconnect');
    for (const dir of ['i2r', 'r2i'] as const) {
      const info = layout('tallow-signaling-pqc-v2', 'x:00', dir, h);
      const salt = layout('tallow-signaling-salt-pqc-v2');
      expect(toHex(keys.signaling[dir])).toBe(nodeHkdf(EMS, salt, info, 32));
    }
    const other = deriveSessionKeys({ h: counting(32, 11), ems: counting(32, 60) }, 'reconnect');
    expect(toHex(other.signaling.i2r)).not.toBe(toHex(keys.signaling.i2r));
  });

  it('wipes EMS at once and every key when destroyed', () => {
    const given = input();
    const keys = deriveSessionKeys(given, 'pair');
    expect(allZero(given.ems)).toBe(true);
    keys.destroy();
    const all = [keys.bind, keys.control, keys.fileRoot, keys.media, keys.pairRoot];
    for (const key of [...all, keys.signaling.i2r, keys.signaling.r2i]) {
      expect(key && allZero(key)).toBe(true);
    }
  });

  it('[EN5] refuses inputs of another length', () => {
    expect(codeOf(() => deriveSessionKeys({ h, ems: counting(31) }, 'pair'))).toBe('bad-length');
    expect(codeOf(() => deriveSessionKeys({ h: counting(33), ems: EMS }, 'pair'))).toBe(
      'bad-length',
    );
  });
});
