import { describe, expect, it } from 'vitest';
import {
  clearLength,
  encodeTrailer,
  EPOCH_FRAMES,
  frameCodec,
  FRAME_OVERHEAD,
  parseFrame,
} from '../../../lib/share/frame-format.ts';
import { layout } from '../crypto/node-oracle.ts';
import { codeOf, counting } from '../crypto/support.ts';

/** RFC 6386 §9.1: bit 0 of the first byte is 0 on a key frame. */
const VP8_KEY = 0x10;
const VP8_DELTA = 0x11;

describe('the clear header', () => {
  it.each([
    ['a key frame of VP8', 'vp8', VP8_KEY, 500, 10],
    ['a delta frame of VP8', 'vp8', VP8_DELTA, 500, 3],
    ['a key frame of VP8 that is cut short', 'vp8', VP8_KEY, 4, 4],
    ['a delta frame of VP8 of one byte', 'vp8', VP8_DELTA, 1, 1],
    ['any frame of VP9', 'vp9', 0x82, 500, 0],
    ['a packet of Opus', 'opus', 0xfc, 80, 0],
  ] as const)('[SF6] of %s', (_, codec, first, length, clear) => {
    const frame = new Uint8Array(length).fill(first, 0, 1);
    expect(clearLength(frame, codec)).toBe(clear);
  });

  it('[SF6] is known for VP8, VP9 and Opus, in any spelling, and for nothing else', () => {
    expect(['video/VP8', 'video/vp9', 'audio/opus'].map(frameCodec)).toEqual([
      'vp8',
      'vp9',
      'opus',
    ]);
    const others = ['video/AV1', 'video/H264', 'video/H265', 'audio/red', 'audio/PCMU', ''];
    expect(others.map(frameCodec)).toEqual(others.map(() => undefined));
  });
});

describe('a trailer', () => {
  const trailer = { clearLength: 3, kid: 0xfffffffe, epoch: 0x01020304, ctr: EPOCH_FRAMES - 1 };

  it('[SF1] has its layout, and is read back', () => {
    const bytes = encodeTrailer(trailer);
    expect(bytes).toEqual(layout('x:03', 'x:fffffffe', 'x:01020304', 'x:00000000000fffff'));
    const parsed = parseFrame(layout(counting(3), counting(20), bytes));
    expect(parsed?.trailer).toEqual(trailer);
    expect(parsed?.clear).toEqual(counting(3));
    expect(parsed?.ciphertext).toEqual(counting(20));
    expect(parsed?.aad).toEqual(layout(counting(3), bytes));
  });

  it('[SF1] holds no number that its field cannot', () => {
    expect(codeOf(() => encodeTrailer({ ...trailer, kid: 2 ** 32 }))).toBe('out-of-range');
    expect(codeOf(() => encodeTrailer({ ...trailer, epoch: -1 }))).toBe('out-of-range');
  });

  it.each([
    ['nothing', layout()],
    ['less than tag and trailer', counting(FRAME_OVERHEAD - 1)],
    ['a clear header that runs into the tag', layout(counting(17), encode({ clearLength: 2 }))],
    ['more clear bytes than any codec needs', layout(counting(80), encode({ clearLength: 11 }))],
    ['a counter that the epoch does not have', layout(counting(80), encode({ ctr: 2 ** 20 }))],
    ['a counter beyond 2^53', layout(counting(80), 'x:00'.padEnd(20, '0'), 'x:ffffffffffffffff')],
  ])('[SF1] is not there in %s', (_, bytes) => {
    expect(parseFrame(bytes)).toBeUndefined();
  });

  function encode(change: Partial<typeof trailer>) {
    return encodeTrailer({ clearLength: 0, kid: 0, epoch: 0, ctr: 0, ...change });
  }
});
