/**
 * PNG (third edition): the chunks that make pixels and colours stay, by an allow-list; what is not
 * on it goes. Checksums of kept chunks are not looked at: their bytes are not touched.
 */
import { StripError } from './errors.ts';
import { isOrientationBlock, orientationBlock, readOrientation } from './orientation.ts';
import { PlanBuilder, type RemovedKind, type StripPlan } from './plan.ts';
import type { ByteWindow } from './window.ts';

export const PNG_SIGNATURE = '\x89PNG\r\n\x1a\n';

/** Length, type and checksum around a chunk's data. */
const OVERHEAD = 12;
const MAX_CHUNK_BYTES = 0x7fff_ffff;

const KEPT: ReadonlySet<string> = new Set(
  [
    'IHDR PLTE IDAT IEND', // pixels
    'acTL fcTL fdAT', // animation
    'tRNS bKGD hIST sPLT sBIT', // transparency, background, palettes
    'cHRM gAMA iCCP sRGB cICP mDCV cLLI mDCv cLLi', // colours
    'pHYs', // shape of a pixel
  ].flatMap((names) => names.split(' ')),
);

/** @throws StripError */
export async function planPng(bytes: ByteWindow): Promise<StripPlan> {
  const plan = new PlanBuilder();
  let at = PNG_SIGNATURE.length;
  let orientationSeen = false;
  plan.keep(0, at);
  while (at < bytes.size) {
    if (!bytes.has(at, 8)) await bytes.load(at, 8);
    const length = bytes.u32(at);
    const type = bytes.text(at + 4, 4);
    const end = at + OVERHEAD + length;
    if (length > MAX_CHUNK_BYTES || end > bytes.size || !/^[A-Za-z]{4}$/.test(type)) {
      throw new StripError('picture-malformed', 'chunk');
    }
    if ((at === PNG_SIGNATURE.length) !== (type === 'IHDR')) {
      throw new StripError('picture-malformed', 'IHDR is the first chunk');
    }
    const data = at + 8;
    if (KEPT.has(type)) plan.keep(at, end);
    else if (isCritical(type)) throw new StripError('picture-malformed', 'unknown critical chunk');
    else if (type === 'eXIf') {
      const orientation = orientationSeen ? 1 : await readOrientation(bytes, data, length);
      orientationSeen = true;
      if (await isOrientationBlock(bytes, data, length, orientation)) plan.keep(at, end);
      else {
        if (orientation !== 1) plan.write(chunk('eXIf', orientationBlock(orientation)));
        plan.drop('exif');
      }
    } else plan.drop(await kindOf(bytes, type, data, length));
    at = end;
    if (type !== 'IEND') continue;
    if (at < bytes.size) plan.drop('trailing');
    break;
  }
  return plan.plan();
}

/** A lower-case first letter means that a decoder may do without. */
function isCritical(type: string): boolean {
  return /^[A-Z]/.test(type);
}

const XMP_KEYWORD = 'XML:com.adobe.xmp\0';

async function kindOf(
  bytes: ByteWindow,
  type: string,
  data: number,
  length: number,
): Promise<RemovedKind> {
  if (type === 'tIME') return 'time';
  if (type === 'tEXt' || type === 'zTXt') return 'text';
  if (type !== 'iTXt') return 'other';
  const named = Math.min(length, XMP_KEYWORD.length);
  if (!bytes.has(data, named)) await bytes.load(data, named);
  return bytes.text(data, named) === XMP_KEYWORD ? 'xmp' : 'text';
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(OVERHEAD + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}

/** CRC-32 as PNG's annex D has it; bit by bit, for the 30 bytes that are ever written here. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ~crc >>> 0;
}
