/** The three words that people compare, and the commitment that makes them worth it: [PR6], [PR7]. */
import { assertLength, concat, equalBytes, lvCat, utf8, type Bytes } from './bytes.ts';
import { sha256 } from './hash.ts';
import { KEM_PUBLIC_KEY_LENGTH } from './keys.ts';
import { CHECK_WORDS } from './wordlists/check-words.ts';

/** In the order they are shown. */
export type CheckWords = readonly [string, string, string];

/**
 * C's commitment to its ephemeral, 32 bytes. Without it C could try ephemerals after n1 until 24 bits
 * of words fit.
 */
export function sasCommit(eC: Uint8Array): Bytes {
  assertLength(eC, 32, 'eC');
  return sha256(concat(utf8('tallow-sas-commit-v2'), eC));
}

/** Whether the `e` of n2 is the one committed to. @throws CryptoError `bad-length`. */
export function verifySasCommit(commit: Uint8Array, eC: Uint8Array): boolean {
  return equalBytes(sasCommit(eC), commit);
}

/**
 * @param sid of pairing-context.ts.
 * @param eJ J's Noise ephemeral, e1J its KEM public key, eC C's ephemeral.
 * @throws CryptoError `bad-length`.
 */
export function checkWords(
  sid: Uint8Array,
  eJ: Uint8Array,
  e1J: Uint8Array,
  eC: Uint8Array,
): CheckWords {
  assertLength(sid, 32, 'sid');
  assertLength(eJ, 32, 'eJ');
  assertLength(e1J, KEM_PUBLIC_KEY_LENGTH, 'e1J');
  assertLength(eC, 32, 'eC');
  const digest = sha256(lvCat(utf8('tallow-sas-v2'), sid, eJ, e1J, eC));
  return [word(digest[0]), word(digest[1]), word(digest[2])];
}

function word(index: number | undefined): string {
  const found = index === undefined ? undefined : CHECK_WORDS[index];
  if (found === undefined) throw new Error('check words are not 256');
  return found;
}
