/** What a peer calls itself, made safe to show ([PR15], [BP2]). */

/** In code points; long enough for any name, short enough for a menu. */
export const DEVICE_NAME_MAX = 64;

const FALLBACK = 'Device';

/**
 * Control, format (bidirectional marks, zero-width characters), private-use and unassigned
 * characters, lone surrogates, and the separators that would break a line. A name with them could
 * pass for another device's, or turn the text around it.
 */
const UNSAFE = /[\p{Control}\p{Format}\p{Private_Use}\p{Unassigned}\p{Surrogate}\u2028\u2029]/gu;
const WHITE_SPACE = /\s+/gu;

/** Never empty, at most 64 code points, one line. */
export function safeName(text: string, fallback: string = FALLBACK): string {
  // Bounded first: what follows is linear, but there is no reason to do it for megabytes.
  const line = text
    .slice(0, 16 * DEVICE_NAME_MAX)
    .normalize('NFC')
    .replaceAll(WHITE_SPACE, ' ')
    .replaceAll(UNSAFE, '')
    .trim();
  const short = Array.from(line).slice(0, DEVICE_NAME_MAX).join('').trim();
  return short === '' ? fallback : short;
}
