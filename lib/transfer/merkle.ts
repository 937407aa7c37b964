import type { Bytes } from '../crypto/bytes.ts';
import { sha256 } from '../crypto/hash.ts';
import { HASH_BYTES } from '../protocol/limits.ts';

/**
 * [TR7] The tree of RFC 9162 §2.1 over a file's plaintext chunks: leaf `SHA-256(00 ‖ chunk)`, node
 * `SHA-256(01 ‖ left ‖ right)`, no chunk at all `SHA-256("")`.
 */

/**
 * A chunk's leaf. `prefixed` is a zero byte and then the chunk: files are read into a buffer behind
 * that byte, so that hashing needs no copy.
 */
export async function leafOf(prefixed: Bytes): Promise<Bytes> {
  if (prefixed[0] !== 0) throw new Error('a leaf begins with 00');
  return new Uint8Array(await crypto.subtle.digest('SHA-256', prefixed));
}

/** @param leaves all leaf hashes in order, 32 bytes each */
export function merkleRoot(leaves: Uint8Array): Bytes {
  let level = leaves.slice();
  let count = level.length / HASH_BYTES;
  if (count === 0) return sha256(new Uint8Array(0));
  const node = new Uint8Array(1 + 2 * HASH_BYTES);
  node[0] = 1;
  // Pairing from the left and carrying an odd last node up gives RFC 9162's split at the largest
  // power of two below the count.
  while (count > 1) {
    const next = new Uint8Array(Math.ceil(count / 2) * HASH_BYTES);
    for (let i = 0; i + 1 < count; i += 2) {
      node.set(level.subarray(i * HASH_BYTES, (i + 2) * HASH_BYTES), 1);
      next.set(sha256(node), (i / 2) * HASH_BYTES);
    }
    if (count % 2 === 1) next.set(level.subarray(-HASH_BYTES), next.length - HASH_BYTES);
    level = next;
    count = Math.ceil(count / 2);
  }
  return level;
}

/** [TR16] The root of a file of at most one chunk. @param prefixed as for `leafOf` */
export async function smallRoot(prefixed: Bytes): Promise<Bytes> {
  return prefixed.length === 1 ? sha256(new Uint8Array(0)) : leafOf(prefixed);
}
