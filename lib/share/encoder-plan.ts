import { MAX_FPS, downscale, type Ceiling, type Content, type Size } from './quality.ts';

/**
 * What frame rate and size a number of bits a second is worth. In "Sharp text" the frame rate goes
 * first, and the size only as far as text can be read; in "Smooth motion" the reverse.
 */

/**
 * Bits a pixel of a frame as the presets have them (1.5 Mbit/s for 1280 × 720 at 30): with as many,
 * a moving picture looks good; one that hardly changes needs a fraction (`effort`).
 */
const BITS_PER_PIXEL = 0.054;
/** A larger picture has larger even parts: 3 Mbit/s for 1920 × 1080, 8 for 3840 × 2160. */
const PIXELS_EXPONENT = 0.8;
const REFERENCE_PIXELS = 1280 * 720;

/** Divisors beyond the ceiling's own. */
const SCALES = [1, 1.25, 1.5, 2, 2.5, 3, 4, 6, 8] as const;
export const FRAME_RATES = [30, 25, 20, 15, 12, 10, 8, 6, 5] as const;

/**
 * Pages are laid out for some thousand pixels of width: below 1280 × 720 letters lose their shape. Of
 * a picture that has hardly more, two thirds of each side: letters of 14 pixels have nine left, where
 * an encoder at its coarsest would have one frame in three seconds, and a decoder that waited as long
 * asks for a key frame each time.
 */
const READABLE_PIXELS = 1280 * 720;
const READABLE_SCALE = 1.5;
/**
 * In "Sharp text" the size goes once fewer frames than these are left. Less is never asked for: where
 * the bits do not do, the encoder leaves frames out by itself, and takes those that change little.
 */
const TEXT_FPS = { worthAll: 5, least: 5 } as const;
/** In "Smooth motion" the size goes so far that as many are left, or down to a stamp. */
const MOTION_FPS = { worthAll: 24, least: 10 } as const;
const STAMP_PIXELS = 320 * 180;

export interface PlanInput {
  readonly source: Size;
  readonly ceiling: Ceiling;
  readonly content: Content;
  /** Bits a second. */
  readonly bitrate: number;
  /** What the content needs beside what the presets are made for, 1 being those. */
  readonly effort: number;
  /** Pixels a second that the processor encodes; Infinity while it is no wall. */
  readonly pixelRate: number;
}

export interface Plan {
  /** Frames a second, one of `FRAME_RATES`. */
  readonly fps: number;
  /** For `scaleResolutionDownBy`. */
  readonly scale: number;
}

export function planOf(input: PlanInput): Plan {
  const { source, ceiling, content } = input;
  const { worthAll, least } = content === 'text' ? TEXT_FPS : MOTION_FPS;
  const smallest = content === 'text' ? readablePixels(source) : STAMP_PIXELS;
  const base = downscale(source, ceiling);
  const scales = SCALES.map((step) => base * step).filter(
    (scale) => scale === base || pixelsAt(source, scale) >= smallest,
  );
  let plan: Plan = { fps: least, scale: base };
  for (const scale of scales) {
    const fps = fpsAt(input, scale);
    plan = { fps: Math.max(least, onLadder(fps)), scale };
    if (fps >= worthAll) break;
  }
  return plan;
}

function readablePixels(source: Size): number {
  return Math.min(READABLE_PIXELS, pixelsAt(source, READABLE_SCALE));
}

function pixelsAt({ width, height }: Size, scale: number): number {
  // Encoders want even numbers: a little less than the smallest is the smallest.
  return ((width * height) / scale ** 2) * 1.01;
}

function fpsAt({ source, bitrate, effort, pixelRate }: PlanInput, scale: number): number {
  const pixels = (source.width * source.height) / scale ** 2;
  const bits =
    BITS_PER_PIXEL * REFERENCE_PIXELS * (pixels / REFERENCE_PIXELS) ** PIXELS_EXPONENT * effort;
  return Math.min(MAX_FPS, bitrate / bits, pixelRate / pixels);
}

/** The next lower rate; rounding must not cost a step. */
function onLadder(fps: number): number {
  return FRAME_RATES.find((rate) => rate <= fps * 1.02) ?? 0;
}
