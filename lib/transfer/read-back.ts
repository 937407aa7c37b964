import { equalBytes } from '../crypto/bytes.ts';
import { HASH_BYTES } from '../protocol/limits.ts';
import { chunkLength, type Layout } from './chunking.ts';
import { VERIFY_OPERATIONS } from './constants.ts';
import { leafOf } from './merkle.ts';
import type { Sink } from './ports.ts';

/**
 * [TR9] Reads back what lies on the disk and compares each chunk with its leaf.
 *
 * @param leaves 32 bytes a chunk
 * @param suspects the chunks to look at; null: all of them
 * @param goesOn asked between chunks; false ends it with what is known by then
 * @returns the indexes of those that are wrong, ascending. @throws SinkError
 */
export async function wrongChunks(
  sink: Sink,
  layout: Layout,
  leaves: Uint8Array,
  suspects: readonly number[] | null,
  goesOn: () => boolean,
): Promise<number[]> {
  const wrong: number[] = [];
  const total = suspects === null ? layout.count : suspects.length;
  let next = 0;
  const worker = async (): Promise<void> => {
    const buffer = new Uint8Array(1 + Math.min(layout.chunkSize, layout.size));
    while (next < total && goesOn()) {
      const at = next++;
      const index = suspects === null ? at : (suspects[at] ?? 0);
      const prefixed = buffer.subarray(0, 1 + chunkLength(layout, index));
      const read = await sink.read(index * layout.chunkSize, prefixed.subarray(1));
      const leaf = read === prefixed.length - 1 ? await leafOf(prefixed) : null;
      const expected = leaves.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
      if (leaf === null || !equalBytes(leaf, expected)) wrong.push(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(VERIFY_OPERATIONS, total) }, worker));
  return wrong.sort((a, b) => a - b);
}
