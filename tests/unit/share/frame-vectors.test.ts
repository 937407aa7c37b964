/**
 * Known answers. Expected values come from OpenSSL by node:crypto, by what the rules say and without
 * our code: key = HMAC-SHA256(media, "sframe" ‖ 00 ‖ dir ‖ inst ‖ u32 epoch ‖ 01), which is
 * HKDF-Expand of one block; frame = clear ‖ AES-256-GCM(key, 0⁴ ‖ u64 ctr, rest, clear ‖ trailer)
 * ‖ trailer. The fixed bytes at the end were made by the same recipe, once with node:crypto and once
 * with Python's cryptography (HKDFExpand, AESGCM), and written down, so that a change on both sides
 * shows too.
 */
import { createCipheriv } from 'node:crypto';
import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { copyBytes, fromHex, toHex, type Bytes } from '../../../lib/crypto/bytes.ts';
import { deriveMediaKey } from '../../../lib/crypto/media-keys.ts';
import { FrameOpener } from '../../../lib/share/frame-opener.ts';
import { KeyRing } from '../../../lib/share/key-ring.ts';
import { layout, nodeExpand, nodeGcmOpen } from '../crypto/node-oracle.ts';
import { codeOf, counting } from '../crypto/support.ts';
import { at, fate, frameOf, MEDIA_KEY, pair, SCOPE, sealAll, sealed } from './support.ts';

const INST = counting(16, 200);

function nodeKey(dir: string, inst: Uint8Array, epochHex: string): Bytes {
  return fromHex(nodeExpand(MEDIA_KEY, layout('sframe', 'x:00', dir, inst, `x:${epochHex}`)));
}

function nodeSeal(key: Uint8Array, clear: Uint8Array, rest: Uint8Array, trailer: Bytes): Bytes {
  const nonce = layout('x:00000000', trailer.subarray(9));
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(layout(clear, trailer));
  const body = Buffer.concat([cipher.update(rest), cipher.final(), cipher.getAuthTag()]);
  return layout(clear, body, trailer);
}

function openerOf(kid: number, inst: Bytes): FrameOpener {
  const ring = new KeyRing({ mediaKey: MEDIA_KEY, dir: 'r2i' });
  ring.add({ ...SCOPE, kid, inst, encoding: 0 });
  return new FrameOpener(ring, SCOPE);
}

describe('media keys', () => {
  it.each([
    ['i2r', 0, '00000000'],
    ['r2i', 1, '00000001'],
    ['r2i', 0xffff_fffe, 'fffffffe'],
  ] as const)('[SF2] are HKDF-Expand of the rule: %s, epoch %i', (dir, epoch, epochHex) => {
    const key = deriveMediaKey({ mediaKey: MEDIA_KEY, dir, inst: INST }, epoch);
    expect(toHex(key)).toBe(toHex(nodeKey(dir, INST, epochHex)));
  });

  it('[SF2] have the written-down value', () => {
    const context = { mediaKey: MEDIA_KEY, dir: 'r2i', inst: INST } as const;
    expect(toHex(deriveMediaKey(context, 7))).toBe(FIXED.key);
  });

  it('[SF2] need a whole media key, a whole inst and a u32 epoch', () => {
    const context = { mediaKey: MEDIA_KEY, dir: 'i2r', inst: INST } as const;
    expect(codeOf(() => deriveMediaKey({ ...context, inst: counting(15) }, 0))).toBe('bad-length');
    expect(codeOf(() => deriveMediaKey({ ...context, mediaKey: INST }, 0))).toBe('bad-length');
    expect(codeOf(() => deriveMediaKey(context, 2 ** 32))).toBe('out-of-range');
  });
});

