/**
 * A sealed media frame: PROTOCOL.md section SF.
 *
 *     clear header ‖ ciphertext ‖ tag(16) ‖ u8 clearLength ‖ u32 kid ‖ u32 epoch ‖ u64 ctr
 *
 * What is ours stands behind the frame, not in front of it as in RFC 9605: packetizers look at a
 * frame's first bytes.
 */
import { TAG_LENGTH } from '../crypto/aead.ts';
import { concat, u32be, u64be, u8, type Bytes } from '../crypto/bytes.ts';

export const TRAILER_LENGTH = 17;
/** What a sealed frame is longer than the frame. */
export const FRAME_OVERHEAD = TAG_LENGTH + TRAILER_LENGTH;

/** Frames under one key; with the time below, whichever comes first ([SF4]). */
export const EPOCH_FRAMES = 2 ** 20;
export const EPOCH_MS = 10 * 60_000;

/** Of one track: more than simulcast has layers. */
export const MAX_ENCODINGS = 8;

/**
 * RFC 6386 §9.1: the frame tag, and behind it on a key frame start code, width and height. The
 * depacketizer of VP8 (RFC 7741 §4.3) reads the P bit, and of a key frame all ten bytes.
 */
const VP8_KEY_CLEAR = 10;
const VP8_DELTA_CLEAR = 3;
/** More than this is never left in clear, whatever a peer says. */
export const MAX_CLEAR_LENGTH = VP8_KEY_CLEAR;

/** The codecs whose frames survive the trip from packetizer to depacketizer when sealed. */
export type FrameCodec = 'vp8' | 'vp9' | 'opus';

/** From `RTCEncodedFrameMetadata.mimeType`; `undefined` for a codec that must not be sealed. */
export function frameCodec(mimeType: string): FrameCodec | undefined {
  switch (mimeType.toLowerCase()) {
    case 'video/vp8':
      return 'vp8';
    case 'video/vp9':
      return 'vp9';
    case 'audio/opus':
      return 'opus';
    default:
      return undefined;
  }
}

/** How many of a frame's first bytes stay readable ([SF6]). */
export function clearLength(frame: Uint8Array, codec: FrameCodec): number {
  switch (codec) {
    case 'vp8': {
      // The depacketizer's own test (P bit), so that the two can never disagree on what a key frame is.
      const key = ((frame[0] ?? 1) & 1) === 0;
      return Math.min(frame.length, key ? VP8_KEY_CLEAR : VP8_DELTA_CLEAR);
    }
    // Of VP9 everything a packetizer needs is in the payload descriptor (RFC 9628 §4.2), which
    // is not part of the frame; a payload of Opus is one packet as it is (RFC 7587 §4.2).
    case 'vp9':
    case 'opus':
      return 0;
  }
}

export interface FrameTrailer {
  readonly clearLength: number;
  readonly kid: number;
  readonly epoch: number;
  /** Below `EPOCH_FRAMES`. */
  readonly ctr: number;
}

/** @throws CryptoError `out-of-range`. */
export function encodeTrailer({ clearLength, kid, epoch, ctr }: FrameTrailer): Bytes {
  return concat(u8(clearLength), u32be(kid), u32be(epoch), u64be(ctr));
}

export interface SealedFrame {
  readonly trailer: FrameTrailer;
  readonly clear: Uint8Array;
  /** With its tag. */
  readonly ciphertext: Uint8Array;
  /** `clear header ‖ trailer`. */
  readonly aad: Bytes;
}

/** Views into `bytes`; `undefined` for anything that no sealer of this protocol makes. */
export function parseFrame(bytes: Uint8Array): SealedFrame | undefined {
  const trailerAt = bytes.length - TRAILER_LENGTH;
  if (trailerAt < TAG_LENGTH) return undefined;
  const raw = bytes.subarray(trailerAt);
  const view = new DataView(raw.buffer, raw.byteOffset, TRAILER_LENGTH);
  const trailer: FrameTrailer = {
    clearLength: view.getUint8(0),
    kid: view.getUint32(1),
    epoch: view.getUint32(5),
    ctr: view.getUint32(9) * 2 ** 32 + view.getUint32(13),
  };
  if (trailer.ctr >= EPOCH_FRAMES || trailer.clearLength > MAX_CLEAR_LENGTH) return undefined;
  if (trailerAt - trailer.clearLength < TAG_LENGTH) return undefined;
  const clear = bytes.subarray(0, trailer.clearLength);
  const ciphertext = bytes.subarray(trailer.clearLength, trailerAt);
  return { trailer, clear, ciphertext, aad: concat(clear, raw) };
}
