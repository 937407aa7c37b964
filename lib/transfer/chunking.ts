import { CHUNK_HEADER_BYTES } from '../protocol/chunk-frame.ts';
import {
  CHUNK_SIZES,
  CHUNK_TAG_BYTES,
  SMALL_FILE_BYTES,
  type ChunkSize,
} from '../protocol/limits.ts';

/** How one file falls into chunks ([TR2]). */
export interface Layout {
  readonly size: number;
  readonly chunkSize: ChunkSize;
  /** 0 for an empty file. */
  readonly count: number;
}

export function layoutOf(size: number, chunkSize: ChunkSize): Layout {
  return { size, chunkSize, count: Math.ceil(size / chunkSize) };
}

export function chunkLength(layout: Layout, index: number): number {
  return index === layout.count - 1 ? layout.size - index * layout.chunkSize : layout.chunkSize;
}

export function fitsMessage(chunkSize: ChunkSize, maxMessageSize: number): boolean {
  return CHUNK_HEADER_BYTES + chunkSize + CHUNK_TAG_BYTES <= maxMessageSize;
}

/** Bytes a second below which a chunk of the next size would hold up what comes behind it. */
const RATE_FOR_MIDDLE = 1_000_000;
const RATE_FOR_LARGEST = 4_000_000;

/**
 * The chunk size for a file, or null where not even the smallest fits the transport.
 *
 * @param rate bytes a second that the session carries; null while unknown
 */
export function chooseChunkSize(
  size: number,
  maxMessageSize: number,
  rate: number | null = null,
): ChunkSize | null {
  const fitting = CHUNK_SIZES.filter((chunkSize) => fitsMessage(chunkSize, maxMessageSize));
  const [smallest, middle] = fitting;
  if (size <= SMALL_FILE_BYTES || (rate !== null && rate < RATE_FOR_MIDDLE)) {
    return smallest ?? null;
  }
  if (rate !== null && rate < RATE_FOR_LARGEST) return middle ?? smallest ?? null;
  return fitting.at(-1) ?? null;
}
