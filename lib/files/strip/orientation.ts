/**
 * The one thing of an Exif block that a picture needs: which way is up (Exif 2.3 §4.6.4, tag 0x0112;
 * TIFF 6.0 §2). It stays in a block that holds nothing else.
 */
import type { ByteWindow } from './window.ts';

/** 1 is upright; 2 to 8 are turned or mirrored. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
/** `Exif` and two zeros: in front of the TIFF block in JPEG, and by mistake in some WebP files. */
const PREFIX = 'Exif\0\0';
export const EXIF_PREFIX_LENGTH = PREFIX.length;

/** Bytes of `orientationBlock`. */
const BLOCK_LENGTH = 26;

/** Whether the block at `start` begins with the prefix; it must lie in the picture. */
export async function hasExifPrefix(
  bytes: ByteWindow,
  start: number,
  length: number,
): Promise<boolean> {
  if (length < PREFIX.length) return false;
  if (!bytes.has(start, PREFIX.length)) await bytes.load(start, PREFIX.length);
  return bytes.text(start, PREFIX.length) === PREFIX;
}

/** Orientation of the TIFF block at `start`; 1 for a block that does not say or is broken. */
export async function readOrientation(
  bytes: ByteWindow,
  start: number,
  length: number,
): Promise<Orientation> {
  const reach = async (offset: number, count: number): Promise<boolean> => {
    if (offset + count > length) return false;
    if (!bytes.has(start + offset, count)) await bytes.load(start + offset, count);
    return true;
  };
  if (!(await reach(0, 8))) return 1;
  const order = bytes.text(start, 2);
  if (order !== 'II' && order !== 'MM') return 1;
  const u16 = (offset: number) =>
    order === 'II' ? bytes.u16le(start + offset) : bytes.u16(start + offset);
  const u32 = (offset: number) =>
    order === 'II' ? bytes.u32le(start + offset) : bytes.u32(start + offset);
  if (u16(2) !== 42) return 1;
  const directory = u32(4);
  if (!(await reach(directory, 2))) return 1;
  const entries = u16(directory);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (!(await reach(entry, 12))) return 1;
    if (u16(entry) !== ORIENTATION_TAG) continue;
    if (u16(entry + 2) !== SHORT || u32(entry + 4) !== 1) return 1;
    return asOrientation(u16(entry + 8));
  }
  return 1;
}

/** A TIFF block with the orientation and nothing else. */
export function orientationBlock(orientation: Orientation): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK_LENGTH);
  const view = new DataView(block.buffer);
  view.setUint32(0, 0x4d4d002a);
  view.setUint32(4, 8);
  view.setUint16(8, 1);
  view.setUint16(10, ORIENTATION_TAG);
  view.setUint16(12, SHORT);
  view.setUint32(14, 1);
  view.setUint16(18, orientation);
  return block;
}

/** Whether the block at `start` is already what `orientationBlock` makes: then it may stay. */
export async function isOrientationBlock(
  bytes: ByteWindow,
  start: number,
  length: number,
  orientation: Orientation,
): Promise<boolean> {
  if (length !== BLOCK_LENGTH || orientation === 1) return false;
  if (!bytes.has(start, length)) await bytes.load(start, length);
  return orientationBlock(orientation).every((byte, i) => byte === bytes.u8(start + i));
}

function asOrientation(value: number): Orientation {
  switch (value) {
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
      return value;
    default:
      return 1;
  }
}
