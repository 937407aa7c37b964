import { describe, expect, it } from 'vitest';
import { fromHex, fromUtf8, toHex, utf8 } from '../../../lib/crypto/bytes.ts';
import {
  CONTROL_OVERHEAD,
  ControlOpener,
  ControlSealer,
  type ControlKeyOptions,
} from '../../../lib/crypto/control-seal.ts';
import { layout, nodeExpand, nodeGcmOpen } from './node-oracle.ts';
import { codeOf, counting, flipped } from './support.ts';

const options: ControlKeyOptions = {
  controlKey: counting(32, 1),
  pcId: counting(16, 90),
  dir: 'i2r',
};

describe('sealed control frames', () => {
  it('[CT2] have key, nonce, associated data and layout of the rule', () => {
    const sealing = new ControlSealer(options);
    sealing.seal(utf8('first'));
    const frame = sealing.seal(utf8('second'));
    expect(toHex(frame.subarray(0, 8))).toBe('0000000000000001');
    expect(frame).toHaveLength('second'.length + CONTROL_OVERHEAD);
    const key = fromHex(nodeExpand(options.controlKey, layout('i2r', options.pcId)));
    const nonce = layout('x:000000000000000000000001');
    const aad = layout('tallow-control-v2', 'i2r', 'x:0000000000000001');
    expect(fromUtf8(nodeGcmOpen(key, nonce, aad, frame.subarray(8)))).toBe('second');
  });

  it('[CT2] open in order', () => {
    const [sealing, opening] = [new ControlSealer(options), new ControlOpener(options)];
    for (const text of ['', 'a', 'b'.repeat(65_536)]) {
      expect(fromUtf8(opening.open(sealing.seal(utf8(text))))).toBe(text);
    }
  });

  it('[CT2] are read also from within a larger buffer', () => {
    const frame = new ControlSealer(options).seal(utf8('inside'));
    const larger = new Uint8Array(frame.length + 20);
    larger.set(frame, 13);
    const view = larger.subarray(13, 13 + frame.length);
    expect(fromUtf8(new ControlOpener(options).open(view))).toBe('inside');
  });

  it.each([
    ['a repeated frame', [0, 0]],
    ['a skipped frame', [0, 2]],
    ['a swapped frame', [1]],
  ])('[CT2] refuse %s, and the channel is dead', (_, order) => {
    const sealing = new ControlSealer(options);
    const frames = [0, 1, 2].map((n) => sealing.seal(utf8(`${n}`)));
    const opening = new ControlOpener(options);
    const at = (n: number | undefined) => frames[n ?? 0] ?? new Uint8Array(0);
    for (const n of order.slice(0, -1)) opening.open(at(n));
    expect(codeOf(() => opening.open(at(order.at(-1))))).toBe('bad-order');
    expect(codeOf(() => opening.open(at(order.length - 1)))).toBe('bad-state');
  });

  it('[CT2] refuse any changed byte', () => {
    const frame = new ControlSealer(options).seal(utf8('text'));
    for (let position = 0; position < frame.length; position++) {
      const opening = new ControlOpener(options);
      const expected = position < 8 ? 'bad-order' : 'bad-tag';
      expect(codeOf(() => opening.open(flipped(frame, position)))).toBe(expected);
      expect(codeOf(() => opening.open(frame))).toBe('bad-state');
    }
  });

  it.each<[string, Partial<ControlKeyOptions>]>([
    ['the other direction', { dir: 'r2i' }],
    ['another connection', { pcId: counting(16, 91) }],
    ['another session', { controlKey: counting(32, 2) }],
  ])('[CT2] do not open under %s', (_, changes) => {
    const frame = new ControlSealer(options).seal(utf8('text'));
    expect(codeOf(() => new ControlOpener({ ...options, ...changes }).open(frame))).toBe('bad-tag');
  });

  it('[CT2] [BP1] refuse what is too short', () => {
    for (const length of [0, 7, 8, CONTROL_OVERHEAD - 1]) {
      const opening = new ControlOpener(options);
      expect(codeOf(() => opening.open(new Uint8Array(length)))).toBe('bad-length');
    }
  });

  it('refuses key material of another length, and works no more once destroyed', () => {
    expect(codeOf(() => new ControlSealer({ ...options, pcId: counting(15) }))).toBe('bad-length');
    const [sealing, opening] = [new ControlSealer(options), new ControlOpener(options)];
    const frame = sealing.seal(utf8('x'));
    sealing.destroy();
    opening.destroy();
    expect(codeOf(() => sealing.seal(utf8('x')))).toBe('bad-state');
    expect(codeOf(() => opening.open(frame))).toBe('bad-state');
  });
});
