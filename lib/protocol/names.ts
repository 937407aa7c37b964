import { MAX_NAME_BYTES, MAX_PATH_BYTES, MAX_PATH_LEVELS } from './limits.ts';

/**
 * Names and paths from a peer are data ([BP2]). What comes out here is fit to be shown and to be
 * saved on Windows, macOS and Linux, and passes Chromium's `downloads` checks
 * (net/base/filename_util, base/i18n/file_util_icu), which refuse rather than repair.
 */

/** What a name becomes of which nothing is left. */
const FALLBACK = 'file';

/**
 * Never shown, never saved: controls, format characters (bidi overrides and isolates among them;
 * ZWJ and ZWNJ are needed by scripts and emoji, and stay), line and paragraph separators, tags,
 * private use of the supplementary planes' ends, non-characters, lone surrogates.
 */
const INVISIBLE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]|(?![\u200c\u200d])\p{Cf}/gu;
/** Separators and what a file system or a shell of Windows takes for something else. */
const FORBIDDEN = /[<>:"/\\|?*]/g;
const LEADING = /^[\s.\u200c\u200d]+/u;
const TRAILING = /[\s.\u200c\u200d]+$/u;
/** Windows devices, with any extension; the superscript digits count as digits there. */
const DEVICE = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\.|$)/i;
/** Files that Windows gives a meaning of their own to in any folder. */
const MAGIC = /^(?:desktop\.ini|thumbs\.db)$/i;
/** Extensions that Windows' shell acts on without opening the file; Chromium refuses them. */
const SHELL_EXTENSION = /\.(?:lnk|local|scf|url|\{[^.]*\})$/i;
/** An extension worth keeping when a name is shortened. */
const EXTENSION = /\.[^.\s]{1,32}$/u;

const encoder = new TextEncoder();

export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** One line of a peer's words, fit to be shown: no controls, no bidi, at most `max` characters. */
export function displayText(text: string, max: number): string {
  const line = text.replace(/\s+/gu, ' ').replace(INVISIBLE, '').normalize('NFC').trim();
  return [...line].slice(0, max).join('');
}

/** [BP2] A single name. Never empty, at most 255 bytes, safe to use twice (it changes nothing then). */
export function safeName(raw: string): string {
  let name = raw.toWellFormed().normalize('NFC').replace(INVISIBLE, '').replace(FORBIDDEN, '_');
  name = name.replace(LEADING, '').replace(TRAILING, '');
  if (name === '') return FALLBACK;
  if (DEVICE.test(name) || MAGIC.test(name)) name = `_${name}`;
  if (SHELL_EXTENSION.test(name)) name = `${name}.download`;
  return shorten(name, MAX_NAME_BYTES);
}

/**
 * [BP2] A relative path: levels that are empty, `.` or `..` go, every other level is made safe. The
 * innermost levels stay where there are too many.
 */
export function safePath(raw: string): string {
  const levels = raw
    .split('/')
    .filter((level) => level !== '' && level !== '.' && level !== '..')
    .map(safeName)
    .slice(-MAX_PATH_LEVELS);
  while (levels.length > 1 && byteLength(levels.join('/')) > MAX_PATH_BYTES) levels.shift();
  return levels.length === 0 ? FALLBACK : levels.join('/');
}

/** A path of one's own, cut to what the wire takes ([TR14]); the receiver makes it safe. */
export function wirePath(raw: string): string {
  const levels = raw
    .toWellFormed()
    .split('/')
    .filter((level) => level !== '')
    .map((level) => shorten(level, MAX_NAME_BYTES))
    .slice(-MAX_PATH_LEVELS);
  while (levels.length > 1 && byteLength(levels.join('/')) > MAX_PATH_BYTES) levels.shift();
  return levels.length === 0 ? FALLBACK : levels.join('/');
}

/** [TR14] Whether a path from the wire is within the limits. */
export function pathWithinLimits(path: string): boolean {
  if (path === '' || byteLength(path) > MAX_PATH_BYTES) return false;
  const levels = path.split('/');
  return (
    levels.length <= MAX_PATH_LEVELS && levels.every((level) => byteLength(level) <= MAX_NAME_BYTES)
  );
}

/** Cuts the middle out: whole characters go, the extension stays. */
function shorten(name: string, maxBytes: number, suffix = ''): string {
  const extension = EXTENSION.exec(name)?.[0] ?? '';
  // A name that is all extension (".gitignore" before it was made safe) is shortened as a name.
  const kept = extension.length < name.length && byteLength(extension) < maxBytes ? extension : '';
  const stem = kept === '' ? name : name.slice(0, -kept.length);
  const budget = maxBytes - byteLength(kept) - byteLength(suffix);
  if (byteLength(stem) <= budget) return stem + suffix + kept;
  let cut = '';
  let used = 0;
  for (const character of stem) {
    used += byteLength(character);
    if (used > budget) break;
    cut += character;
  }
  // The cut may have bared a space, a dot or half of a joined pair.
  cut = cut.replace(TRAILING, '');
  return (cut === '' ? FALLBACK : cut) + suffix + kept;
}

/**
 * [BP3] Hands out paths of one transfer so that no two fall together, not even on a file system
 * that ignores case or normalization, and none is a folder of another.
 */
export class PathClaims {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  /** The next number to try for a name: thousands of equal ones are not counted up to each time. */
  readonly #next = new Map<string, number>();

  /** Makes `raw` safe and claims a path for it, with ` (2)`, ` (3)`… where it is taken. */
  claim(raw: string): string {
    const levels = safePath(raw).split('/');
    const name = levels.pop() ?? FALLBACK;
    let folder = '';
    for (const level of levels) {
      folder += this.#free(folder, level, (key) => !this.#files.has(key)) + '/';
      this.#folders.add(key(folder.slice(0, -1)));
    }
    const own = this.#free(folder, name, (key) => !this.#files.has(key) && !this.#folders.has(key));
    this.#files.add(key(folder + own));
    return folder + own;
  }

  #free(folder: string, name: string, isFree: (key: string) => boolean): string {
    const own = key(folder + name);
    if (isFree(own)) return name;
    let n = this.#next.get(own) ?? 2;
    let candidate = shorten(name, MAX_NAME_BYTES, ` (${n})`);
    while (!isFree(key(folder + candidate))) {
      candidate = shorten(name, MAX_NAME_BYTES, ` (${++n})`);
    }
    this.#next.set(own, n);
    return candidate;
  }
}

function key(path: string): string {
  return path.normalize('NFKC').toLowerCase().toUpperCase();
}

/** [TR13] The address of a link that may be opened, or null: `http:` and `https:` only. */
export function openableUrl(text: string): string | null {
  const trimmed = text.trim();
  if (!/^https?:\/\/[^\s\p{Cc}]+$/iu.test(trimmed)) return null;
  return trimmed;
}
