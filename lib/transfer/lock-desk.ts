/**
 * The password of one transfer, over sessions and restarts ([PW1] to [PW8]): what is written down,
 * what is said on the control channel, and what a view sees of it.
 */
import { fromHex, toHex, wipe, type Bytes } from '../crypto/bytes.ts';
import { acceptProof, LockError, stretchPassword, type LockContext } from '../crypto/lock-keys.ts';
import { LockReceiver, LockSender, verifyAcceptProof } from '../crypto/transfer-lock.ts';
import { LOCK_TRIES } from '../protocol/limits.ts';
import type { ControlMessage } from '../protocol/messages.ts';
import { SessionError, TransferError } from './errors.ts';
import type { LockView, ReceiveLockRecord, SendLockRecord } from './lock-records.ts';

/** What a session is to a lock. */
export interface LockLink {
  post(message: ControlMessage): void;
  /** @param way of the files, seen from here */
  lockContext(transferId: string, way: 'out' | 'in'): LockContext;
  /** Ends the session with a typed error. */
  fail(error: unknown): void;
}

export type LockToSender = Extract<ControlMessage, { type: 'unlock' | 'unlock-proof' }>;
export type LockToReceiver = Extract<
  ControlMessage,
  { type: 'unlock-share' | 'unlock-wrong' | 'unlocked' }
>;

interface SendPorts {
  /** Resolves when `record` is written down. */
  save(): Promise<void>;
  /** The view is another one. */
  changed(): void;
  lockedOut(): void;
  /** The record cannot be written: nothing may be said that a restart would forget. */
  failed(): void;
}

export class SendLock {
  readonly salt: Bytes;
  readonly #transferId: string;
  readonly #ports: SendPorts;
  readonly #machine: LockSender;
  /** Outlasts `destroy`: it may be on its way to the store. */
  #record: SendLockRecord;
  #ticket: Bytes | null;
  #link: LockLink | null = null;
  /** A verdict is being written down: the peer waits for it and says nothing. */
  #writing = false;

  constructor(transferId: string, record: SendLockRecord, ports: SendPorts) {
    this.#transferId = transferId;
    this.#ports = ports;
    this.#record = record;
    this.salt = fromHex(record.salt);
    this.#ticket = record.ticket === null ? null : fromHex(record.ticket);
    const secret = fromHex(record.secret);
    this.#machine = new LockSender({ secret, salt: this.salt, wrong: record.wrong });
    wipe(secret);
  }

  /** Every try was a wrong one. */
  get exhausted(): boolean {
    return this.#ticket === null && this.#record.wrong >= LOCK_TRIES;
  }

  get record(): SendLockRecord {
    return this.#record;
  }

