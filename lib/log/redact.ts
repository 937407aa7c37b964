/**
 * Takes out of a text what could name a person, a machine or a network, and whatever could be a key.
 * Rather too much than too little: a word lost from a log costs little, an address kept costs trust.
 */

/** Longest text that is kept of one message or field. */
export const MAX_LOGGED_TEXT = 200;

/** `scheme://…`, and schemes that take an address without the slashes. */
const URLS =
  /\b[a-z][a-z\d+.-]*:\/\/\S+|\b(?:stuns?|turns?|mailto|tel|data|blob|file|sip):[^\s,;]+/giu;
const MAILS = /\S+@\S+/gu;
/** From a root, a home or a drive, with backslashes, or with two separators and more. */
const PATHS =
  /(?<![^\s("'=:[])(?:[a-z]:|~|\.{1,2})?[\\/][^\s,;]*|[^\s,;]*\\[^\s,;]*|[^\s,;/]+(?:\/[^\s,;/]*){2,}/giu;
/** An ICE candidate's foundation is made of its address (RFC 8445 §5.1.1.3). */
const FOUNDATIONS = /(candidate:)\S+/giu;
/** IPv6 with or without a zone or an IPv4 tail, hardware addresses, fingerprints. */
const COLONED = /[\da-f]*(?::[\da-f.]*){2,}(?:%[\w.-]+)?/giu;
const TIME_OF_DAY = /^\d{1,2}:\d{2}:\d{2}(?:\.\d*)?$/u;
/** With dashes and underlines too: so resolvers, clouds and scripts write them into names. */
const IPV4 = /\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?|\d{1,3}(?:-\d{1,3}){3}|\d{1,3}(?:_\d{1,3}){3}/gu;
/** Names with a dot and a last part of letters: hosts, `.local` names, and names of files. */
const DOTTED_NAMES =
  /[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*\.(?:xn--[\p{L}\p{N}-]+|\p{L}[\p{L}\p{N}_-]+)\.?/giu;
/** A host without a dot is known by its port. */
const SHORT_HOSTS = /(?<![\p{L}\p{N}_-])\p{L}[\p{L}\p{N}_-]*:\d{2,5}(?![\d:])/gu;
/** Of a pairing: a number, then words or characters. */
const CODES = /(?<![\w-])\d{2,}-(?:[a-z]+-[a-z]+-[a-z]+|[\da-z]{8})\b/giu;
const UUIDS = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/giu;
/** Whatever is said to be one, as `key=value`, in JSON, in a header or in an SDP. */
const SECRETS =
  /((?:[\w-]{0,20}?(?:passw(?:or)?d|passphrase|pwd|secret|token|credentials?|api[-_]?key|username|ufrag)["']?\s*[=:]\s*)+)(?:"[^"]*"|'[^']*'|[^\s,;&]+)/giu;
/** Of letters and digits both: neither a word nor a number of ours is. */
const SHORT_HEX = /(?<![\da-z])(?=[a-f]*\d)(?=\d*[a-f])[\da-f]{12,}(?![\da-z])|\b0x[\da-f]{6,}/giu;
/** Hex and base64 keys, hashes and ids. */
const LONG_RUNS = /[\w+/-]{16,}={0,2}/gu;

/** Our own codes and states: words in small letters, parted by hyphens or a slash. */
const WORDS = /^[a-z]{1,15}(?:[-_/][a-z]{1,15})*(?:-\d{1,4})?$/u;
/** Names of the platform's exceptions. */
const ERROR_NAME = /^(?:[A-Z][a-z]{2,}){1,4}Error$/u;

/** Longest text that is looked at; what would be cut in its middle goes whole. */
const MAX_READ = 4 * MAX_LOGGED_TEXT;

/** Safe to keep and to export; redacting it again changes nothing. */
export function redactText(text: string): string {
  const read = text.length > MAX_READ ? text.slice(0, MAX_READ).replace(/\S*$/u, '') : text;
  const clean = read
    .normalize('NFKC')
    .replace(SECRETS, '$1[secret]')
    .replace(URLS, '[url]')
    .replace(MAILS, '[mail]')
    .replace(FOUNDATIONS, '$1[id]')
    .replace(PATHS, '[path]')
    .replace(DOTTED_NAMES, '[name]')
    .replace(COLONED, (found) => (TIME_OF_DAY.test(found) ? found : '[address]'))
    .replace(LONG_RUNS, (found) => (WORDS.test(found) || ERROR_NAME.test(found) ? found : '[id]'))
    .replace(SHORT_HEX, '[id]')
    .replace(IPV4, '[address]')
    .replace(SHORT_HOSTS, '[address]')
    .replace(UUIDS, '[id]')
    .replace(CODES, '[code]')
    .replace(/\s+/gu, ' ')
    .trim();
  return clean.length > MAX_LOGGED_TEXT ? `${clean.slice(0, MAX_LOGGED_TEXT - 3)}...` : clean;
}
