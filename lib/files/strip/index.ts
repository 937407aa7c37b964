/**
 * Takes what tells about place, camera, time and person out of pictures, and nothing else: pixels
 * are neither decoded nor copied. JPEG, PNG and WebP, recognised by their first bytes.
 *
 * Own parsers, because the libraries at hand read a whole file into memory, know JPEG only, turn
 * pictures on their side by losing the orientation, or need Node's streams.
 */
import { StripError } from './errors.ts';
import { planJpeg } from './jpeg.ts';
import { planPng, PNG_SIGNATURE } from './png.ts';
import { planWebp } from './webp.ts';
import { type RemovedKind, type StripPlan } from './plan.ts';
import { ByteWindow, type ReadAt } from './window.ts';

export { StripError } from './errors.ts';
export type { RemovedKind, StripPlan } from './plan.ts';

const MAGIC_BYTES = 12;

/**
 * What is to be done with a picture, or null where there is nothing to take out and for what is none
 * of the three formats.
 *
 * @param size bytes of the whole
 * @throws StripError; what `readAt` throws
 */
export async function planStrip(size: number, readAt: ReadAt): Promise<StripPlan | null> {
  const bytes = new ByteWindow(size, readAt);
  if (size < MAGIC_BYTES) return null;
  await bytes.load(0, MAGIC_BYTES);
  const parser = parserFor(bytes);
  if (parser === null) return null;
  const plan = await parser(bytes);
  return plan.removed.length === 0 ? null : plan;
}

function parserFor(bytes: ByteWindow): ((bytes: ByteWindow) => Promise<StripPlan>) | null {
  if (bytes.text(0, 3) === '\xff\xd8\xff') return planJpeg;
  if (bytes.text(0, PNG_SIGNATURE.length) === PNG_SIGNATURE) return planPng;
  return bytes.text(0, 4) === 'RIFF' && bytes.text(8, 4) === 'WEBP' ? planWebp : null;
}

export interface Stripped {
  readonly blob: Blob;
  readonly removed: readonly RemovedKind[];
}

/**
 * The picture without its metadata, made of slices of the old one (nothing is held in memory, so
 * the old one must stay readable), or null when there is nothing to take out or it is no picture
 * that we know.
 *
 * @throws StripError: what it holds is not known, so it must not be sent as if it held nothing
 */
export async function stripMetadata(blob: Blob): Promise<Stripped | null> {
  const plan = await planStrip(blob.size, async (offset, length) => {
    try {
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    } catch (cause) {
      throw new StripError('picture-unreadable', undefined, { cause });
    }
  });
  if (plan === null) return null;
  const parts = plan.parts.map((part) =>
    part.type === 'range' ? blob.slice(part.start, part.end) : part.bytes,
  );
  return { blob: new Blob(parts, { type: blob.type }), removed: plan.removed };
}
