import { MAX_PACK_BYTES } from '../protocol/limits.ts';
import type { Layout } from './chunking.ts';

/** [TR16] A pack is keyed as one file of one chunk of the largest size; empty files make none. */
export function packLayout(size: number): Layout {
  return { size, chunkSize: MAX_PACK_BYTES, count: size === 0 ? 0 : 1 };
}
