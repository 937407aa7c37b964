import { expect, it } from 'vitest';
import {
  CHUNK_HEADER_BYTES,
  decodeChunkFrame,
  writeChunkHeader,
} from '../../../lib/protocol/chunk-frame.ts';
import { CHUNK_SIZES, CHUNK_TAG_BYTES } from '../../../lib/protocol/limits.ts';

function frame(): Uint8Array {
  const bytes = new Uint8Array(CHUNK_HEADER_BYTES + 20).fill(7);
  writeChunkHeader(bytes, { tag: 0xfffffffe, fileId: 0x01020304, chunkIndex: 0x80000001 });
  return bytes;
}

it('[TR2] writes version, flags, tag, fileId and chunkIndex big-endian', () => {
  expect([...frame().subarray(0, CHUNK_HEADER_BYTES)]).toEqual([
    2, 0, 0xff, 0xff, 0xff, 0xfe, 1, 2, 3, 4, 0x80, 0, 0, 1,
  ]);
});

it('[TR2] decodes a frame without copying its ciphertext', () => {
  const bytes = frame();
  const decoded = decodeChunkFrame(bytes);
  expect(decoded).toMatchObject({ tag: 0xfffffffe, fileId: 0x01020304, chunkIndex: 0x80000001 });
  expect(decoded.ciphertext.buffer).toBe(bytes.buffer);
  expect(decoded.ciphertext).toHaveLength(20);
});

it('[TR2] decodes a frame that is a view into a larger buffer', () => {
  const whole = new Uint8Array(100);
  whole.set(frame(), 31);
  const decoded = decodeChunkFrame(whole.subarray(31, 31 + CHUNK_HEADER_BYTES + 20));
  expect(decoded.fileId).toBe(0x01020304);
  expect(decoded.ciphertext.byteOffset).toBe(31 + CHUNK_HEADER_BYTES);
});

it('[TR2][BP1] refuses another version, any flag, and a frame without a byte of content', () => {
  const version = frame();
  version[0] = 3;
  const flags = frame();
  flags[1] = 1;
  const empty = frame().subarray(0, CHUNK_HEADER_BYTES + CHUNK_TAG_BYTES);
  for (const bytes of [version, flags, empty, new Uint8Array(0)]) {
    expect(() => decodeChunkFrame(bytes)).toThrow(expect.objectContaining({ code: 'bad-frame' }));
  }
});

it('[TR2] the largest chunk fits a message of 262,144 bytes', () => {
  const largest = CHUNK_SIZES.at(-1) ?? 0;
  expect(CHUNK_HEADER_BYTES + largest + CHUNK_TAG_BYTES).toBeLessThanOrEqual(262_144);
});