describe('a sealed frame', () => {
  it('[SF1] of VP9 is ciphertext, tag and trailer; key, nonce and associated data as told', async () => {
    const { sealer } = pair(0x01020304);
    await sealAll(sealer, 2);
    const frame = await sealed(sealer.seal(frameOf(100), 'vp9'));
    const trailer = layout('x:00', 'x:01020304', 'x:00000000', 'x:0000000000000002');
    expect(frame).toHaveLength(100 + 16 + 17);
    expect(toHex(frame.subarray(-17))).toBe(toHex(trailer));
    const key = nodeKey('i2r', sealer.inst, '00000000');
    const nonce = layout('x:000000000000000000000002');
    expect(toHex(nodeGcmOpen(key, nonce, trailer, frame.subarray(0, -17)))).toBe(
      toHex(frameOf(100)),
    );
    expect(toHex(nodeSeal(key, layout(), frameOf(100), trailer))).toBe(toHex(frame));
  });

  it('[SF1] of VP8 begins with its clear header, which is authenticated', async () => {
    const { sealer } = pair(5);
    const frame = await sealed(sealer.seal(frameOf(64, 16), 'vp8'));
    const trailer = layout('x:0a', 'x:00000005', 'x:00000000', 'x:0000000000000000');
    const key = nodeKey('i2r', sealer.inst, '00000000');
    const [clear, rest] = [frameOf(64, 16).subarray(0, 10), frameOf(64, 16).subarray(10)];
    expect(toHex(nodeSeal(key, clear, rest, trailer))).toBe(toHex(frame));
  });

  it('[SF1] made by OpenSSL is opened', async () => {
    const opener = openerOf(9, INST);
    const trailer = layout('x:03', 'x:00000009', 'x:00000102', 'x:00000000000fffff');
    const key = nodeKey('r2i', INST, '00000102');
    const result = await opener.open(nodeSeal(key, counting(3), counting(50, 3), trailer));
    expect(result).toEqual({ type: 'opened', data: counting(53) });
  });

  it('[SF1] that was written down is opened', async () => {
    const opener = openerOf(77, INST);
    const result = await opener.open(fromHex(FIXED.frame));
    expect(result).toEqual({ type: 'opened', data: counting(33, 50) });
  });

  it('[SF1] is opened from within a larger buffer', async () => {
    const { sealer, opener } = pair();
    const frame = at(await sealAll(sealer, 1), 0);
    const larger = layout(counting(13), frame, counting(7));
    const result = await opener.open(larger.subarray(13, 13 + frame.length));
    expect(result).toEqual({ type: 'opened', data: frameOf(40) });
  });

  it.each([
    ['direction', 'i2r', INST],
    ['inst', 'r2i', counting(16, 201)],
  ] as const)('[SF2] under the key of another %s is not authentic', async (_, dir, inst) => {
    const opener = openerOf(9, INST);
    const trailer = layout('x:00', 'x:00000009', 'x:00000000', 'x:0000000000000000');
    const key = nodeKey(dir, inst, '00000000');
    const frame = nodeSeal(key, layout(), counting(50), trailer);
    expect(await fate(opener.open(frame))).toBe('unauthentic');
  });

  it('[SF1] goes its way whatever the caller does to inst', async () => {
    const { sealer, opener } = pair();
    const told = copyBytes(sealer.inst);
    sealer.inst.fill(0);
    const trailer = layout('x:00', 'x:00000000', 'x:00000000', 'x:0000000000000000');
    const frame = at(await sealAll(sealer, 1), 0);
    const key = nodeKey('i2r', told, '00000000');
    expect(toHex(nodeSeal(key, layout(), frameOf(40), trailer))).toBe(toHex(frame));
    expect(await fate(opener.open(frame))).toBe('opened');
  });
});

const FIXED = {
  key: 'd6f86033ad57462b2a9411992a295791addcf2ddd456c9c4dbad0e496ba00fd7',
  frame:
    '32333435363738393a3ba001609d76e093e95368951cd6afd34383bfdcef3a60a44cc7da65e62ed7' +
    'fe9f3dbe48031fe84f0a0000004d000000070000000000001234',
};
