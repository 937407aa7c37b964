/**
 * Both ends of a transfer that asks for a password, as machines without a transport: CPace inside
 * the session, then a proof each way. PROTOCOL.md section PW.
 *
 * ```
 * receiver                    sender
 *  start   ── share ────────►  onShare
 *  onShare ◄──────── share ──
 *          ── proof ────────►  onProof      wrong: a try less, start again
 *  onUnlocked ◄───── proof ──               right: both have the same ticket
 * ```
 */
import { assertLength, copyBytes, equalBytes, lvCat, utf8, wipe, type Bytes } from './bytes.ts';
import { cpaceStart, type CpaceParty } from './cpace.ts';
import { CryptoError } from './errors.ts';
import {
  acceptProof,
  LOCK_PROOF_LENGTH,
  LOCK_SALT_LENGTH,
  LOCK_SECRET_LENGTH,
  LOCK_TRIES,
  lockKeys,
  lockSid,
  LockError,
  type LockContext,
  type LockKeys,
} from './lock-keys.ts';

const CI = lvCat(utf8('tallow-lock-v2'), utf8('receiver'), utf8('sender'));
const AD_RECEIVER = utf8('receiver');
const AD_SENDER = utf8('sender');

export type ProofVerdict =
  | { readonly type: 'wrong'; readonly triesLeft: number }
  | { readonly type: 'locked-out' }
  /** `proof` goes to the receiver once the ticket is written down; `ticket` is the caller's to wipe. */
  | { readonly type: 'unlocked'; readonly proof: Bytes; readonly ticket: Bytes };

/** For tests with fixed scalars only. */
interface Fixed {
  readonly scalar?: Uint8Array;
}

type SenderState =
  | { readonly type: 'waiting' }
  | { readonly type: 'answered'; readonly keys: LockKeys }
  | { readonly type: 'locked-out' }
  | { readonly type: 'destroyed' };

/** The side that knows the password already, and counts. */
export class LockSender {
  readonly #secret: Bytes;
  readonly #salt: Bytes;
  #wrong: number;
  #state: SenderState;

  /**
   * @param options.secret of `stretchPassword`; copied
   * @param options.wrong tries that were used in earlier sessions
   * @throws CryptoError `bad-length`
   */
  constructor(options: {
    readonly secret: Uint8Array;
    readonly salt: Uint8Array;
    readonly wrong: number;
  }) {
    assertLength(options.secret, LOCK_SECRET_LENGTH, 'lock secret');
    assertLength(options.salt, LOCK_SALT_LENGTH, 'lock salt');
    this.#secret = copyBytes(options.secret);
    this.#salt = copyBytes(options.salt);
    this.#wrong = options.wrong;
    this.#state = { type: this.#wrong >= LOCK_TRIES ? 'locked-out' : 'waiting' };
  }

