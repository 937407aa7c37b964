/**
 * Pairing codes ([PR1], [PR2]): a nameplate that the server knows, and a secret that it never sees.
 * Reading is forgiving (case, spaces, any dash, a whole link pasted), and an error says which part
 * is wrong and what was probably meant.
 */
import { randomBytes } from '../crypto/bytes.ts';
import { CODE_WORDS } from '../crypto/wordlists/code-words.ts';
import { TallowError } from '../errors/index.ts';
import type { RandomBytes } from './ports.ts';

/** `words`: 3 of 256 words, 24 bits. `characters`: 8 of Crockford's base 32, 40 bits. */
export type CodeFormat = 'words' | 'characters';

export interface PairingCode {
  /** Decimal digits; public. */
  readonly nameplate: string;
  readonly format: CodeFormat;
  /** Lower case: the words joined by `-`, or the 8 characters; `pairingPrs` takes it. */
  readonly secret: string;
}

export type CodeErrorCode =
  | 'empty'
  /** The code does not begin with its number. */
  | 'no-nameplate'
  /** The number has too few or too many digits, or begins with 0. */
  | 'bad-nameplate'
  /** Too few or too many parts after the number. */
  | 'incomplete'
  /** A word that is not on the list; `suggestions` are the nearest. */
  | 'unknown-word'
  /** A character that these codes do not use. */
  | 'bad-character';

export class CodeError extends TallowError<CodeErrorCode> {
  /** The offending part as typed, for the person who typed it; it is never logged. */
  readonly part: string;
  readonly suggestions: readonly string[];

  constructor(code: CodeErrorCode, part = '', suggestions: readonly string[] = []) {
    super(code);
    this.part = part;
    this.suggestions = suggestions;
  }
}

const WORD_COUNT = 3;
const CHARACTER_COUNT = 8;
/** Without I, L, O (taken for 1, 1, 0) and U. https://www.crockford.com/base32.html */
const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const NAMEPLATE = /^[1-9][0-9]{4,8}$/;
const LINK_MARK = '#pair=';
/** What people put between parts: white space, dashes of every kind, and a few signs. */
const SEPARATORS = /[\s\p{Dash_Punctuation}\u2212_.,;:+/]+/u;
/** Longer input is not a code; keeps the work on pasted text bounded. */
const MAX_INPUT_CHARS = 256;
const MAX_SUGGESTIONS = 3;

export function makeCode(
  nameplate: string,
  format: CodeFormat,
  random: RandomBytes = randomBytes,
): PairingCode {
  if (!NAMEPLATE.test(nameplate)) throw new CodeError('bad-nameplate', nameplate);
  if (format === 'words') {
    const words = Array.from(random(WORD_COUNT), (byte) => CODE_WORDS[byte] ?? '');
    return { nameplate, format, secret: words.join('-') };
  }
  // 5 bits of each byte: 256 is a multiple of 32, so every character stays equally likely.
  const bytes = random(CHARACTER_COUNT);
  const secret = Array.from(bytes, (byte) => CROCKFORD[byte & 31] ?? '').join('');
  return { nameplate, format, secret };
}

/** As shown: words in lower case, characters in upper case. */
export function formatCode(code: PairingCode): string {
  const secret = code.format === 'words' ? code.secret : code.secret.toUpperCase();
  return `${code.nameplate}-${secret}`;
}

/** The part of the link that is the same in every browser; the secret is behind `#` ([PR1]). */
export function codeLink(code: PairingCode): string {
  return `popup.html${LINK_MARK}${formatCode(code)}`;
}

/** @throws CodeError saying which part is wrong. */
export function parseCode(text: string): PairingCode {
  if (text.length > MAX_INPUT_CHARS) throw new CodeError('incomplete');
  const mark = text.indexOf(LINK_MARK);
  const typed = mark < 0 ? text : decodeFragment(text.slice(mark + LINK_MARK.length));
  const parts = typed
    .normalize('NFKC')
    .toLowerCase()
    .split(SEPARATORS)
    .filter((part) => part !== '');
  const [nameplate, ...secret] = parts;
  if (nameplate === undefined) throw new CodeError('empty');
  if (!/^[0-9]+$/.test(nameplate)) throw new CodeError('no-nameplate', nameplate);
  if (!NAMEPLATE.test(nameplate)) throw new CodeError('bad-nameplate', nameplate);
  if (secret.length === 0) throw new CodeError('incomplete');
  return parseSecret(nameplate, secret);
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    // A stray % is a typing mistake like any other; the parts around it are reported below.
    return fragment;
  }
}

function parseSecret(nameplate: string, parts: readonly string[]): PairingCode {
  if (parts.length === WORD_COUNT && parts.every((part) => WORDS.has(part))) {
    return { nameplate, format: 'words', secret: parts.join('-') };
  }
  const characters = parts.join('').replaceAll(/[il]/g, '1').replaceAll('o', '0');
  const strange = [...characters].find((character) => !CROCKFORD.includes(character));
  if (characters.length === CHARACTER_COUNT && strange === undefined) {
    return { nameplate, format: 'characters', secret: characters };
  }
  // Digits among letters, or one part of about the right length: meant as characters.
  const meantWords = parts.every((part) => /^\p{Letter}+$/u.test(part)) && parts.length > 1;
  if (!meantWords) {
    const oneWord = parts.length === 1 && /^\p{Letter}+$/u.test(parts[0] ?? '');
    if (!oneWord && strange !== undefined) throw new CodeError('bad-character', strange);
    throw new CodeError('incomplete');
  }
  const unknown = parts.find((part) => !WORDS.has(part));
  if (unknown !== undefined) {
    throw new CodeError('unknown-word', unknown, suggestWords(unknown));
  }
  throw new CodeError('incomplete');
}

const WORDS: ReadonlySet<string> = new Set(CODE_WORDS);

/** The words that begin with what has been typed, in the list's order; all of them for ''. */
export function completeWord(prefix: string): string[] {
  const start = prefix.normalize('NFKC').trim().toLowerCase();
  return CODE_WORDS.filter((word) => word.startsWith(start));
}

/** The nearest words: same beginning first, then fewest changes; none if nothing is near. */
export function suggestWords(typed: string): string[] {
  const near = CODE_WORDS.map((word) => {
    const prefix = commonPrefix(word, typed);
    return { word, distance: editDistance(word, typed), prefix };
  }).filter(({ distance, prefix }) => distance <= 2 || prefix >= 3);
  near.sort((a, b) => a.distance - b.distance || b.prefix - a.prefix);
  return near.slice(0, MAX_SUGGESTIONS).map(({ word }) => word);
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** Levenshtein, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
