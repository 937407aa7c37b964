/**
 * How coarse a codec's quantizer is, on one scale for all: 0 where libwebrtc's quality scaler would
 * send a larger picture, 1 where it would send a smaller one. Thresholds as in its encoders
 * (`kLow…QpThreshold`, `kHigh…QpThreshold`); `qpSum` counts in the codec's own units.
 */
const THRESHOLDS: ReadonlyMap<string, readonly [low: number, high: number]> = new Map([
  ['video/vp8', [29, 95]],
  ['video/vp9', [149, 205]],
  ['video/av1', [145, 205]],
  ['video/h264', [24, 37]],
]);

/** Null for a codec whose units are not known, and where the browser tells no quantizer. */
export function qpStrain(mimeType: string, averageQp: number): number | null {
  const thresholds = THRESHOLDS.get(mimeType.toLowerCase());
  if (thresholds === undefined || averageQp <= 0) return null;
  const [low, high] = thresholds;
  return (averageQp - low) / (high - low);
}