  get triesLeft(): number {
    return Math.max(0, LOCK_TRIES - this.#wrong);
  }

  /**
   * Answers the receiver's share with one's own.
   *
   * @throws LockError `bad-share`, `out-of-order` while a proof is awaited, `locked-out`
   */
  onShare(context: LockContext, share: Uint8Array, { scalar }: Fixed = {}): Bytes {
    if (this.#state.type === 'locked-out') throw new LockError('locked-out');
    if (this.#state.type !== 'waiting') throw new LockError('out-of-order', 'share');
    const sid = lockSid(context, this.#salt);
    const party = startParty('b', this.#secret, sid, scalar);
    const keys = finishParty(party, share, sid, { ya: share, yb: party.share });
    this.#state = { type: 'answered', keys };
    return party.share;
  }

  /**
   * Judges the receiver's proof. What it counts must be kept before the next one is let in.
   *
   * @throws LockError `out-of-order` without a share before it
   */
  onProof(proof: Uint8Array): ProofVerdict {
    const state = this.#state;
    if (state.type !== 'answered') throw new LockError('out-of-order', 'proof');
    const { receiverProof, senderProof, ticket } = state.keys;
    this.#state = { type: 'waiting' };
    if (equalBytes(proof, receiverProof)) return { type: 'unlocked', proof: senderProof, ticket };
    wipe(receiverProof, senderProof, ticket);
    this.#wrong++;
    if (this.#wrong < LOCK_TRIES) return { type: 'wrong', triesLeft: this.triesLeft };
    this.#state = { type: 'locked-out' };
    return { type: 'locked-out' };
  }

  /** The session went: an exchange half-way is forgotten, the count stays. */
  reset(): void {
    if (this.#state.type !== 'answered') return;
    wipeKeys(this.#state.keys);
    this.#state = { type: 'waiting' };
  }

  destroy(): void {
    this.reset();
    wipe(this.#secret);
    this.#state = { type: 'destroyed' };
  }
}

type ReceiverState =
  | { readonly type: 'idle' }
  | { readonly type: 'started'; readonly party: CpaceParty; readonly sid: Bytes }
  | { readonly type: 'proved'; readonly keys: LockKeys }
  | { readonly type: 'destroyed' };

/** The side whose person types the password. */
export class LockReceiver {
  readonly #salt: Bytes;
  #triesLeft: number;
  #state: ReceiverState = { type: 'idle' };

  /** @throws CryptoError `bad-length` */
  constructor(options: { readonly salt: Uint8Array; readonly triesLeft: number }) {
    assertLength(options.salt, LOCK_SALT_LENGTH, 'lock salt');
    this.#salt = copyBytes(options.salt);
    this.#triesLeft = options.triesLeft;
  }

  get triesLeft(): number {
    return this.#triesLeft;
  }

  get state(): ReceiverState['type'] {
    return this.#state.type;
  }

  /**
   * Begins a try.
   *
   * @param secret of `stretchPassword`; not needed afterwards
   * @returns the share to send
   * @throws LockError `out-of-order` while one is under way
   */
  start(context: LockContext, secret: Uint8Array, { scalar }: Fixed = {}): Bytes {
    if (this.#state.type !== 'idle') throw new LockError('out-of-order', 'start');
    const sid = lockSid(context, this.#salt);
    const party = startParty('a', secret, sid, scalar);
    this.#state = { type: 'started', party, sid };
    return copyBytes(party.share);
  }

  /** @returns the proof to send. @throws LockError `bad-share`, `out-of-order` */
  onShare(share: Uint8Array): Bytes {
    const state = this.#state;
    if (state.type !== 'started') throw new LockError('out-of-order', 'share');
    this.#state = { type: 'idle' };
    const { party, sid } = state;
    const keys = finishParty(party, share, sid, { ya: party.share, yb: share });
    this.#state = { type: 'proved', keys };
    return copyBytes(keys.receiverProof);
  }

  /** The sender says that it was another password. @throws LockError `out-of-order` */
  onWrong(triesLeft: number): void {
    const state = this.#state;
    if (state.type !== 'proved') throw new LockError('out-of-order', 'wrong');
    wipeKeys(state.keys);
    this.#state = { type: 'idle' };
    this.#triesLeft = triesLeft;
  }

  /**
   * The sender says that it was right, and proves that it knows it too.
   *
   * @returns the ticket, the caller's to keep and to wipe
   * @throws LockError `wrong-proof`, `out-of-order`
   */
  onUnlocked(proof: Uint8Array): Bytes {
    const state = this.#state;
    if (state.type !== 'proved') throw new LockError('out-of-order', 'unlocked');
    this.#state = { type: 'idle' };
    const { senderProof, ticket } = state.keys;
    if (!equalBytes(proof, senderProof)) {
      wipeKeys(state.keys);
      throw new LockError('wrong-proof');
    }
    return ticket;
  }

  /** The session went: a try half-way is forgotten. */
  reset(): void {
    if (this.#state.type === 'started') this.#state.party.destroy();
    if (this.#state.type === 'proved') wipeKeys(this.#state.keys);
    if (this.#state.type !== 'destroyed') this.#state = { type: 'idle' };
  }

  destroy(): void {
    this.reset();
    this.#state = { type: 'destroyed' };
  }
}

/** Constant time. The sender's check of an `accept` of a locked transfer ([PW6]). */
export function verifyAcceptProof(
  proof: Uint8Array,
  ticket: Uint8Array,
  context: LockContext,
): boolean {
  const expected = acceptProof(ticket, context);
  return proof.length === LOCK_PROOF_LENGTH && equalBytes(proof, expected);
}

function startParty(
  role: 'a' | 'b',
  prs: Uint8Array,
  sid: Uint8Array,
  scalar: Uint8Array | undefined,
): CpaceParty {
  return cpaceStart({ role, prs, ci: CI, sid, ...(scalar === undefined ? {} : { scalar }) });
}

function finishParty(
  party: CpaceParty,
  remoteShare: Uint8Array,
  sid: Uint8Array,
  { ya, yb }: { readonly ya: Uint8Array; readonly yb: Uint8Array },
): LockKeys {
  let isk: Bytes;
  try {
    isk = party.finish({ remoteShare, adA: AD_RECEIVER, adB: AD_SENDER });
  } catch (cause) {
    if (cause instanceof CryptoError) throw new LockError('bad-share', undefined, { cause });
    throw cause;
  }
  return lockKeys(isk, sid, ya, yb);
}

function wipeKeys({ receiverProof, senderProof, ticket }: LockKeys): void {
  wipe(receiverProof, senderProof, ticket);
}
