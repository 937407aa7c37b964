import { ProtocolError } from './errors.ts';
import { CHUNK_TAG_BYTES } from './limits.ts';

/** [TR2] `u8 version ‖ u8 flags ‖ u32 tag ‖ u32 fileId ‖ u32 chunkIndex` */
export const CHUNK_HEADER_BYTES = 14;
export const CHUNK_FRAME_VERSION = 2;

export interface ChunkHeader {
  /** u32, names the salt ([TR3]). */
  readonly tag: number;
  readonly fileId: number;
  readonly chunkIndex: number;
}

export interface ChunkFrame extends ChunkHeader {
  /** A view into the frame, not a copy: chunk and AES-GCM tag. */
  readonly ciphertext: Uint8Array;
}

/** Writes the header into the first `CHUNK_HEADER_BYTES` of `frame`. */
export function writeChunkHeader(frame: Uint8Array, header: ChunkHeader): void {
  const view = new DataView(frame.buffer, frame.byteOffset, CHUNK_HEADER_BYTES);
  view.setUint8(0, CHUNK_FRAME_VERSION);
  view.setUint8(1, 0);
  view.setUint32(2, header.tag);
  view.setUint32(6, header.fileId);
  view.setUint32(10, header.chunkIndex);
}

/**
 * No chunk is empty, so a frame has at least one byte more than header and tag.
 *
 * @throws ProtocolError `bad-frame`
 */
export function decodeChunkFrame(frame: Uint8Array): ChunkFrame {
  if (frame.length <= CHUNK_HEADER_BYTES + CHUNK_TAG_BYTES) {
    throw new ProtocolError('bad-frame', 'a chunk frame without a chunk');
  }
  const view = new DataView(frame.buffer, frame.byteOffset, CHUNK_HEADER_BYTES);
  if (view.getUint8(0) !== CHUNK_FRAME_VERSION) throw new ProtocolError('bad-frame', 'version');
  if (view.getUint8(1) !== 0) throw new ProtocolError('bad-frame', 'flags');
  return {
    tag: view.getUint32(2),
    fileId: view.getUint32(6),
    chunkIndex: view.getUint32(10),
    ciphertext: frame.subarray(CHUNK_HEADER_BYTES),
  };
}
