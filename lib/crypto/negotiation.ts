/** Versions and suites, offered and chosen: PROTOCOL.md [EN7], [PR3], [PR5], [RC4]. */
import { assertLength, concat, lvCat, lvSplit, u16be, u8, type Bytes } from './bytes.ts';
import { CryptoError } from './errors.ts';

export const PROTOCOL_VERSION = 2;
/** X25519 + ML-KEM-768, AES-256-GCM, SHA-256. */
export const SUITE_X25519_MLKEM768 = 1;
/** Entries of either list. */
const OFFER_LIST_MAX = 16;
const COMMIT_LENGTH = 32;

/** What a side speaks, in order of preference; 1 to 16 entries each, none twice. */
export interface ProtocolOffer {
  readonly versions: readonly number[];
  readonly suites: readonly number[];
}

export interface ProtocolChoice {
  readonly version: number;
  readonly suite: number;
}

export const OWN_OFFER: ProtocolOffer = {
  versions: [PROTOCOL_VERSION],
  suites: [SUITE_X25519_MLKEM768],
};

/** @throws CryptoError `bad-length`, `out-of-range`, `bad-encoding`. */
export function versionsBytes(offer: ProtocolOffer): Bytes {
  assertList(offer.versions);
  return concat(...offer.versions.map(u8));
}

/** @throws CryptoError `bad-length`, `out-of-range`, `bad-encoding`. */
export function suitesBytes(offer: ProtocolOffer): Bytes {
  assertList(offer.suites);
  return concat(...offer.suites.map(u16be));
}

/** `lv(versions) ‖ lv(suites)`, as in hello and ADa. */
export function encodeOffer(offer: ProtocolOffer): Bytes {
  return lvCat(versionsBytes(offer), suitesBytes(offer));
}

/** @throws CryptoError `bad-encoding`, `bad-length`. */
export function decodeOffer(bytes: Uint8Array): ProtocolOffer {
  const [versionBytes, suiteBytes] = lvSplit(bytes, 2);
  if (versionBytes === undefined || suiteBytes === undefined || suiteBytes.length % 2 !== 0) {
    throw new CryptoError('bad-encoding', 'offer');
  }
  const versions = [...versionBytes];
  const view = new DataView(suiteBytes.buffer, suiteBytes.byteOffset, suiteBytes.length);
  const suites: number[] = [];
  for (let i = 0; i < suiteBytes.length; i += 2) suites.push(view.getUint16(i));
  assertList(versions);
  assertList(suites);
  return { versions, suites };
}

/** `01 ‖ lv(versions) ‖ lv(suites)`: the joiner's associated data. */
export function encodeAdA(offer: ProtocolOffer): Bytes {
  return concat(u8(1), encodeOffer(offer));
}

/** @throws CryptoError `bad-encoding`, `bad-length`. */
export function decodeAdA(bytes: Uint8Array): ProtocolOffer {
  if (bytes[0] !== 1) throw new CryptoError('bad-encoding', 'ADa');
  return decodeOffer(bytes.subarray(1));
}

/** `02 ‖ u8 version ‖ u16 suite ‖ commit`: the creator's associated data. */
export function encodeAdB(choice: ProtocolChoice, commit: Uint8Array): Bytes {
  assertLength(commit, COMMIT_LENGTH, 'commit');
  return concat(u8(2), u8(choice.version), u16be(choice.suite), commit);
}

/** @throws CryptoError `bad-encoding`, `bad-length`. */
export function decodeAdB(bytes: Uint8Array): { choice: ProtocolChoice; commit: Bytes } {
  assertLength(bytes, 4 + COMMIT_LENGTH, 'ADb');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint8(0) !== 2) throw new CryptoError('bad-encoding', 'ADb');
  const choice = { version: view.getUint8(1), suite: view.getUint16(2) };
  return { choice, commit: new Uint8Array(bytes.subarray(4)) };
}

/**
 * The highest common version, then the first common suite of `first`'s list.
 *
 * @param first J's or I's offer, whose order of suites decides.
 * @throws CryptoError `no-common-version`.
 */
export function chooseProtocol(first: ProtocolOffer, second: ProtocolOffer): ProtocolChoice {
  const common = first.versions.filter((version) => second.versions.includes(version));
  const suite = first.suites.find((candidate) => second.suites.includes(candidate));
  if (common.length === 0 || suite === undefined) throw new CryptoError('no-common-version');
  return { version: Math.max(...common), suite };
}

function assertList(list: readonly number[]): void {
  if (list.length < 1 || list.length > OFFER_LIST_MAX) {
    throw new CryptoError('bad-length', 'list of versions or suites');
  }
  if (new Set(list).size !== list.length) throw new CryptoError('bad-encoding', 'entry twice');
}
