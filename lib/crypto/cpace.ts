/**
 * CPace, suite CPACE-RISTR255-SHA512 (draft-irtf-cfrg-cpace), initiator-responder form with
 * associated data: two parties who share a low-entropy secret get a strong one, and someone in the
 * middle gets one guess per run and nothing to search offline. PROTOCOL.md section CP.
 */
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { concat, copyBytes, lvCat, randomBytes, utf8, wipe, type Bytes } from './bytes.ts';
import { CryptoError } from './errors.ts';
import { sha512 } from './hash.ts';

/** Length of a share (an encoded ristretto255 element). */
export const CPACE_SHARE_LENGTH = 32;

const DSI = utf8('CPaceRistretto255');
const DSI_ISK = utf8('CPaceRistretto255_ISK');
/** Input block size of SHA-512: the zero padding fills it, so that PRS ends on a block. */
const HASH_BLOCK_LENGTH = 128;

export interface CpaceOptions {
  /** `a` sends the first share (the joiner), `b` answers (the creator). */
  role: 'a' | 'b';
  /** The password-related string. */
  prs: Uint8Array;
  /** The channel identifier. */
  ci: Uint8Array;
  sid: Uint8Array;
  /** 32 bytes little-endian, for vectors and transcripts only; otherwise uniform and non-zero. */
  scalar?: Uint8Array;
}

export interface CpaceParty {
  readonly share: Bytes;
  /**
   * The 64-byte ISK, once: afterwards the scalar is gone, also if it threw.
   *
   * @throws CryptoError `bad-point` for a share that is no element or the identity, `bad-length`
   *   for one that is not 32 bytes, `bad-state` if called again or after `destroy()`.
   */
  finish(input: { remoteShare: Uint8Array; adA: Uint8Array; adB: Uint8Array }): Bytes;
  destroy(): void;
}

export function cpaceStart(options: CpaceOptions): CpaceParty {
  const { role, prs, ci, sid } = options;
  const scalar = options.scalar === undefined ? randomScalar() : copyBytes(options.scalar);
  const ownSid = copyBytes(sid);
  const generator = calculateGenerator(prs, ci, sid);
  const share = generator.multiply(scalarNumber(scalar)).toBytes();
  let state: 'started' | 'done' = 'started';

  const destroy = (): void => {
    state = 'done';
    wipe(scalar);
  };

  return {
    share,
    destroy,
    finish({ remoteShare, adA, adB }) {
      if (state === 'done') throw new CryptoError('bad-state', 'CPace party already used');
      let k: Bytes | undefined;
      try {
        k = cpaceScalarMultVfy(scalar, remoteShare);
        const [ya, yb] = role === 'a' ? [share, remoteShare] : [remoteShare, share];
        return sha512(concat(lvCat(DSI_ISK, ownSid, k), lvCat(ya, adA), lvCat(yb, adB)));
      } finally {
        wipe(k);
        destroy();
      }
    },
  };
}

/** The encoded generator, for the draft's vectors. */
export function cpaceGenerator(prs: Uint8Array, ci: Uint8Array, sid: Uint8Array): Bytes {
  return calculateGenerator(prs, ci, sid).toBytes();
}

/**
 * The draft's `scalar_mult_vfy`: never returns the identity.
 *
 * @throws CryptoError `bad-length`, `bad-point`.
 */
export function cpaceScalarMultVfy(scalar: Uint8Array, share: Uint8Array): Bytes {
  const k = decodeShare(share).multiply(scalarNumber(scalar));
  if (k.is0()) throw new CryptoError('bad-point', 'identity');
  return k.toBytes();
}

function calculateGenerator(prs: Uint8Array, ci: Uint8Array, sid: Uint8Array) {
  const prefixed = lvCat(DSI).length + lvCat(prs).length;
  const padding = new Uint8Array(Math.max(0, HASH_BLOCK_LENGTH - 1 - prefixed));
  const generatorString = lvCat(DSI, prs, padding, ci, sid);
  const digest = sha512(generatorString);
  try {
    const generator = ristretto255_hasher.deriveToCurve?.(digest);
    if (generator === undefined) throw new Error('ristretto255 without deriveToCurve');
    return generator;
  } finally {
    wipe(generatorString, digest);
  }
}

function decodeShare(share: Uint8Array) {
  if (share.length !== CPACE_SHARE_LENGTH) throw new CryptoError('bad-length', 'CPace share');
  let point;
  try {
    point = ristretto255.Point.fromBytes(share);
  } catch (cause) {
    throw new CryptoError('bad-point', undefined, { cause });
  }
  if (point.is0()) throw new CryptoError('bad-point', 'identity');
  return point;
}

/** Uniform in 1 … order−1: 64 random bytes leave a bias of 2^-260 after the reduction. */
function randomScalar(): Bytes {
  const wide = randomBytes(64);
  try {
    const number = bytesToNumberLE(wide) % ristretto255.Point.Fn.ORDER;
    return number === 0n ? randomScalar() : copyBytes(numberToBytesLE(number, 32));
  } finally {
    wipe(wide);
  }
}

function scalarNumber(scalar: Uint8Array): bigint {
  if (scalar.length !== 32) throw new CryptoError('bad-length', 'CPace scalar');
  const number = bytesToNumberLE(scalar);
  if (number === 0n || number >= ristretto255.Point.Fn.ORDER) {
    throw new CryptoError('out-of-range', 'CPace scalar');
  }
  return number;
}
