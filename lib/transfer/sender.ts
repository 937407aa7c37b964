import { fromHex, toHex } from '../crypto/bytes.ts';
import type { CancelReason, DeclineReason, PauseReason, TransferKind } from '../protocol/kinds.ts';
import type { EitherWay, ToSender } from '../protocol/messages.ts';
import { displayText, wirePath } from '../protocol/names.ts';
import { NOTE_CHARACTERS } from './constants.ts';
import { ignoreFailure, type TransferContext } from './context.ts';
import { SessionError } from './errors.ts';
import type { SendRequest } from './events.ts';
import { senderNextStep, toldToReceiver } from './failures.ts';
import type { Retired } from './history.ts';
import type { ChunkJob } from './lanes.ts';
import { SendLock, type LockToSender } from './lock-desk.ts';
import { sendLockOf, type SendLockRecord } from './lock-records.ts';
import { firstNeed, sameMoving, sendMoving, type SendMoving } from './moving.ts';
import { offerMessages } from './offer.ts';
import { Pauses } from './pauses.ts';
import type {
  StoredFile,
  StoredHead,
  StoredTransfer,
  TransferHead,
  TransferSnapshot,
} from './records.ts';
import type { SendFile } from './send-file.ts';
import { SendFiles, type SendFilesOwner } from './send-files.ts';
import { assertSendable } from './sendable.ts';
import type { SessionLink } from './session-link.ts';
import {
  moveSend,
  sendEnded,
  type FailureReason,
  type SendState,
  type Unreachable,
} from './states.ts';
import { TransferBook, type BookOwner } from './transfer-book.ts';

/** Messages of the receiver about one transfer. */
export type SenderInput = Exclude<ToSender, { type: 'window' }> | TransferControl;
export type TransferControl = Extract<EitherWay, { type: 'pause' | 'resume' | 'cancel' }>;

/** What is fixed about a transfer from its beginning. */
interface Facts {
  readonly transferId: string;
  readonly kind: TransferKind;
  readonly note: string | null;
  /** What a view calls it, where no file's name says it: a text's beginning. */
  readonly title: string | null;
  readonly force: boolean;
  /** [PW8] Of the password that it asks for. */
  readonly lock: SendLockRecord | null;
}

/** One outgoing transfer, from the click to `delivered`, over sessions and restarts. */
export class SendTransfer implements SendFilesOwner, BookOwner {
  readonly transferId: string;
  readonly deviceId: string;
  readonly #facts: Facts;
  readonly #context: TransferContext;
  readonly #files: SendFiles;
  readonly #book: TransferBook;
  readonly #pauses = new Pauses();
  readonly #lock: SendLock | null;
  #state: SendState = { type: 'waiting-for-device' };
  #pauseReason: PauseReason | null = null;
  #link: SessionLink | null = null;
  #left = 0;
  #offered = false;
  /** [TR18] Known roots are looked up before it is offered for the first time. */
  #ready = true;

  private constructor(
    deviceId: string,
    facts: Facts,
    context: TransferContext,
    restored: TransferHead | null = null,
  ) {
    this.transferId = facts.transferId;
    this.deviceId = deviceId;
    this.#facts = facts;
    this.#context = context;
    this.#files = new SendFiles(context, this);
    this.#book = new TransferBook(context, this, restored);
    this.#lock = facts.lock === null ? null : this.#makeLock(facts.lock);
  }

  /** @throws TransferError `bad-request` */
  static create(deviceId: string, request: SendRequest, context: TransferContext): SendTransfer {
    assertSendable(request);
    const { transferId, kind, note, items } = request;
    const title = request.title ?? null;
    const lock = request.lock === undefined ? null : freshLock(request.lock);
    // [PW1] What it is must not be guessed from a root either.
    const force = (request.force ?? false) || lock !== null;
    const facts = { transferId, kind, note: note ?? null, title, force, lock };
    const transfer = new SendTransfer(deviceId, facts, context);
    for (const [fileId, { path, mime, modified, source }] of items.entries()) {
      const { size } = source;
      transfer.#files.add({ fileId, path: wirePath(path), size, mime, modified }, source);
    }
    transfer.#begin();
    return transfer;
  }