  get view(): LockView {
    if (this.#ticket !== null) return { type: 'unlocked' };
    return { type: 'locked', triesLeft: this.#machine.triesLeft };
  }

  /** For the keys of its files, once it is unlocked. */
  get ticket(): Uint8Array | null {
    return this.#ticket;
  }

  attach(link: LockLink): void {
    this.#link = link;
  }

  detach(): void {
    this.#link = null;
    this.#machine.reset();
  }

  destroy(): void {
    this.detach();
    this.#machine.destroy();
    wipe(this.#ticket ?? undefined);
  }

  /** @throws SessionError */
  onMessage(message: LockToSender): void {
    const link = this.#link;
    if (link === null || this.#writing) throw new SessionError('out-of-state', message.type);
    const { transferId } = message;
    breach(() => {
      if (message.type === 'unlock') {
        const context = link.lockContext(transferId, 'out');
        const share = this.#machine.onShare(context, message.share);
        link.post({ type: 'unlock-share', transferId, share });
      } else this.#onProof(link, message.proof);
    });
  }

  /** [PW6] Nothing of the receiver's counts before it was unlocked. @throws SessionError */
  assertUnlocked(): void {
    if (this.#ticket === null) throw new SessionError('out-of-state', 'locked');
  }

  /** [PW6] @throws SessionError for an `accept` without the right proof */
  assertAccepted(proof: Uint8Array | undefined): void {
    const ticket = this.#ticket;
    const context = this.#link?.lockContext(this.#transferId, 'out');
    if (ticket === null || context === undefined || proof === undefined) {
      throw new SessionError('out-of-state', 'locked');
    }
    if (!verifyAcceptProof(proof, ticket, context)) {
      throw new SessionError('wrong-proof', 'of an accept');
    }
  }

  #onProof(link: LockLink, proof: Uint8Array): void {
    const { transferId } = this;
    const verdict = this.#machine.onProof(proof);
    if (verdict.type === 'unlocked') {
      wipe(this.#ticket ?? undefined);
      this.#ticket = verdict.ticket;
      this.#record = { ...this.#record, ticket: toHex(verdict.ticket) };
    } else this.#record = { ...this.#record, wrong: this.#record.wrong + 1 };
    this.#writing = true;
    this.#ports.save().then(
      () => {
        this.#writing = false;
        if (verdict.type === 'locked-out') return this.#ports.lockedOut();
        this.#ports.changed();
        if (this.#link !== link) return;
        link.post(
          verdict.type === 'unlocked'
            ? { type: 'unlocked', transferId, proof: verdict.proof }
            : { type: 'unlock-wrong', transferId, triesLeft: verdict.triesLeft },
        );
      },
      () => this.#ports.failed(),
    );
  }

  get transferId(): string {
    return this.#transferId;
  }
}

interface ReceivePorts {
  /** Another one than `stretchPassword`, for tests. */
  readonly stretch?: typeof stretchPassword;
  /** Resolves when `record` is written down. */
  save(): Promise<void>;
  changed(): void;
  /** The ticket is written down: the offer can be accepted. */
  unlocked(): void;
  failed(): void;
}

type Entry =
  | { readonly type: 'none' }
  | { readonly type: 'stretching' }
  /** Kept until the sender's verdict: a session may be lost before it. */
  | { readonly type: 'typed'; readonly secret: Bytes };

export class ReceiveLock {
  readonly salt: Bytes;
  readonly #transferId: string;
  readonly #ports: ReceivePorts;
  readonly #machine: LockReceiver;
  /** Outlasts `destroy`: it may be on its way to the store. */
  #record: ReceiveLockRecord;
  #ticket: Bytes | null;
  #link: LockLink | null = null;
  #entry: Entry = { type: 'none' };
  /** `over`: the offer is. */
  #state: 'open' | 'over' | 'destroyed' = 'open';

  constructor(transferId: string, record: ReceiveLockRecord, ports: ReceivePorts) {
    this.#transferId = transferId;
    this.#ports = ports;
    this.#record = record;
    this.salt = fromHex(record.salt);
    this.#ticket = record.ticket === null ? null : fromHex(record.ticket);
    const { triesLeft } = record;
    this.#machine = new LockReceiver({ salt: this.salt, triesLeft });
  }

  /** Of an offer that has just come in. */
  static fresh(transferId: string, salt: Uint8Array, ports: ReceivePorts): ReceiveLock {
    const record = { salt: toHex(salt), triesLeft: LOCK_TRIES, ticket: null };
    return new ReceiveLock(transferId, record, ports);
  }

  get record(): ReceiveLockRecord {
    return this.#record;
  }

  get view(): LockView {
    if (this.#ticket !== null) return { type: 'unlocked' };
    const type = this.#entry.type === 'none' ? 'locked' : 'checking';
    return { type, triesLeft: this.#record.triesLeft };
  }

  get ticket(): Uint8Array | null {
    return this.#ticket;
  }

  /** Whether an offer told again has the same lock. */
  matches(salt: Uint8Array | null): boolean {
    return salt !== null && toHex(salt) === toHex(this.salt);
  }

  /** A session in which the offer stands: what was typed in is tried there. */
  attach(link: LockLink): void {
    if (this.#link === link) return;
    this.#machine.reset();
    this.#link = link;
    this.#begin();
  }

  detach(): void {
    this.#link = null;
    this.#machine.reset();
  }

  /** The offer is over: what was typed in is tried no more. */
  giveUp(): void {
    if (this.#state === 'open') this.#state = 'over';
    this.#machine.reset();
    this.#forgetEntry();
  }

  destroy(): void {
    this.#state = 'destroyed';
    this.detach();
    this.#machine.destroy();
    this.#forgetEntry();
    wipe(this.#ticket ?? undefined);
  }

  /**
   * Tries a password; the verdict comes with `changed` or `unlocked`. Where there is no session it is
   * kept until there is one.
   *
   * @throws TransferError `bad-password` when it cannot be one, `busy` while one is being tried
   */
  async unlock(password: string): Promise<void> {
    if (this.#ticket !== null || !this.#isOpen()) return;
    if (this.#entry.type !== 'none') throw new TransferError('busy');
    this.#entry = { type: 'stretching' };
    this.#ports.changed();
    let secret: Bytes;
    try {
      secret = await (this.#ports.stretch ?? stretchPassword)(password, this.salt);
    } catch (cause) {
      this.#entry = { type: 'none' };
      this.#ports.changed();
      if (cause instanceof LockError) throw new TransferError('bad-password', undefined, { cause });
      throw cause;
    }
    if (!this.#isOpen()) return wipe(secret);
    this.#entry = { type: 'typed', secret };
    this.#begin();
  }

  /** @throws SessionError */
  onMessage(message: LockToReceiver): void {
    const link = this.#link;
    if (link === null) throw new SessionError('out-of-state', message.type);
    breach(() => {
      switch (message.type) {
        case 'unlock-share': {
          const proof = this.#machine.onShare(message.share);
          link.post({ type: 'unlock-proof', transferId: message.transferId, proof });
          return;
        }
        case 'unlock-wrong':
          this.#machine.onWrong(message.triesLeft);
          this.#record = { ...this.#record, triesLeft: message.triesLeft };
          this.#forgetEntry();
          this.#ports.save().catch(() => undefined);
          this.#ports.changed();
          return;
        case 'unlocked':
          this.#ticket = this.#machine.onUnlocked(message.proof);
          this.#record = { ...this.#record, ticket: toHex(this.#ticket) };
          this.#forgetEntry();
          this.#ports.save().then(
            () => this.#ports.unlocked(),
            () => this.#ports.failed(),
          );
      }
    });
  }

  /** [PW6] Null while it is locked, or without a session. */
  acceptProof(link: LockLink): Bytes | null {
    const ticket = this.#ticket;
    return ticket === null ? null : acceptProof(ticket, link.lockContext(this.#transferId, 'in'));
  }

  #begin(): void {
    const link = this.#link;
    if (link === null || this.#entry.type !== 'typed' || this.#machine.state !== 'idle') return;
    const transferId = this.#transferId;
    const share = this.#machine.start(link.lockContext(transferId, 'in'), this.#entry.secret);
    link.post({ type: 'unlock', transferId, share });
  }

  #forgetEntry(): void {
    if (this.#entry.type === 'typed') wipe(this.#entry.secret);
    this.#entry = { type: 'none' };
  }

  // A method, because the end may come while a password is stretched.
  #isOpen(): boolean {
    return this.#state === 'open';
  }
}

/** A peer that does not keep to the order or does not know what it says ends its session. */
function breach(run: () => void): void {
  try {
    run();
  } catch (cause) {
    if (!(cause instanceof LockError)) throw cause;
    const code = cause.code === 'out-of-order' ? 'out-of-state' : 'wrong-proof';
    throw new SessionError(code, cause.code, { cause });
  }
}
