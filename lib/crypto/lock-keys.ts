/**
 * What a password for one transfer becomes: a stretched secret for CPace, proofs, a ticket that both
 * sides keep, and the root of that transfer's file keys. PROTOCOL.md section PW.
 */
import { argon2idAsync } from '@noble/hashes/argon2.js';
import { TallowError } from '../errors/index.ts';
import { assertLength, concat, lvCat, utf8, wipe, type Bytes } from './bytes.ts';
import { directionBytes, type Direction } from './direction.ts';
import { TRANSFER_ID_LENGTH } from './file-keys.ts';
import { hkdfExpand, hkdfSha256, hmacSha256, sha256 } from './hash.ts';

/**
 * Why a locked transfer stays locked. `bad-password`: empty, too long or not well-formed, so it was
 * not tried; `bad-share` and `out-of-order`: the peer broke the protocol; `wrong-proof`: the peer
 * does not know what it says it knows; `locked-out`: all tries are used.
 */
export type LockErrorCode =
  'bad-password' | 'bad-share' | 'out-of-order' | 'wrong-proof' | 'locked-out';

export class LockError extends TallowError<LockErrorCode> {}

export const LOCK_SALT_LENGTH = 16;
export const LOCK_SECRET_LENGTH = 32;
export const LOCK_PROOF_LENGTH = 32;
export const TICKET_LENGTH = 32;
/** Wrong passwords in all, over all sessions; the last one ends the transfer. */
export const LOCK_TRIES = 5;

/** OWASP's minimum for Argon2id. CPace leaves nothing to search offline: this is for a stolen record. */
const ARGON2 = { m: 19 * 1024, t: 2, p: 1, dkLen: LOCK_SECRET_LENGTH } as const;
const MAX_PASSWORD_BYTES = 512;

/** Which transfer and which session a proof is for. */
export interface LockContext {
  /** `lockSession` of the session's file root. */
  readonly session: Uint8Array;
  /** The direction the files flow. */
  readonly dir: Direction;
  /** 16 bytes. */
  readonly transferId: Uint8Array;
}

/**
 * RFC 8265's OpaqueString, but for what it forbids: other spaces become U+0020, then NFC. Nothing is
 * trimmed and case stays, so that two keyboards give one password and no two passwords become one.
 *
 * @throws LockError `bad-password`
 */
export function passwordBytes(password: string): Bytes {
  if (!password.isWellFormed()) throw new LockError('bad-password');
  const bytes = utf8(password.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC'));
  if (bytes.length === 0 || bytes.length > MAX_PASSWORD_BYTES) throw new LockError('bad-password');
  return bytes;
}

/**
 * CPace's PRS ([PW2]). About 0.2 s of one core and 19 MiB; other work goes on in between.
 *
 * @throws LockError `bad-password`; CryptoError `bad-length`
 */
export async function stretchPassword(password: string, salt: Uint8Array): Promise<Bytes> {
  assertLength(salt, LOCK_SALT_LENGTH, 'lock salt');
  const bytes = passwordBytes(password);
  try {
    return await argon2idAsync(bytes, salt, ARGON2);
  } finally {
    wipe(bytes);
  }
}

/** Names a session by what only its two ends know ([PW3]). */
export function lockSession(fileRoot: Uint8Array): Bytes {
  return hkdfSha256(fileRoot, undefined, utf8('tallow-lock-session-v2'), 32);
}

/** CPace's sid ([PW3]). */
export function lockSid(context: LockContext, salt: Uint8Array): Bytes {
  const { session, dir, transferId } = context;
  return sha256(lvCat(utf8('tallow-lock-sid-v2'), session, directionBytes(dir), transferId, salt));
}

export interface LockKeys {
  readonly receiverProof: Bytes;
  readonly senderProof: Bytes;
  readonly ticket: Bytes;
}

/** From CPace's ISK, which is wiped ([PW4]). */
export function lockKeys(isk: Bytes, sid: Uint8Array, ya: Uint8Array, yb: Uint8Array): LockKeys {
  const okm = hkdfSha256(isk, sid, utf8('tallow-lock-keys-v2'), 96);
  const proof = (key: Uint8Array, who: 'receiver' | 'sender') =>
    hmacSha256(key, lvCat(utf8('tallow-lock-proof-v2'), utf8(who), ya, yb));
  try {
    return {
      receiverProof: proof(okm.subarray(0, 32), 'receiver'),
      senderProof: proof(okm.subarray(32, 64), 'sender'),
      ticket: okm.slice(64),
    };
  } finally {
    wipe(isk, okm);
  }
}

/** Shows that one has the ticket, to this session only ([PW6]). @throws CryptoError `bad-length` */
export function acceptProof(ticket: Uint8Array, context: LockContext): Bytes {
  assertLength(ticket, TICKET_LENGTH, 'ticket');
  const { session, dir, transferId } = context;
  const key = hkdfExpand(ticket, utf8('tallow-lock-accept-v2'), 32);
  try {
    return hmacSha256(key, concat(session, directionBytes(dir), transferId));
  } finally {
    wipe(key);
  }
}

/**
 * Takes the place of the session's file root for every file of a locked transfer ([PW7]): who has a
 * session's keys and not the password cannot read it.
 *
 * @throws CryptoError `bad-length`
 */
export function lockedFileRoot(
  fileRoot: Uint8Array,
  ticket: Uint8Array,
  { dir, transferId }: Pick<LockContext, 'dir' | 'transferId'>,
): Bytes {
  assertLength(fileRoot, 32, 'file root');
  assertLength(ticket, TICKET_LENGTH, 'ticket');
  assertLength(transferId, TRANSFER_ID_LENGTH, 'transferId');
  const salt = hkdfExpand(ticket, utf8('tallow-lock-file-v2'), 32);
  try {
    const info = lvCat(utf8('tallow-lock-v2'), directionBytes(dir), transferId);
    return hkdfSha256(fileRoot, salt, info, 32);
  } finally {
    wipe(salt);
  }
}
