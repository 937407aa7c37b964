import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../../lib/crypto/bytes.ts';
import { CHUNK_OVERHEAD, ChunkCipher } from '../../../lib/crypto/chunk-cipher.ts';
import {
  chunkGroup,
  chunkNonce,
  deriveFileKey,
  type FileKeyContext,
} from '../../../lib/crypto/file-keys.ts';
import { nodeGcmOpen, nodeHkdf, shortLv } from './node-oracle.ts';
import { asyncCodeOf, codeOf, counting, flipped } from './support.ts';

const context: FileKeyContext = {
  fileRoot: counting(32, 1),
  salt: counting(32, 40),
  dir: 'r2i',
  transferId: counting(16, 80),
  fileId: 7,
  size: 150_000,
  chunkSize: 65_536,
};
const NO_AAD = new Uint8Array(0);

describe('file keys', () => {
  it('[TR4] are the HKDF of the rule', () => {
    const info = shortLv(
      'tallow-file-v2',
      'r2i',
      context.transferId,
      'x:00000007',
      'x:00000000000249f0',
      'x:00010000',
      'x:00000003',
    );
    const { key, prefix } = deriveFileKey({ ...context, group: 3 });
    expect(toHex(key) + toHex(prefix)).toBe(nodeHkdf(context.fileRoot, context.salt, info, 39));
    expect(prefix).toHaveLength(7);
  });

  it('[TR4] differ in every part of what they depend on', () => {
    const variants: Partial<FileKeyContext & { group: number }>[] = [
      {},
      { fileRoot: counting(32, 2) },
      { salt: counting(32, 41) },
      { dir: 'i2r' },
      { transferId: counting(16, 81) },
      { fileId: 8 },
      { size: 150_001 },
      { chunkSize: 131_072 },
      { group: 1 },
    ];
    const keys = variants.map((change) => deriveFileKey({ ...context, group: 0, ...change }));
    expect(new Set(keys.map(({ key }) => toHex(key))).size).toBe(variants.length);
  });

  it('[TR4] [EN1] refuse parts of another length or range', () => {
    for (const [change, code] of [
      [{ fileRoot: counting(31) }, 'bad-length'],
      [{ salt: counting(16) }, 'bad-length'],
      [{ transferId: counting(17) }, 'bad-length'],
      [{ fileId: 2 ** 32 }, 'out-of-range'],
      [{ size: -1 }, 'out-of-range'],
      [{ group: 1.5 }, 'out-of-range'],
    ] as const) {
      expect(codeOf(() => deriveFileKey({ ...context, group: 0, ...change }))).toBe(code);
    }
  });

  it('[TR5] nonce = prefix ‖ u32 (index & 0xffff) ‖ last', () => {
    const prefix = counting(7, 0xa0);
    expect(toHex(chunkNonce(prefix, 0, false))).toBe('a0a1a2a3a4a5a60000000000');
    expect(toHex(chunkNonce(prefix, 0x2ffff, true))).toBe('a0a1a2a3a4a5a60000ffff01');
    expect(codeOf(() => chunkNonce(counting(8), 0, false))).toBe('bad-length');
    expect(codeOf(() => chunkNonce(prefix, -1, false))).toBe('out-of-range');
    expect([0, 0xffff, 0x1_0000, 0xffff_ffff].map(chunkGroup)).toEqual([0, 0, 1, 0xffff]);
  });
});