  /** [TR20] A new transfer of the files of another that were not delivered. */
  static retry(
    transferId: string,
    stored: StoredTransfer,
    { force: wanted = false, fileId: only }: { readonly force?: boolean; readonly fileId?: number },
    context: TransferContext,
  ): SendTransfer | null {
    const { head, files } = stored;
    const { deviceId, kind, note, title = null } = head;
    const before = sendLockOf(head);
    const lock = before && { ...before, wrong: 0, ticket: null };
    const force = wanted || lock !== null;
    const facts = { transferId, kind, note, title, force, lock };
    const transfer = new SendTransfer(deviceId, facts, context);
    const left = files.filter(
      (file) =>
        file.state !== 'replaced' &&
        (only === undefined || file.fileId === only) &&
        (wanted || file.state !== 'delivered') &&
        (only !== undefined || file.state !== 'cancelled'),
    );
    if (left.length === 0) return null;
    for (const [fileId, file] of left.entries()) {
      const { path, size, mime, modified } = file;
      transfer.#files.add({ fileId, path, size, mime, modified }, null);
      ignoreFailure(
        context.sources.move(
          { transferId: head.transferId, fileId: file.fileId },
          { transferId, fileId },
        ),
      );
    }
    transfer.#begin();
    return transfer;
  }

