/**
 * Keys and nonces of a file's chunks, after Tink's AES-GCM-HKDF streaming layout: a key and a nonce
 * prefix per salt and group, the nonce counts chunks and marks the last. PROTOCOL.md section TR.
 */
import { assertLength, concat, lvCat, u32be, u64be, u8, utf8, wipe, type Bytes } from './bytes.ts';
import { directionBytes, type Direction } from './direction.ts';
import { CryptoError } from './errors.ts';
import { hkdfSha256 } from './hash.ts';

export const FILE_SALT_LENGTH = 32;
export const TRANSFER_ID_LENGTH = 16;
export const NONCE_PREFIX_LENGTH = 7;

const LABEL = utf8('tallow-file-v2');

/** What a file's keys depend on; the sender names salt and chunk size in `start`. */
export interface FileKeyContext {
  /** `SessionKeys.fileRoot`. */
  fileRoot: Uint8Array;
  /** 32 fresh random bytes from the sender. */
  salt: Uint8Array;
  /** The direction the file flows. */
  dir: Direction;
  /** 16 bytes. */
  transferId: Uint8Array;
  /** u32. */
  fileId: number;
  /** Bytes of the whole file, u64. */
  size: number;
  /** Bytes of every chunk but the last, u32. */
  chunkSize: number;
}

/** The group a chunk belongs to: 2^16 chunks share a key, and the nonce counts within them. */
export function chunkGroup(chunkIndex: number): number {
  assertChunkIndex(chunkIndex);
  return chunkIndex >>> 16;
}

/** Key (32 bytes) and nonce prefix (7) of one group. @throws CryptoError `bad-length`, `out-of-range`. */
export function deriveFileKey(context: FileKeyContext & { group: number }): {
  key: Bytes;
  prefix: Bytes;
} {
  assertLength(context.fileRoot, 32, 'file root');
  assertLength(context.salt, FILE_SALT_LENGTH, 'salt');
  assertLength(context.transferId, TRANSFER_ID_LENGTH, 'transferId');
  const info = lvCat(
    LABEL,
    directionBytes(context.dir),
    context.transferId,
    u32be(context.fileId),
    u64be(context.size),
    u32be(context.chunkSize),
    u32be(context.group),
  );
  const out = hkdfSha256(context.fileRoot, context.salt, info, 32 + NONCE_PREFIX_LENGTH);
  try {
    return { key: out.slice(0, 32), prefix: out.slice(32) };
  } finally {
    wipe(out);
  }
}

/** `prefix ‖ u32 (index & 0xffff) ‖ last`, 12 bytes. @throws CryptoError `bad-length`, `out-of-range`. */
export function chunkNonce(prefix: Uint8Array, chunkIndex: number, last: boolean): Bytes {
  assertLength(prefix, NONCE_PREFIX_LENGTH, 'nonce prefix');
  assertChunkIndex(chunkIndex);
  return concat(prefix, u32be(chunkIndex & 0xffff), u8(last ? 1 : 0));
}

function assertChunkIndex(chunkIndex: number): void {
  if (!Number.isInteger(chunkIndex) || chunkIndex < 0 || chunkIndex > 0xffff_ffff) {
    throw new CryptoError('out-of-range', 'chunk index');
  }
}
