/**
 * JPEG (ITU T.81 annex B): which segments stay. Everything a decoder needs, the colour profile and
 * Adobe's word about colour transforms; of what cameras and programs add, nothing.
 */
import { StripError } from './errors.ts';
import {
  EXIF_PREFIX_LENGTH,
  hasExifPrefix,
  isOrientationBlock,
  orientationBlock,
  readOrientation,
  type Orientation,
} from './orientation.ts';
import { PlanBuilder, type RemovedKind, type StripPlan } from './plan.ts';
import type { ByteWindow } from './window.ts';

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const COM = 0xfe;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP13 = 0xed;
const APP14 = 0xee;
const APP15 = 0xef;
const TEM = 0x01;

/** As many bytes of a segment as tell what it is: the longest name and its zero. */
const NAME_BYTES = 35;
/** `JFIF`, version, units and densities, without the thumbnail. */
const JFIF_BYTES = 14;

type Verdict =
  | { readonly type: 'keep' }
  | { readonly type: 'drop'; readonly kind: RemovedKind }
  | { readonly type: 'exif' }
  | { readonly type: 'jfif' };

/** @throws StripError */
export async function planJpeg(bytes: ByteWindow): Promise<StripPlan> {
  const plan = new PlanBuilder();
  let exifSeen = false;
  let at = 2;
  plan.keep(0, at);
  for (;;) {
    // A picture cut off after its last scan: all that is there was looked at.
    if (at === bytes.size) return plan.plan();
    const start = at;
    at = await skipFill(bytes, at);
    const marker = bytes.u8(at);
    at++;
    if (marker === EOI) {
      plan.keep(start, at);
      if (at < bytes.size) plan.drop('trailing');
      return plan.plan();
    }
    if (marker === TEM || isRestart(marker)) {
      plan.keep(start, at);
      continue;
    }
    if (marker === 0 || marker === SOI) throw new StripError('picture-malformed', 'marker');
    if (!bytes.has(at, 2)) await bytes.load(at, 2);
    const length = bytes.u16(at);
    const end = at + length;
    if (length < 2 || end > bytes.size) throw new StripError('picture-malformed', 'segment length');
    const body = at + 2;
    at = end;
    if (marker === SOS) {
      at = await endOfScan(bytes, end);
      plan.keep(start, at);
      continue;
    }
    const verdict = await judge(bytes, marker, body, end - body);
    switch (verdict.type) {
      case 'keep':
        plan.keep(start, end);
        break;
      case 'drop':
        plan.drop(verdict.kind);
        break;
      case 'jfif':
        plan.write(await jfifWithoutThumbnail(bytes, body));
        plan.drop('preview');
        break;
      case 'exif': {
        // Decoders go by the first one; a second has no say about what is up.
        const orientation = exifSeen ? 1 : await exifOrientation(bytes, body, end);
        exifSeen = true;
        const block = body + EXIF_PREFIX_LENGTH;
        if (await isOrientationBlock(bytes, block, end - block, orientation)) {
          plan.keep(start, end);
          break;
        }
        if (orientation !== 1) plan.write(exifSegment(orientation));
        plan.drop('exif');
      }
    }
  }
}

/** From the 0xFF of a marker to its second byte: any number of 0xFF may fill the gap. */
async function skipFill(bytes: ByteWindow, start: number): Promise<number> {
  let at = start;
  if (!bytes.has(at, 2)) await bytes.load(at, 2);
  if (bytes.u8(at) !== 0xff) throw new StripError('picture-malformed', 'no marker');
  do {
    at++;
    if (!bytes.has(at, 1)) await bytes.load(at, 1);
  } while (bytes.u8(at) === 0xff);
  return at;
}

/** The marker after the entropy-coded bytes, or the picture's end. Nothing here is copied or changed. */
async function endOfScan(bytes: ByteWindow, start: number): Promise<number> {
  let at = start;
  while (at < bytes.size) {
    if (!bytes.has(at, 1)) await bytes.load(at, 1);
    at = bytes.indexOf(0xff, at);
    if (at === bytes.end) continue;
    if (at + 1 === bytes.size) return bytes.size;
    if (!bytes.has(at, 2)) await bytes.load(at, 2);
    const next = bytes.u8(at + 1);
    if (next === 0 || isRestart(next)) at += 2;
    else if (next === 0xff) at++;
    else return at;
  }
  return at;
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

async function judge(
  bytes: ByteWindow,
  marker: number,
  body: number,
  length: number,
): Promise<Verdict> {
  if (marker === COM) return { type: 'drop', kind: 'text' };
  if (marker < APP0 || marker > APP15) return { type: 'keep' };
  const named = Math.min(length, NAME_BYTES);
  if (!bytes.has(body, named)) await bytes.load(body, named);
  const name = bytes.text(body, named);
  switch (marker) {
    case APP0:
      if (!name.startsWith('JFIF\0')) return { type: 'drop', kind: 'preview' };
      if (length < JFIF_BYTES) return { type: 'drop', kind: 'other' };
      return { type: length === JFIF_BYTES ? 'keep' : 'jfif' };
    case APP1:
      if (await hasExifPrefix(bytes, body, length)) return { type: 'exif' };
      if (name.startsWith('http://ns.adobe.com/')) return { type: 'drop', kind: 'xmp' };
      return { type: 'drop', kind: 'other' };
    case APP2:
      if (name.startsWith('ICC_PROFILE\0')) return { type: 'keep' };
      return { type: 'drop', kind: name.startsWith('MPF\0') ? 'preview' : 'other' };
    case APP13:
      return { type: 'drop', kind: 'iptc' };
    case APP14:
      return name.startsWith('Adobe') ? { type: 'keep' } : { type: 'drop', kind: 'other' };
    default:
      return { type: 'drop', kind: 'other' };
  }
}

async function exifOrientation(bytes: ByteWindow, body: number, end: number): Promise<Orientation> {
  const block = body + EXIF_PREFIX_LENGTH;
  return await readOrientation(bytes, block, end - block);
}

function exifSegment(orientation: Orientation): Uint8Array<ArrayBuffer> {
  const block = orientationBlock(orientation);
  const length = 2 + EXIF_PREFIX_LENGTH + block.length;
  const head = [0xff, APP1, length >> 8, length & 0xff, 0x45, 0x78, 0x69, 0x66, 0, 0];
  return Uint8Array.from([...head, ...block]);
}

async function jfifWithoutThumbnail(
  bytes: ByteWindow,
  body: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!bytes.has(body, JFIF_BYTES)) await bytes.load(body, JFIF_BYTES);
  const segment = [0xff, APP0, 0, 2 + JFIF_BYTES];
  // The last two are the thumbnail's width and height.
  for (let i = 0; i < JFIF_BYTES - 2; i++) segment.push(bytes.u8(body + i));
  return Uint8Array.from([...segment, 0, 0]);
}
