import { displayText } from '../protocol/names.ts';

/** What a peer calls itself, in code points ([PR15]): enough for any name, short enough for a menu. */
export const DEVICE_NAME_MAX = 64;

const FALLBACK = 'Device';

/** One line, no control or bidirectional characters ([BP2]), 1 to 64 code points. */
export function safeName(text: string, fallback: string = FALLBACK): string {
  // Cut first: the rest is linear, but there is no reason to do it for megabytes.
  const short = displayText(text.slice(0, 16 * DEVICE_NAME_MAX), DEVICE_NAME_MAX).trim();
  return short === '' ? fallback : short;
}