  /** One of an earlier life of this document. */
  static async restore(stored: StoredTransfer, context: TransferContext): Promise<SendTransfer> {
    const { head } = stored;
    const { transferId, deviceId, kind, note, title = null } = head;
    const lock = sendLockOf(head);
    const facts = { transferId, kind, note, title, force: lock !== null, lock };
    const transfer = new SendTransfer(deviceId, facts, context, head);
    // It may have been: then the other side takes it as an old one ([TR14]).
    transfer.#offered = head.startedAt !== null;
    transfer.#pauses.set('me', head.pausedByMe);
    for (const file of stored.files) {
      // Replaced ones too: the receiver may still speak of them.
      const { fileId, path, size, mime, modified } = file;
      await transfer.#files
        .add({ fileId, path, size, mime, modified }, null, file.version)
        .restore(file);
    }
    transfer.#moveSources(stored.files);
    transfer.#files.count();
    // Killed between the last file's record and the transfer's own.
    if (transfer.#files.allDelivered) transfer.#book.stored();
    else transfer.#book.tell();
    return transfer;
  }

  /** [TR19] Killed between a later version's record and the move of its source. */
  #moveSources(files: readonly StoredFile[]): void {
    const { transferId } = this;
    for (const { fileId, path, state, version = 0 } of files) {
      if (state !== 'replaced') continue;
      const later = files.filter((file) => file.path === path && file.version === version + 1);
      const [by] = later;
      if (by === undefined || later.length > 1) continue;
      const [from, to] = [
        { transferId, fileId },
        { transferId, fileId: by.fileId },
      ];
      ignoreFailure(this.#context.sources.move(from, to));
    }
  }

  get state(): SendState {
    return this.#state;
  }

  get link(): SessionLink | null {
    return this.#link;
  }

  /** Of what is to go: what a person took out of it is not. */
  get totalBytes(): number {
    const going = this.#files.current.filter(({ state }) => state !== 'cancelled');
    return going.reduce((sum, file) => sum + file.size, 0);
  }

  /** Bytes that have not left, nearly; cheap, since it is asked for with every chunk. */
  get bytesLeft(): number {
    return Math.max(0, this.#left);
  }

  /** Whether it may be offered now. */
  get offerable(): boolean {
    const { type } = this.#state;
    return this.#ready && (type === 'waiting-for-device' || type === 'connecting');
  }

  /** Whether it was ever offered: the next time it is an old one ([TR14]). */
  get offeredBefore(): boolean {
    return this.#offered;
  }

  head(): TransferHead {
    const { kind, note, title } = this.#facts;
    return {
      transferId: this.transferId,
      deviceId: this.deviceId,
      direction: 'send',
      kind,
      count: this.#files.current.length,
      totalBytes: this.totalBytes,
      note: note === null ? null : displayText(note, NOTE_CHARACTERS),
      ...this.#book.counted,
      doneBytes: this.#files.doneBytes,
      doneFiles: this.#files.delivered,
      pausedByMe: this.#pauses.mine,
      state: this.#state,
      ...(title !== null && { title }),
    };
  }

  record(): StoredHead {
    return { ...this.head(), ...(this.#lock && { lock: this.#lock.record }) };
  }

  snapshot(): TransferSnapshot {
    return {
      ...this.#files.summary(),
      ...this.head(),
      files: this.#files.snapshots(),
      ...(this.#lock && { lock: this.#lock.view }),
    };
  }

  connecting(): void {
    const from = this.#state;
    if (from.type === 'waiting-for-device') this.#enter(moveSend(from, { type: 'connecting' }));
  }

  offline(): void {
    const from = this.#state;
    if (from.type === 'connecting') this.#enter(moveSend(from, { type: 'waiting-for-device' }));
  }

  /** What has begun may be finished yet: it waits for its own end. */
  unreachable(reason: Unreachable): void {
    const from = this.#state;
    if (from.type !== 'waiting-for-device' && from.type !== 'connecting') return;
    // A device that is merely away is waited for; where no way leads to it, somebody has to act.
    if (reason === 'device-unreachable' || this.#book.started) this.offline();
    else this.fail(reason);
  }

  /** Offers, or offers again, over a session. */
  attach(link: SessionLink): void {
    const from = this.#state;
    if (from.type !== 'waiting-for-device' && from.type !== 'connecting') return;
    this.#link = link;
    this.#offered = true;
    // The offer that follows has the later ones.
    this.#replacedWhileOffered.length = 0;
    this.#files.attach(link);
    this.#enter(moveSend(from, { type: 'waiting-for-accept' }));
    const { transferId } = this;
    const { kind, note } = this.#facts;
    const items = this.#files.current.map(({ item }) => item);
    this.#lock?.attach(link);
    const lock = this.#lock?.salt ?? null;
    const totalBytes = items.reduce((sum, { size }) => sum + size, 0);
    const offer = { transferId, kind, totalBytes, note, lock, items };
    for (const message of offerMessages(offer)) link.post(message);
  }

  /** The session went. It waits for another one, however long that takes ([TR12]). */
  detach(): void {
    const from = this.#state;
    this.#link = null;
    this.#lock?.detach();
    this.#files.detach(false);
    this.#setPeerPause(false);
    if (
      from.type === 'waiting-for-accept' ||
      from.type === 'transferring' ||
      from.type === 'paused' ||
      from.type === 'verifying'
    ) {
      this.#enter(moveSend(from, { type: 'connecting' }));
    }
  }

  /** @throws SessionError */
  onMessage(message: SenderInput): void {
    if (sendEnded(this.#state)) return;
    switch (message.type) {
      case 'accept':
        return this.#onAccept(message.proof);
      case 'decline':
        return this.#onDecline(message.reason);
      case 'have':
        return this.#told(message.fileId).have(message);
      case 'there':
        return this.#onThere(this.#told(message.fileId), message.merkleRoot);
      case 'unlock':
      case 'unlock-proof':
        return this.#onUnlock(message);
      case 'resend':
        this.#files.get(message.fileId).resend(message.chunks);
        this.#link?.lanes.pump();
        return;
      case 'stored':
        this.#lock?.assertUnlocked();
        return this.#files.stored(this.#files.get(message.fileId), message.merkleRoot);
      case 'pack-stored':
        this.#lock?.assertUnlocked();
        return this.#files.packStored(message.tag, message.missing);
      case 'again':
        // It goes already.
        return;
      case 'pause':
        return this.#onPause(message.fileId, message.reason);
      case 'resume':
        return this.#resume('peer', message.fileId);
      case 'cancel':
        return this.#onCancel(message.fileId, message.reason);
    }
  }

  /** Called by the session's lanes. */
  nextChunk(): ChunkJob | null {
    const { type } = this.#state;
    if (type !== 'transferring' && type !== 'verifying') return null;
    if (this.#pauses.by !== null || this.#link === null) return null;
    return this.#files.nextChunk(this.#link);
  }

  pause(fileId?: number): void {
    if (sendEnded(this.#state)) return;
    if (fileId === undefined) this.#pauses.set('me', true);
    else if (!this.#files.find(fileId)) return;
    else this.#files.get(fileId).setPaused('me', true);
    this.#tellPause('pause', fileId);
    this.#derive();
    this.#writeAll(fileId);
  }

  resume(fileId?: number): void {
    if (sendEnded(this.#state)) return;
    if (fileId !== undefined && !this.#files.find(fileId)) return;
    if (fileId === undefined && !this.#pauses.mine) return this.#resumeFiles();
    this.#tellPause('resume', fileId);
    this.#resume('me', fileId);
    this.#writeAll(fileId);
  }

  cancel(fileId?: number): void {
    if (fileId === undefined) return this.#stop('cancelled', { type: 'cancelled', by: 'me' });
    const file = this.#files.find(fileId);
    if (file === undefined || file.over || sendEnded(this.#state)) return;
    file.end('cancelled');
    const { transferId } = this;
    if (this.#accepted) {
      this.#link?.post({ type: 'cancel', transferId, fileId, reason: 'cancelled' });
    }
    this.onSettled([file]);
  }

  /** After `restore`, once it is known: what was over by then ends, and sources are looked for. */
  async resumeLife(): Promise<void> {
    const from = this.#state;
    // [PW5] Killed between the last wrong try and its end.
    if (this.#lock?.exhausted) return this.#lockOut();
    if (this.#files.allDelivered && from.type === 'waiting-for-device') {
      return this.#end({ type: 'delivered' });
    }
    if (!this.#endIfOver()) await this.#files.probe(this.#offered);
  }

  /** A person made sources readable again: they are looked for anew. */
  async reopen(): Promise<void> {
    await this.#files.reopen();
    const from = this.#state;
    if (from.type === 'needs-you' && this.#link === null && !this.#stuck()) {
      this.#enter(moveSend(from, { type: 'waiting-for-device' }));
      this.#context.admit(this.deviceId);
    }
  }

  /** Fails here; the peer is told where it can be. */
  fail(reason: FailureReason): void {
    this.#stop(toldToReceiver(reason), {
      type: 'failed',
      reason,
      nextStep: senderNextStep(reason),
    });
  }

  /** Deletes the record; the owner has cancelled it before. */
  async remove(): Promise<void> {
    this.#lock?.destroy();
    await this.#book.remove();
  }

  /** Hands over what outlasts it; nothing is told afterwards. */
  retire(): Retired {
    this.#book.shut();
    const stored = this.#stored();
    this.#lock?.destroy();
    return { stored, writer: this.#book.writer };
  }

  /** Resolves when the record is written; nothing is told afterwards. */
  async close(): Promise<void> {
    this.#book.shut();
    if (!sendEnded(this.#state)) this.#book.write();
    this.#lock?.destroy();
    await this.#files.close();
    await this.#book.writer.idle();
  }

  // What the files tell.

  onSent(bytes: number): void {
    this.#left -= bytes;
    this.#book.moved(bytes);
  }

  onFiles(): void {
    if (sendEnded(this.#state)) return;
    if (this.#accepted) this.#derive();
    else if (this.#link === null) this.#showNeed();
    else if (this.#files.delivered === 0) this.#endIfOver();
    this.#book.tellSoon();
  }

  onStarted(file: SendFile): void {
    // A restart looks for the journal of what had begun.
    ignoreFailure(this.#book.writer.files(this.transferId, file.records()));
  }

  onSettled(files: readonly SendFile[]): void {
    if (sendEnded(this.#state)) return;
    ignoreFailure(
      this.#book.writer.files(
        this.transferId,
        files.flatMap((file) => file.records()),
      ),
    );
    for (const file of files) this.#remember(file);
    if (files.some((file) => !file.delivered)) this.#left = this.#files.bytesLeft;
    this.onFiles();
  }

  async onReplacing(records: readonly StoredFile[]): Promise<void> {
    try {
      await this.#book.writer.files(this.transferId, records);
    } catch {
      // A restart finds the version of before, and sees once more that it has changed.
    }
  }

  onReplaced(file: SendFile, by: SendFile): void {
    if (sendEnded(this.#state)) return;
    const { transferId } = this;
    // Not yet accepted, it is part of the next offer; the receiver takes it from there.
    if (this.#accepted) {
      this.#link?.post({ type: 'replace', transferId, fileId: file.fileId, item: by.item });
    } else if (this.#link !== null) this.#replacedWhileOffered.push([file.fileId, by]);
    this.#left = this.#files.bytesLeft;
    this.onFiles();
  }

  onFileFailed(file: SendFile, reason: FailureReason): void {
    const told: CancelReason =
      reason === 'source-changed' || reason === 'verify-failed' ? reason : 'source-unreadable';
    const { transferId } = this;
    const { fileId } = file;
    if (this.#accepted) this.#link?.post({ type: 'cancel', transferId, fileId, reason: told });
  }

  // Inside.

  readonly #replacedWhileOffered: [number, SendFile][] = [];

  /** The receiver said yes in this session: it hears of single files. */
  get #accepted(): boolean {
    const { type } = this.#state;
    const moving =
      type === 'transferring' || type === 'paused' || type === 'verifying' || type === 'needs-you';
    return this.#link !== null && moving;
  }

  #begin(): void {
    ignoreFailure(this.#book.writer.create(this.#stored()));
    const large = this.#files.current.filter((file) => !file.small);
    if (this.#facts.force || large.length === 0) return;
    this.#ready = false;
    void this.#lookUp(large).finally(() => {
      this.#ready = true;
      this.#context.admit(this.deviceId);
    });
  }

  /** [TR18] */
  async #lookUp(files: readonly SendFile[]): Promise<void> {
    for (const file of files) {
      const known = await this.#context.ledger.sent(this.deviceId, file.item).catch(() => null);
      if (known !== null) file.claimRoot(fromHex(known.root));
    }
  }

  #remember(file: SendFile): void {
    const content = file.deliveredContent;
    if (content === null || file.small) return;
    ignoreFailure(this.#context.ledger.putSent(this.deviceId, file.item, content));
  }

  #told(fileId: number): SendFile {
    const { type } = this.#state;
    if (type !== 'waiting-for-accept' && this.#pauseReason === null) {
      throw new SessionError('out-of-state', 'what the receiver has');
    }
    this.#lock?.assertUnlocked();
    return this.#files.get(fileId);
  }

  #onThere(file: SendFile, root: Uint8Array): void {
    if (!file.claims(root)) throw new SessionError('out-of-state', 'there');
    this.#files.claim(file, root, true);
  }

  /** [PW5] While it is offered, and only where it has a lock. */
  #onUnlock(message: LockToSender): void {
    if (this.#lock === null || this.#state.type !== 'waiting-for-accept') {
      throw new SessionError('out-of-state', message.type);
    }
    this.#lock.onMessage(message);
  }

  #onAccept(proof: Uint8Array | undefined): void {
    const from = this.#state;
    // Told again for an offer told again: harmless ([TR12]).
    if (from.type !== 'waiting-for-accept') return;
    if (this.#lock !== null) this.#lock.assertAccepted(proof);
    else if (proof !== undefined) throw new SessionError('out-of-state', 'no lock');
    if (this.#lock?.ticket) this.#link?.useTicket(this.transferId, this.#lock.ticket);
    this.#book.start();
    const forgotten = this.#files.reviveForgotten();
    if (forgotten.length > 0) {
      const records = forgotten.flatMap((file) => file.records());
      ignoreFailure(this.#book.writer.files(this.transferId, records));
    }
    this.#left = this.#files.bytesLeft;
    this.#enter(moveSend(from, { type: 'transferring' }));
    const { transferId } = this;
    for (const [fileId, by] of this.#replacedWhileOffered.splice(0)) {
      this.#link?.post({ type: 'replace', transferId, fileId, item: by.item });
    }
    if (this.#pauses.mine) this.#tellPause('pause');
    for (const file of this.#files.all) {
      const { fileId } = file;
      const { link } = this;
      if (file.state === 'replaced') continue;
      if (file.state === 'cancelled' || file.state === 'failed') {
        const reason = file.state === 'cancelled' ? 'cancelled' : 'source-unreadable';
        link?.post({ type: 'cancel', transferId, fileId, reason });
      } else if (file.pauses.mine) link?.post({ type: 'pause', transferId, fileId });
    }
    this.#derive();
    this.#link?.lanes.pump();
  }

  #onDecline(reason: DeclineReason): void {
    const from = this.#state;
    if (from.type !== 'waiting-for-accept') throw new SessionError('out-of-state', 'decline');
    if (this.#book.started && reason === 'declined') {
      return this.#end(moveSend(from, { type: 'cancelled', by: 'peer' }));
    }
    if (this.#book.started) return this.fail('interrupted');
    this.#end(moveSend(from, { type: 'declined', reason }));
  }

  #onPause(fileId: number | undefined, reason: PauseReason | undefined): void {
    if (fileId !== undefined) {
      this.#files.get(fileId).setPaused('peer', true);
    } else {
      // What is under way is dropped there: `have` tells what is not lost, before `resume`.
      if (reason === 'no-space') this.#files.detach(true);
      // A person's pause there does not end the other reason: only `resume` does.
      this.#setPeerPause(true, reason ?? this.#pauseReason ?? undefined);
    }
    this.#derive();
  }

  #onCancel(fileId: number | undefined, reason: CancelReason): void {
    const from = this.#state;
    if (sendEnded(from)) return;
    if (fileId === undefined) {
      return this.#end(
        reason === 'cancelled'
          ? moveSend(from, { type: 'cancelled', by: 'peer' })
          : moveSend(from, { type: 'failed', reason, nextStep: senderNextStep(reason) }),
      );
    }
    const file = this.#files.get(fileId);
    if (file.over) return;
    if (reason === 'cancelled') file.end('cancelled');
    else file.end('failed', reason);
    this.onSettled([file]);
  }

  #resume(by: 'me' | 'peer', fileId?: number): void {
    if (fileId !== undefined) this.#files.get(fileId).setPaused(by, false);
    else if (by === 'me') this.#pauses.set('me', false);
    else this.#setPeerPause(false);
    this.#derive();
    this.#files.again();
  }

  /** Nobody here paused the whole: what was paused file by file is meant. */
  #resumeFiles(): void {
    for (const file of this.#files.current) if (file.pauses.mine) this.resume(file.fileId);
  }

  #setPeerPause(paused: boolean, reason?: PauseReason): void {
    this.#pauses.set('peer', paused);
    this.#pauseReason = paused ? (reason ?? null) : null;
  }

  #tellPause(type: 'pause' | 'resume', fileId?: number): void {
    if (!this.#accepted) return;
    const { transferId } = this;
    this.#link?.post({ type, transferId, ...(fileId !== undefined && { fileId }) });
  }

  #writeAll(fileId?: number): void {
    const file = fileId === undefined ? undefined : this.#files.find(fileId);
    if (file) ignoreFailure(this.#book.writer.files(this.transferId, file.records()));
    else this.#book.write();
    this.#book.tell();
  }

  /** Every file that is left waits for a person. */
  #stuck(): boolean {
    let left = false;
    for (const file of this.#files.all) {
      if (file.over) continue;
      if (file.state !== 'needs-you') return false;
      left = true;
    }
    return left;
  }

  /** Without a session: whether there is any use in looking for one. */
  #showNeed(): void {
    const from = this.#state;
    if (from.type === 'needs-you') {
      // The person gave up what was needed; the rest, or the word that it is done, goes on.
      if (this.#endIfOver() || this.#stuck()) return;
      this.#enter(moveSend(from, { type: 'waiting-for-device' }));
      return this.#context.admit(this.deviceId);
    }
    if (from.type !== 'waiting-for-device' && from.type !== 'connecting') return;
    if (this.#endIfOver() || !this.#stuck()) return;
    this.#enter(moveSend(from, { type: 'needs-you', what: firstNeed(this.#files.all) }));
  }

  /** What the transfer's state is, from those of its files and who has paused it. */
  #derive(): void {
    if (!this.#accepted || this.#endIfOver()) return;
    const from = this.#state as SendMoving;
    const to = sendMoving(() => this.#files.all, this.#pauses, this.#pauseReason);
    if (sameMoving(from, to)) return;
    switch (to.type) {
      case 'paused':
        return this.#enter(moveSend(from, to));
      case 'needs-you':
        return this.#enter(moveSend(from, to));
      case 'transferring':
        if (from.type !== 'transferring') this.#enter(moveSend(from, to));
        return;
      case 'verifying':
        if (from.type !== 'verifying') this.#enter(moveSend(from, to));
    }
  }

  #endIfOver(): boolean {
    let failed: FailureReason | null = null;
    let delivered = false;
    for (const file of this.#files.all) {
      if (!file.over) return false;
      if (file.state === 'failed') failed ??= file.reason ?? 'source-unreadable';
      if (file.delivered) delivered = true;
    }
    const from = this.#state;
    if (sendEnded(from)) return true;
    if (failed !== null && from.type === 'waiting-for-accept') {
      // Nobody has said yes to it in this session: it is taken back.
      this.fail(failed);
    } else if (failed !== null) {
      const nextStep = senderNextStep(failed);
      this.#link?.post({ type: 'done', transferId: this.transferId });
      this.#end(moveSend(from, { type: 'failed', reason: failed, nextStep }));
    } else if (!delivered) {
      this.#stop('cancelled', { type: 'cancelled', by: 'me' });
    } else {
      if (from.type === 'waiting-for-accept' || this.#link === null) return false;
      this.#book.stored();
      this.#link.post({ type: 'done', transferId: this.transferId });
      this.#end({ type: 'delivered' });
    }
    return true;
  }

  #stop(told: CancelReason, to: Extract<SendState, { type: 'failed' | 'cancelled' }>): void {
    const from = this.#state;
    if (sendEnded(from)) return;
    this.#link?.post({ type: 'cancel', transferId: this.transferId, reason: told });
    this.#end(moveSend(from, to));
  }

  #end(state: SendState): void {
    const failed = state.type === 'failed' ? state.reason : null;
    const open = [...this.#files.all].filter((file) => !file.over);
    this.#files.endAll(state.type === 'cancelled' ? 'cancelled' : 'failed', failed);
    this.#enter(state);
    if (open.length > 0) {
      ignoreFailure(
        this.#book.writer.files(
          this.transferId,
          open.flatMap((file) => file.records()),
        ),
      );
    }
    this.#context.settled(this.transferId);
    this.#context.over(this.transferId);
  }

  #enter(state: SendState): void {
    this.#state = state;
    this.#book.entered(sendEnded(state));
  }

  #makeLock(record: SendLockRecord): SendLock {
    return new SendLock(this.transferId, record, {
      save: () => this.#book.writer.surely(() => this.record()),
      changed: () => this.#book.tell(),
      lockedOut: () => this.#lockOut(),
      failed: () => this.fail('storage-failed'),
    });
  }

  #lockOut(): void {
    const reason = 'locked-out';
    this.#stop(reason, { type: 'failed', reason, nextStep: senderNextStep(reason) });
  }

  #stored(): StoredTransfer {
    const files: StoredFile[] = [...this.#files.all].flatMap((file) => file.records());
    return { head: this.record(), files };
  }
}

function freshLock({ salt, secret }: NonNullable<SendRequest['lock']>): SendLockRecord {
  return { salt: toHex(salt), secret: toHex(secret), wrong: 0, ticket: null };
}
