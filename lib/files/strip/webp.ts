/** WebP (RFC 9649 §2): a RIFF file whose chunks stay by an allow-list, inside frames too. */
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

/** `RIFF`, size, `WEBP`. */
const FILE_HEADER = 12;
const CHUNK_HEADER = 8;
/** Place and time of a frame, before the chunks it is made of. */
const FRAME_HEADER = 16;
const VP8X_BYTES = 10;
const XMP_FLAG = 0x04;
const EXIF_FLAG = 0x08;

const KEPT: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ICCP']);
const KEPT_IN_FRAME: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'ALPH']);

interface Chunk {
  readonly type: string;
  readonly data: number;
  readonly length: number;
  /** After the padding. */
  readonly end: number;
}

/** @throws StripError */
export async function planWebp(bytes: ByteWindow): Promise<StripPlan> {
  if (!bytes.has(0, FILE_HEADER)) await bytes.load(0, FILE_HEADER);
  const end = 8 + bytes.u32le(4);
  if (end > bytes.size || end < FILE_HEADER) throw new StripError('picture-malformed', 'RIFF size');
  const body = new PlanBuilder();
  let extended: Chunk | null = null;
  let exif: 'none' | 'seen' | 'kept' = 'none';
  for (let at = FILE_HEADER; at < end;) {
    const chunk = await chunkAt(bytes, at, end);
    const { type, data, length } = chunk;
    if (type === 'VP8X') {
      if (at !== FILE_HEADER || length < VP8X_BYTES)
        throw new StripError('picture-malformed', 'VP8X');
      extended = chunk;
    } else if (KEPT.has(type)) body.keep(at, chunk.end);
    else if (type === 'ANMF') await frame(bytes, body, at, chunk);
    else if (type === 'EXIF') {
      const prefix = (await hasExifPrefix(bytes, data, length)) ? EXIF_PREFIX_LENGTH : 0;
      const tiff = data + prefix;
      const orientation: Orientation =
        exif === 'none' ? await readOrientation(bytes, tiff, length - prefix) : 1;
      if (exif === 'none') exif = orientation === 1 ? 'seen' : 'kept';
      if (prefix === 0 && (await isOrientationBlock(bytes, tiff, length, orientation))) {
        body.keep(at, chunk.end);
      } else {
        if (orientation !== 1) body.write(exifChunk(orientationBlock(orientation)));
        body.drop('exif');
      }
    } else body.drop(type === 'XMP ' ? 'xmp' : 'other');
    at = chunk.end;
  }
  if (end < bytes.size) body.drop('trailing');
  if (body.removed.length === 0) return { parts: [], removed: [] };
  return await assemble(bytes, body, extended, exif === 'kept');
}

async function chunkAt(bytes: ByteWindow, at: number, end: number): Promise<Chunk> {
  if (at + CHUNK_HEADER > end) throw new StripError('picture-malformed', 'chunk');
  if (!bytes.has(at, CHUNK_HEADER)) await bytes.load(at, CHUNK_HEADER);
  const length = bytes.u32le(at + 4);
  const data = at + CHUNK_HEADER;
  if (data + length > end) throw new StripError('picture-malformed', 'chunk length');
  // The last chunk's padding is left out by some writers.
  return {
    type: bytes.text(at, 4),
    data,
    length,
    end: Math.min(end, data + length + (length & 1)),
  };
}

/** A frame is kept as it is, or, where something else is in it, written with a new length. */
async function frame(
  bytes: ByteWindow,
  body: PlanBuilder,
  at: number,
  chunk: Chunk,
): Promise<void> {
  const inside = new PlanBuilder();
  const end = chunk.data + chunk.length;
  const first = chunk.data + FRAME_HEADER;
  if (first > end) throw new StripError('picture-malformed', 'frame');
  inside.keep(chunk.data, first);
  for (let inner = first; inner < end;) {
    const sub = await chunkAt(bytes, inner, end);
    if (KEPT_IN_FRAME.has(sub.type)) inside.keep(inner, sub.end);
    else inside.drop(removedKind(sub.type));
    inner = sub.end;
  }
  if (inside.removed.length === 0) return body.keep(at, chunk.end);
  for (const kind of inside.removed) body.drop(kind);
  body.write(chunkHeader('ANMF', inside.length));
  for (const part of inside.parts) if (part.type === 'range') body.keep(part.start, part.end);
  if (inside.length % 2 === 1) body.write(new Uint8Array(1));
}

function removedKind(type: string): RemovedKind {
  if (type === 'EXIF') return 'exif';
  return type === 'XMP ' ? 'xmp' : 'other';
}

/** The header with the size that it has now, and flags that tell what is still there. */
async function assemble(
  bytes: ByteWindow,
  body: PlanBuilder,
  extended: Chunk | null,
  exif: boolean,
): Promise<StripPlan> {
  const head = extended === null ? 0 : extended.end - FILE_HEADER;
  const plan = new PlanBuilder();
  plan.write(riffHeader(4 + head + body.length));
  if (extended !== null) {
    if (!bytes.has(extended.data, 1)) await bytes.load(extended.data, 1);
    const flags = bytes.u8(extended.data) & ~(XMP_FLAG | EXIF_FLAG);
    plan.write(chunkHeader('VP8X', extended.length));
    plan.write(Uint8Array.of(flags | (exif ? EXIF_FLAG : 0)));
    plan.keep(extended.data + 1, extended.end);
  }
  for (const part of body.parts) {
    if (part.type === 'range') plan.keep(part.start, part.end);
    else plan.write(part.bytes);
  }
  return { parts: plan.parts, removed: body.removed };
}

function riffHeader(size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(FILE_HEADER);
  out.set(chunkHeader('RIFF', size));
  out.set(ascii('WEBP'), CHUNK_HEADER);
  return out;
}

function exifChunk(block: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(CHUNK_HEADER + block.length);
  out.set(chunkHeader('EXIF', block.length));
  out.set(block, CHUNK_HEADER);
  return out;
}

function chunkHeader(type: string, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(CHUNK_HEADER);
  out.set(ascii(type));
  new DataView(out.buffer).setUint32(4, length, true);
  return out;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