describe('ChunkCipher', () => {
  const chunks = [counting(65_536), counting(65_536, 1), counting(150_000 - 2 * 65_536, 2)];

  it('[TR4] [TR5] seals as the rule says, the last chunk marked', async () => {
    const cipher = new ChunkCipher(context);
    expect(cipher.chunkCount).toBe(3);
    const { key, prefix } = deriveFileKey({ ...context, group: 0 });
    for (const [index, chunk] of chunks.entries()) {
      const sealed = await cipher.encrypt(index, chunk);
      expect(sealed).toHaveLength(chunk.length + CHUNK_OVERHEAD);
      const nonce = concat(prefix, fromHex(`0000000${index}0${index === 2 ? 1 : 0}`));
      expect(nodeGcmOpen(key, nonce, NO_AAD, sealed)).toEqual(chunk);
      expect(await new ChunkCipher(context).decrypt(index, sealed)).toEqual(chunk);
    }
  });

  it('[TR4] changes the key where a group ends', async () => {
    const size = 0x1_0001 * 4;
    const small = { ...context, size, chunkSize: 4 };
    const cipher = new ChunkCipher(small);
    const opening = new ChunkCipher(small);
    for (const index of [0xffff, 0x1_0000, 0, 0xffff]) {
      const sealed = await cipher.encrypt(index, counting(4, index));
      expect(await opening.decrypt(index, sealed)).toEqual(counting(4, index));
      const { key, prefix } = deriveFileKey({ ...small, group: index >>> 16 });
      const nonce = chunkNonce(prefix, index, index === 0x1_0000);
      expect(nodeGcmOpen(key, nonce, NO_AAD, sealed)).toEqual(counting(4, index));
    }
    const sealed = await cipher.encrypt(0, counting(4));
    expect(await asyncCodeOf(opening.decrypt(0x1_0000, sealed))).toBe('bad-tag');
  });

  it('works with many chunks at once, over a group boundary', async () => {
    const small = { ...context, size: 0x1_0008 * 4, chunkSize: 4 };
    const cipher = new ChunkCipher(small);
    const indexes = Array.from({ length: 16 }, (_, i) => 0xfff8 + i);
    const sealed = await Promise.all(indexes.map((i) => cipher.encrypt(i, counting(4, i))));
    const opened = await Promise.all(
      indexes.map((i, at) => cipher.decrypt(i, sealed[at] ?? NO_AAD)),
    );
    expect(opened).toEqual(indexes.map((i) => counting(4, i)));
  });

  it('[TR5] refuses a chunk moved, from another file, or changed', async () => {
    const cipher = new ChunkCipher(context);
    const [first, second] = chunks;
    const sealed = await cipher.encrypt(0, first ?? NO_AAD);
    expect(await asyncCodeOf(cipher.decrypt(1, sealed))).toBe('bad-tag');
    for (const change of [{ fileId: 8 }, { salt: counting(32, 41) }, { dir: 'i2r' as const }]) {
      const other = new ChunkCipher({ ...context, ...change });
      expect(await asyncCodeOf(other.decrypt(0, sealed))).toBe('bad-tag');
    }
    for (const position of [0, 65_535, 65_536, 65_551]) {
      expect(await asyncCodeOf(cipher.decrypt(0, flipped(sealed, position)))).toBe('bad-tag');
    }
    expect(await cipher.decrypt(0, sealed)).toEqual(first);
    expect(second).toHaveLength(65_536);
  });

  it('[TR5] a file cut at a chunk boundary does not pass as whole', async () => {
    const sealed = await new ChunkCipher({ ...context, size: 3 * 65_536 }).encrypt(
      1,
      counting(65_536),
    );
    const shorter = new ChunkCipher({ ...context, size: 2 * 65_536 });
    expect(await asyncCodeOf(shorter.decrypt(1, sealed))).toBe('bad-tag');
  });

  it('[TR15] refuses chunks of a wrong length or index', async () => {
    const cipher = new ChunkCipher(context);
    expect(await asyncCodeOf(cipher.encrypt(0, counting(65_535)))).toBe('bad-length');
    expect(await asyncCodeOf(cipher.encrypt(2, counting(65_536)))).toBe('bad-length');
    expect(await asyncCodeOf(cipher.decrypt(0, counting(65_536)))).toBe('bad-length');
    expect(await asyncCodeOf(cipher.decrypt(2, counting(0)))).toBe('bad-length');
    for (const index of [3, -1, 0.5, 2 ** 32]) {
      expect(await asyncCodeOf(cipher.decrypt(index, counting(16)))).toBe('out-of-range');
    }
  });

  it('[TR7] an empty file has no chunk at all', async () => {
    const cipher = new ChunkCipher({ ...context, size: 0 });
    expect(cipher.chunkCount).toBe(0);
    expect(await asyncCodeOf(cipher.encrypt(0, NO_AAD))).toBe('out-of-range');
  });

  it('refuses a size that makes no file, and works no more once destroyed', async () => {
    for (const change of [
      { size: -1 },
      { size: 0.5 },
      { chunkSize: 0 },
      { size: 2 ** 52, chunkSize: 1 },
    ]) {
      expect(codeOf(() => new ChunkCipher({ ...context, ...change }))).toBe('out-of-range');
    }
    const fileRoot = counting(32, 1);
    const cipher = new ChunkCipher({ ...context, fileRoot });
    fileRoot.fill(0);
    const sealed = await cipher.encrypt(0, counting(65_536));
    expect(await new ChunkCipher(context).decrypt(0, sealed)).toEqual(counting(65_536));
    cipher.destroy();
    expect(await asyncCodeOf(cipher.encrypt(0, counting(65_536)))).toBe('bad-state');
  });
});
