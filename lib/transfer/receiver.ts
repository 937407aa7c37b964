import { fromHex } from '../crypto/bytes.ts';
import { isTextKind, type CancelReason, type DeclineReason } from '../protocol/kinds.ts';
import { OFFER_LIFE_MS } from '../protocol/limits.ts';
import type { ToReceiver } from '../protocol/messages.ts';
import { displayText } from '../protocol/names.ts';
import { NOTE_CHARACTERS, OFFER_NAMES, PARTIAL_LIFE_MS } from './constants.ts';
import { ignoreFailure, type TransferContext } from './context.ts';
import { SessionError, TransferError } from './errors.ts';
import type { Decision } from './events.ts';
import { receiverNextStep, toldToSender } from './failures.ts';
import type { Retired } from './history.ts';
import { KnownFiles } from './known-files.ts';
import { ReceiveLock, type LockToReceiver } from './lock-desk.ts';
import { receiveMoving } from './moving.ts';
import type { Offer } from './offer.ts';
import { Pauses } from './pauses.ts';
import type { ReceiveFile } from './receive-file.ts';
import { ReceiveFiles, type ReceiveFilesOwner } from './receive-files.ts';
import type { StoredHead, StoredTransfer, TransferHead, TransferSnapshot } from './records.ts';
import { RoomWatch } from './room-watch.ts';
import { FileTally, savingState, storedEvent, storedText } from './saving.ts';
import type { TransferControl } from './sender.ts';
import type { SessionLink } from './session-link.ts';
import {
  completed,
  ended,
  moveReceive,
  receiving,
  type FailureReason,
  type NeedsYou,
  type ReceiveState,
  type Receiving,
} from './states.ts';
import { TransferBook, type BookOwner } from './transfer-book.ts';

/** Messages of the sender about one transfer, once it is offered. */
export type ReceiverInput =
  Exclude<ToReceiver, { type: 'offer-begin' | 'offer-items' | 'offer-end' }> | TransferControl;

type Moving = Exclude<Receiving, { type: 'offered' }>;
type Aborted = Extract<ReceiveState, { type: 'failed' | 'cancelled' | 'expired' | 'declined' }>;

/** One incoming transfer, from the offer to `saved`, over sessions and restarts. */
export class ReceiveTransfer implements ReceiveFilesOwner, BookOwner {
  readonly transferId: string;
  readonly deviceId: string;
  readonly #offer: Offer;
  readonly #context: TransferContext;
  readonly #files: ReceiveFiles;
  readonly #book: TransferBook;
  readonly #pauses = new Pauses();
  readonly #lock: ReceiveLock | null;
  #state: ReceiveState;
  #link: SessionLink | null = null;
  #what: NeedsYou = 'save-failed';
  /** Once all are stored: from then on only their saving changes. */
  #tally: FileTally | null = null;
  readonly #known = new KnownFiles();
  #stopTimer: (() => void) | null = null;
  readonly #room: RoomWatch;
  /** There was no room when it was last looked for; outlasts the session. */
  #short = false;
  /** The sender has heard of the accept in this session. */
  #told = false;
  /** A decision that is being carried out: the second click finds it and waits for the same. */
  #deciding: Promise<void> | null = null;

  /** @param restored the record of an earlier life of this document */
  constructor(
    deviceId: string,
    offer: Offer,
    context: TransferContext,
    restored: StoredHead | null = null,
  ) {
    this.transferId = offer.transferId;
    this.deviceId = deviceId;
    this.#offer = offer;
    this.#context = context;
    this.#book = new TransferBook(context, this, restored);
    this.#pauses.set('me', restored?.pausedByMe ?? false);
    this.#state =
      restored?.direction === 'receive'
        ? restored.state
        : { type: 'offered', expiresAt: this.#book.createdAt + OFFER_LIFE_MS };
    this.#files = new ReceiveFiles(context, this);
    if (restored === null) for (const item of offer.items) this.#files.add(item);
    this.#room = new RoomWatch(context);
    this.#lock = this.#makeLock(offer, restored);
  }

  get state(): ReceiveState {
    return this.#state;
  }

  get link(): SessionLink | null {
    return this.#link;
  }

  /** Whether the wire still matters to it. */
  get receiving(): boolean {
    return receiving(this.#state);
  }

  head(): TransferHead {
    const { kind, note } = this.#offer;
    return {
      transferId: this.transferId,
      deviceId: this.deviceId,
      direction: 'receive',
      kind,
      count: this.#files.current.length,
      totalBytes: this.#files.totalBytes,
      note: note === null ? null : displayText(note, NOTE_CHARACTERS),
      ...this.#book.counted,
      doneBytes: this.#files.doneBytes,
      doneFiles: this.#files.stored,
      pausedByMe: this.#pauses.mine,
      state: this.#state,
    };
  }

  record(): StoredHead {
    return { ...this.head(), ...(this.#lock && { lock: this.#lock.record }) };
  }

  snapshot(): TransferSnapshot {
    return {
      ...this.head(),
      files: this.#files.snapshots(),
      ...this.#files.summary(),
      ...(this.#lock && { lock: this.#lock.view }),
    };
  }

  /** [TR12] Writes the offer down, and only then asks. */
  async offered(link: SessionLink): Promise<void> {
    this.#link = link;
    this.#lock?.attach(link);
    try {
      await this.#book.writer.create({ head: this.record(), files: this.#files.records() });
    } catch {
      // What cannot be written down is not asked about.
      if (this.#state.type === 'offered') this.#fail('storage-failed');
      return;
    }
    await this.#known.lookUp(this.#context.ledger, this.deviceId, this.#offer.items);
    this.#ask();
  }

  /** Picks up where an earlier life of this document stopped. */
  async restore(stored: StoredTransfer): Promise<void> {
    for (const file of stored.files) {
      if (file.state === 'replaced') continue;
      const { fileId, path, size, mime, modified, safePath } = file;
      const item = { fileId, path, size, mime, modified };
      await this.#files.add(item, safePath, file.version).restore(file);
    }
    const from = this.#state;
    if (from.type === 'offered') this.#ask();
    else if (!receiving(from)) this.#book.tell();
    // Killed between the last file's record and the transfer's own.
    else if (!this.#settleIfDone(from)) this.#waitForSession(from);
    this.#showSaving();
    for (const file of this.#files.all) await this.#tellStored(file);
    this.#endIfOver();
  }

  /** [TR12] The same offer again, in this session or a new one. @throws SessionError */
  offeredAgain(link: SessionLink, offer: Offer): void {
    const mine = this.#offer;
    const sameLock = this.#lock?.matches(offer.lock) ?? offer.lock === null;
    if (offer.kind !== mine.kind || !sameNote(offer.note, mine.note) || !sameLock) {
      throw new SessionError('bad-manifest', 'another offer under the same id');
    }
    const { transferId } = this;
    const from = this.#state;
    switch (from.type) {
      case 'offered':
        for (const { old, item } of this.#files.reconcile(offer)) this.#replace(old, item);
        this.#link = link;
        this.#lock?.attach(link);
        return;
      case 'declined':
        link.post({ type: 'decline', transferId, reason: from.reason });
        return;
      case 'expired':
        link.post({ type: 'decline', transferId, reason: 'expired' });
        return;
      case 'failed':
        this.#tellKept(link);
        link.post({ type: 'decline', transferId, reason: 'gone' });
        return;
      case 'cancelled':
        this.#tellKept(link);
        link.post({ type: 'decline', transferId, reason: 'declined' });
        return;
      default:
        for (const { old, item } of this.#files.reconcile(offer)) this.#replace(old, item);
        if (this.#link !== link) this.#goOn(link);
    }
  }

  /** The session went. What was accepted waits for the sender to offer it again. */
  detach(): void {
    const from = this.#state;
    this.#link = null;
    this.#lock?.detach();
    this.#told = false;
    if (!receiving(from) || from.type === 'offered') return;
    this.#waitForSession(from);
  }

  /** [PW1] The right password accepts it. @throws TransferError `bad-password`, `busy` */
  async unlock(password: string): Promise<void> {
    if (this.#state.type === 'offered') await this.#lock?.unlock(password);
  }

  /** Harmless when it was decided before ([TR12]). @throws TransferError `locked` */
  async decide(decision: Decision): Promise<void> {
    const from = this.#state;
    if (from.type !== 'offered') return;
    if (decision.type === 'decline') {
      this.#link?.post({ type: 'decline', transferId: this.transferId, reason: decision.reason });
      await this.#abort(moveReceive(from, { type: 'declined', reason: decision.reason }));
      return;
    }
    if (this.#lock?.ticket === null) throw new TransferError('locked');
    this.#deciding ??= this.#accept(new Set(decision.alreadyHere)).finally(() => {
      this.#deciding = null;
    });
    await this.#deciding;
  }

  /** @throws SessionError */
  onMessage(message: ReceiverInput): void {
    const from = this.#state;
    if (!receiving(from)) return this.#afterEnd(message);
    if (message.type === 'cancel') return this.#onCancel(message.fileId, message.reason);
    if (isOfLock(message)) return this.#onLock(message);
    if (from.type === 'offered') throw new SessionError('out-of-state', 'not accepted');
    switch (message.type) {
      case 'start':
        return this.#start(from, message);
      case 'pack':
        return this.#startPack(from, message);
      case 'stop':
        return this.#files.get(message.fileId).stop();
      case 'leaves':
        return this.#files.get(message.fileId).addLeaves(message.from, message.hashes);
      case 'file-end':
        return this.#onFileEnd(this.#files.get(message.fileId), message.merkleRoot);
      case 'replace': {
        const old = this.#files.get(message.fileId);
        this.#files.assertReplaceable(old, message.item);
        return this.#replace(old, message.item);
      }
      case 'done':
        throw new SessionError('out-of-state', 'done before all was stored');
      case 'pause':
        return this.#setPaused('peer', true, message.fileId);
      case 'resume':
        return this.#setPaused('peer', false, message.fileId);
    }
  }

  pause(fileId?: number): void {
    const from = this.#state;
    if (!receiving(from) || from.type === 'offered') return;
    if (fileId !== undefined && this.#files.find(fileId) === undefined) return;
    this.#tellPause('pause', fileId);
    this.#setPaused('me', true, fileId);
    this.#writeProgress(fileId);
  }

  resume(fileId?: number): void {
    const from = this.#state;
    if (!receiving(from) || from.type === 'offered') return;
    if (fileId !== undefined && this.#files.find(fileId) === undefined) return;
    if (from.type === 'needs-room' && fileId === undefined) {
      this.#pauses.set('me', false);
      ignoreFailure(this.#lookForRoom());
      return;
    }
    if (fileId === undefined && !this.#pauses.mine) {
      // Nobody here paused the whole: what was paused file by file is meant.
      for (const file of this.#files.current) if (file.pauses.mine) this.resume(file.fileId);
      return;
    }
    this.#tellPause('resume', fileId);
    this.#setPaused('me', false, fileId);
    this.#writeProgress(fileId);
  }

  async cancel(fileId?: number): Promise<void> {
    const from = this.#state;
    if (!receiving(from)) return;
    const { transferId } = this;
    if (fileId !== undefined) {
      const file = this.#files.find(fileId);
      if (file === undefined || file.settled || from.type === 'offered') return;
      return this.#cancelFile(file);
    }
    if (from.type === 'offered') {
      this.#link?.post({ type: 'decline', transferId, reason: 'declined' });
    } else {
      if (!this.#told) this.#tellKept(this.#link);
      this.#link?.post({ type: 'cancel', transferId, reason: 'cancelled' });
    }
    await this.#abort(moveReceive(from, { type: 'cancelled', by: 'me' }));
  }

  /** Fails here; the peer is told where it can be. */
  fail(reason: FailureReason): void {
    if (receiving(this.#state)) this.#fail(reason);
  }

  onChunk(bytes: number): void {
    const at = this.#book.moved(bytes);
    const { transferId } = this;
    if (at !== null) this.#context.onEvent({ type: 'first-byte', transferId, at });
  }

  onFileState(): void {
    this.#derive();
  }

  async onVerified(file: ReceiveFile, link: SessionLink, closed: Promise<void>): Promise<void> {
    const { transferId } = this;
    const root = file.record().root;
    await this.#onStored([file], closed, () => {
      if (root === null) return;
      const { fileId } = file;
      link.post({ type: 'stored', transferId, fileId, merkleRoot: fromHex(root) });
    });
  }

  /** With what was stored of it in an earlier one, which is written down by then as well. */
  async onPackStored(files: readonly ReceiveFile[], tell: () => void): Promise<void> {
    await this.#onStored(files, Promise.resolve(), tell);
  }

  onFailed(file: ReceiveFile, reason: FailureReason): void {
    // The disk itself is of no use: it would not be for the next file either.
    if (reason === 'storage-failed') return this.fail(reason);
    this.#tellCancel(file, toldToSender(reason));
    ignoreFailure(this.#giveUp(file, 'failed', reason));
  }

  onStorageFailed(): void {
    this.fail('storage-failed');
  }

  /** The disk is full: nothing more is taken, and what is there stays. */
  onNoRoom(): void {
    const from = this.#state;
    if (!receiving(from) || from.type === 'offered' || from.type === 'needs-room') return;
    this.#files.halt();
    const { transferId } = this;
    if (this.#told) this.#link?.post({ type: 'pause', transferId, reason: 'no-space' });
    this.#enter(moveReceive(from, { type: 'needs-room' }));
    this.#room.wait(() => this.#lookForRoom());
  }

  /** Moves a stored file on: the person's side of it. */
  async setSaving(
    fileId: number,
    state: 'saving' | 'saved' | 'needs-you',
    what: NeedsYou = 'save-failed',
  ): Promise<void> {
    // A text is one file, whichever version of it came ([TR19]).
    const text = isTextKind(this.#offer.kind);
    const file = text ? this.#files.current[0] : this.#files.find(fileId);
    const before = file?.state;
    if (file === undefined || before === undefined || !file.setSaving(state)) return;
    this.#tally?.moved(before, file.state);
    if (state === 'needs-you') this.#what = what;
    this.#showSaving();
    // After a restart it is saved again: where it was in that is nothing to remember.
    if (state === 'saving') return;
    const written = this.#book.writer.file(this.transferId, file.record());
    if (state !== 'saved') return ignoreFailure(written);
    if (!text) this.#known.remember(this.#context.ledger, this, file);
    try {
      // [TR11] Only when that is written down: until then it is the one copy.
      await written;
    } catch {
      // A restart finds it stored, and saves it once more.
      return;
    }
    file.letGo();
    const place = this.#files.lastOf(file);
    try {
      if (place !== null) await this.#context.sinks.remove(this.transferId, place);
    } finally {
      this.#endIfOver();
    }
  }

  /** Hands over what outlasts it; nothing is told afterwards. */
  retire(): Retired {
    this.#book.shut();
    const stored = { head: this.record(), files: this.#files.records() };
    this.#lock?.destroy();
    return { stored, writer: this.#book.writer };
  }

  /** Deletes everything; the owner has cancelled it before. */
  async remove(): Promise<void> {
    this.#book.shut();
    this.#stopTimers();
    this.#files.halt();
    this.#lock?.destroy();
    await this.#files.idle();
    await this.#context.sinks.remove(this.transferId);
    await this.#book.remove();
  }

  /** Resolves when the record is written and no file is in use; nothing is told afterwards. */
  async close(): Promise<void> {
    this.#book.shut();
    this.#stopTimers();
    this.#files.detach();
    if (receiving(this.#state)) this.#book.write();
    this.#lock?.destroy();
    await this.#files.idle();
    await this.#book.writer.idle();
  }

  // ---- the offer and its answer

  #ask(): void {
    const state = this.#state;
    if (state.type !== 'offered') return;
    const wait = Math.max(0, state.expiresAt - this.#context.clock.now());
    this.#stopTimer = this.#context.clock.after(wait, () => this.#expire());
    this.#book.tell();
    const { kind, totalBytes } = this.#offer;
    this.#context.onEvent({
      type: 'offer-received',
      transferId: this.transferId,
      deviceId: this.deviceId,
      kind,
      count: this.#files.current.length,
      totalBytes,
      names: this.#files.current.slice(0, OFFER_NAMES).map((file) => file.safePath),
      note: this.head().note,
      expiresAt: state.expiresAt,
      ...(this.#lock?.ticket === null && { locked: true }),
      known: this.#known.list,
    });
  }

  #expire(): void {
    const from = this.#state;
    if (from.type !== 'offered') return;
    this.#link?.post({ type: 'decline', transferId: this.transferId, reason: 'expired' });
    ignoreFailure(this.#abort(moveReceive(from, { type: 'expired' })));
  }

  async #accept(alreadyHere: ReadonlySet<number>): Promise<void> {
    for (const { fileId, root } of this.#known.among(alreadyHere)) {
      this.#files.find(fileId)?.claim(root);
    }
    const room = await this.#room.has(this.#files.missingBytes);
    const from = this.#state;
    if (from.type !== 'offered') return;
    this.#stopTimers();
    this.#book.start();
    if (!room) {
      this.#enter(moveReceive(from, { type: 'needs-room' }));
      this.#room.wait(() => this.#lookForRoom());
      return;
    }
    const to = moveReceive(from, { type: 'transferring' });
    const link = this.#link;
    if (link === null) {
      this.#waitForSession(to);
      return this.#context.wantSession(this.deviceId);
    }
    this.#enter(to);
    this.#tellAccept(link);
  }

  /** What need not come again goes before the accept. */
  #tellAccept(link: SessionLink): void {
    const { transferId } = this;
    for (const message of this.#files.held()) link.post(message);
    const proof = this.#lock?.acceptProof(link) ?? null;
    if (this.#lock?.ticket) link.useTicket(transferId, this.#lock.ticket);
    link.post({ type: 'accept', transferId, ...(proof !== null && { proof }) });
    this.#told = true;
    if (this.#pauses.mine) link.post({ type: 'pause', transferId });
    for (const message of this.#files.fates()) link.post(message);
  }

  /** [TR12] With a `decline` or `cancel` instead of the accept: what is stored is not lost. */
  #tellKept(link: SessionLink | null): void {
    for (const message of this.#files.kept()) link?.post(message);
  }

  /** Every file came to its end, and the sender waits for an answer in this session yet. */
  #tellSettled(outcome: 'stored' | 'failed' | 'cancelled'): void {
    const link = this.#link;
    if (link === null || this.#told) return;
    if (outcome !== 'cancelled') return this.#tellAccept(link);
    link.post({ type: 'decline', transferId: this.transferId, reason: 'declined' });
  }

  // ---- sessions

  #waitForSession(from: Moving): void {
    this.#told = false;
    this.#pauses.set('peer', false);
    this.#files.detach();
    this.#room.stop();
    const to = { type: 'paused', by: 'connection' } as const;
    this.#enter(from.type === 'paused' ? moveReceive(from, to) : moveReceive(from, to));
    this.#stopTimer ??= this.#context.clock.after(PARTIAL_LIFE_MS, () =>
      this.fail('connection-lost'),
    );
  }

  #goOn(link: SessionLink): void {
    const from = this.#state;
    const lasts = receiving(from) && from.type !== 'offered';
    if (lasts) {
      if (this.#link !== null) this.#waitForSession(from);
      this.#stopTimer?.();
      this.#stopTimer = null;
    }
    this.#link = link;
    this.#told = false;
    const { recording } = this.#files;
    if (!recording.underWay) return this.#answer(link);
    // [TR11] What is stored is told with the accept: it is written down by then.
    const answered = recording.idle().then(() => {
      if (this.#link === link && !this.#told) this.#answer(link);
    });
    ignoreFailure(answered);
  }

  /** The accept told again, as it stands now. */
  #answer(link: SessionLink): void {
    const now = this.#state;
    if (completed(now)) return this.#tellAccept(link);
    // It came to another end meanwhile, and said so: see `#tellSettled`, `#fail` and `cancel`.
    if (!receiving(now) || now.type === 'offered') return;
    // Accepted, or held up, while there was no room: the accept is told when there is.
    if (this.#short) {
      if (now.type === 'paused') this.#enter(moveReceive(now, { type: 'needs-room' }));
      return ignoreFailure(this.#lookForRoom());
    }
    if (now.type === 'paused') this.#enter(moveReceive(now, { type: 'transferring' }));
    this.#tellAccept(link);
    this.#derive();
  }

  // ---- the password

  #makeLock(offer: Offer, restored: StoredHead | null): ReceiveLock | null {
    const ports = {
      save: () => this.#book.writer.surely(() => this.record()),
      changed: () => this.#book.tell(),
      unlocked: () => {
        this.#book.tell();
        ignoreFailure(this.decide({ type: 'accept' }));
      },
      failed: () => this.fail('storage-failed'),
    };
    const known = restored?.lock;
    if (known !== undefined && 'triesLeft' in known) {
      return new ReceiveLock(this.transferId, known, ports);
    }
    return offer.lock === null ? null : ReceiveLock.fresh(this.transferId, offer.lock, ports);
  }

  #onLock(message: LockToReceiver): void {
    if (this.#lock === null || this.#state.type !== 'offered') {
      throw new SessionError('out-of-state', message.type);
    }
    this.#lock.onMessage(message);
  }

  // ---- messages

  /** Ended here while the peer was still speaking; it may have begun once more ([TR3]). */
  #afterEnd(message: ReceiverInput): void {
    const { type, transferId } = message;
    if (type !== 'start' && type !== 'pack') return;
    this.#link?.inbox.discard(message.tag);
    const state = this.#state;
    if (!completed(state)) {
      // It may have heard of the end of a file that it had replaced by then, and of no other.
      const reason = state.type === 'failed' ? toldToSender(state.reason) : 'cancelled';
      this.#link?.post({ type: 'cancel', transferId, reason });
      return;
    }
    if (type === 'start') {
      // A later version of what is stored: that stays as it is.
      const { fileId } = message;
      if (this.#files.find(fileId)?.stored === true) return;
      this.#link?.post({ type: 'cancel', transferId, fileId, reason: 'interrupted' });
      return;
    }
    // Its first pack was given up before the answer came: without another one it waits for ever.
    const { tag, fileIds } = message;
    const missing = fileIds.filter((fileId) => this.#files.find(fileId)?.stored !== true);
    this.#link?.post({ type: 'pack-stored', transferId, tag, missing });
  }

  #start(from: Moving, message: Extract<ToReceiver, { type: 'start' }>): void {
    const link = this.#requireLink();
    const file = this.#files.get(message.fileId);
    if (from.type === 'needs-room' || file.state === 'cancelled' || file.state === 'failed') {
      file.refuse();
      return link.inbox.discard(message.tag);
    }
    if (file.state === 'replaced') throw new SessionError('unknown-file', 'replaced');
    file.start(link, message);
    ignoreFailure(this.#book.writer.file(this.transferId, file.record()));
    this.#derive();
  }

  #startPack(from: Moving, message: Extract<ToReceiver, { type: 'pack' }>): void {
    const link = this.#requireLink();
    if (from.type === 'needs-room') return link.inbox.discard(message.tag);
    this.#files.startPack(link, message);
  }

  #onFileEnd(file: ReceiveFile, root: Uint8Array<ArrayBuffer>): void {
    if (file.end(root) === 'ended') return;
    // [TR18] The sender says that what is here is what it sends: that is written down, and told.
    ignoreFailure(this.onVerified(file, this.#requireLink(), Promise.resolve()));
  }

  #replace(old: ReceiveFile, item: Parameters<ReceiveFiles['replace']>[1]): void {
    const by = this.#files.replace(old, item);
    const { transferId } = this;
    // An older version that is stored already stays beside the new one.
    if (!old.stored) {
      const gone = old.giveUp('replaced', null).then(() => this.#removeBytes(old.fileId));
      ignoreFailure(gone);
    }
    ignoreFailure(this.#book.writer.files(transferId, [old.record(), by.record()]));
    // It crossed with the person's word here, which is about the file and not about its version.
    if (old.state === 'cancelled') ignoreFailure(this.#cancelFile(by));
    else this.#derive();
    // More than was accepted.
    if (item.size > old.item.size) ignoreFailure(this.#checkRoom());
    this.#book.tellSoon();
  }

  /** Stops the sender only where there is no room: all that is under way would go again. */
  async #checkRoom(): Promise<void> {
    if (!(await this.#room.has(this.#files.missingBytes))) this.onNoRoom();
  }

  /** The bytes under this id, where no file that is still needed lies among them ([TR16]). */
  async #removeBytes(fileId: number): Promise<void> {
    if (this.#files.places().has(fileId)) return;
    await this.#context.sinks.remove(this.transferId, fileId);
  }

  #onCancel(fileId: number | undefined, reason: CancelReason): void {
    const from = this.#state;
    if (!receiving(from)) return;
    if (fileId !== undefined) {
      if (from.type === 'offered') throw new SessionError('out-of-state', 'not accepted');
      const file = this.#files.get(fileId);
      if (file.settled) return;
      ignoreFailure(
        reason === 'cancelled'
          ? this.#giveUp(file, 'cancelled', null)
          : this.#giveUp(file, 'failed', reason),
      );
      return;
    }
    const to =
      reason === 'cancelled'
        ? moveReceive(from, { type: 'cancelled', by: 'peer' })
        : failed(from, reason);
    ignoreFailure(this.#abort(to));
  }

  #requireLink(): SessionLink {
    if (this.#link === null) throw new SessionError('out-of-state', 'no session');
    return this.#link;
  }

  // ---- files

  /** Verified on the disk: checked, written down, told to the sender, and handed on. */
  async #onStored(
    files: readonly ReceiveFile[],
    closed: Promise<void>,
    tell: () => void,
  ): Promise<void> {
    if (!(await this.#files.recording.add(this.#record(files, closed), files))) return;
    // Before the peer hears of it: its `done` is on the way while a text is read below.
    this.#derive();
    tell();
    for (const file of files) await this.#tellStored(file);
    this.#book.tellSoon();
  }

  /** False where it cannot be kept: the transfer has failed. */
  async #record(files: readonly ReceiveFile[], closed: Promise<void>): Promise<boolean> {
    const failure = await this.#tryToRecord(files, closed).catch(() => 'storage-failed' as const);
    if (failure === null) return true;
    for (const file of files) file.discard(failure);
    this.fail(failure);
    return false;
  }

  async #tryToRecord(
    files: readonly ReceiveFile[],
    closed: Promise<void>,
  ): Promise<FailureReason | null> {
    await closed;
    const [file] = files;
    if (file === undefined) return null;
    const { transferId } = this;
    const text = isTextKind(this.#offer.kind);
    if (text && (await storedText(this.#context.sinks, transferId, file)) === null) {
      return 'bad-content';
    }
    const records = files.map((each) => each.record());
    await this.#book.writer.files(transferId, records);
    return null;
  }

  /** Before the accept there is nothing to add to: the file's end is told with that. */
  #tellCancel({ fileId }: ReceiveFile, reason: CancelReason): void {
    if (!this.#told) return;
    this.#link?.post({ type: 'cancel', transferId: this.transferId, fileId, reason });
  }

  async #cancelFile(file: ReceiveFile): Promise<void> {
    this.#tellCancel(file, 'cancelled');
    await this.#giveUp(file, 'cancelled', null);
  }

  /** One file ends without being stored; the others go on. */
  async #giveUp(
    file: ReceiveFile,
    state: 'failed' | 'cancelled',
    reason: FailureReason | null,
  ): Promise<void> {
    // The bytes of a pack are not this file's alone: they go when nothing of it is needed.
    const { inPack } = file;
    const ending = file.giveUp(state, reason);
    ignoreFailure(this.#book.writer.file(this.transferId, file.record()));
    this.#derive();
    await ending;
    if (!inPack) await this.#removeBytes(file.fileId);
  }

  async #tellStored(file: ReceiveFile): Promise<void> {
    if (file.state !== 'stored' && file.state !== 'needs-you') return;
    const event = await storedEvent(this.#context.sinks, this.deviceId, this.#offer, file);
    if (event === null) await this.setSaving(file.fileId, 'needs-you');
    else this.#context.onEvent(event);
  }

  // ---- room on the disk

  async #lookForRoom(): Promise<void> {
    await this.#files.idle();
    const room = await this.#room.has(this.#files.missingBytes);
    const from = this.#state;
    if (from.type !== 'needs-room') return;
    if (!room) return this.#room.wait(() => this.#lookForRoom());
    this.#short = false;
    this.#room.stop();
    const link = this.#link;
    if (link === null) {
      this.#waitForSession(from);
      return this.#context.wantSession(this.deviceId);
    }
    this.#enter(moveReceive(from, { type: 'transferring' }));
    if (this.#told) {
      const { transferId } = this;
      for (const message of this.#files.held()) if (message.type === 'have') link.post(message);
      link.post({ type: 'resume', transferId });
      if (this.#pauses.mine) link.post({ type: 'pause', transferId });
    } else this.#tellAccept(link);
    this.#derive();
  }

  // ---- the end

  #fail(reason: FailureReason): void {
    const from = this.#state;
    if (!receiving(from)) return;
    const { transferId } = this;
    if (from.type === 'offered' || !this.#told) {
      const told: DeclineReason = reason === 'no-space' ? 'no-space' : 'gone';
      this.#tellKept(this.#link);
      this.#link?.post({ type: 'decline', transferId, reason: told });
    } else {
      this.#link?.post({ type: 'cancel', transferId, reason: toldToSender(reason) });
    }
    ignoreFailure(this.#abort(failed(from, reason)));
  }

  /** Ends the wire's part: what is not stored goes, what is stored stays ([BP1]). */
  async #abort(state: Aborted): Promise<void> {
    this.#stopTimers();
    this.#lock?.giveUp();
    const reason = state.type === 'failed' ? state.reason : null;
    const cleared = this.#files.giveUpAll(reason, () => this.#book.writer.idle());
    this.#enter(state);
    this.#context.settled(this.transferId);
    try {
      await cleared;
    } finally {
      this.#endIfOver();
    }
  }

  /** What is stored and not saved may still be saved, whatever became of the rest ([BP1]). */
  #endIfOver(): void {
    if (!ended(this.#state)) return;
    for (const file of this.#files.all) if (file.stored && file.state !== 'saved') return;
    this.#context.over(this.transferId);
  }

  #stopTimers(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#room.stop();
  }

  // ---- states

  /** What the transfer's state is, from those of its files and who has paused it. */
  #derive(): void {
    const from = this.#state;
    if (!receiving(from) || from.type === 'offered') return;
    if (this.#settleIfDone(from)) return;
    if (from.type === 'needs-room' || (from.type === 'paused' && from.by === 'connection')) {
      return this.#book.tellSoon();
    }
    const to = receiveMoving(this.#files.all, this.#pauses);
    if (to.type === 'paused') {
      if (from.type !== 'paused' || from.by !== to.by) this.#enter(moveReceive(from, to));
    } else if (to.type === 'verifying') {
      if (from.type !== 'verifying') this.#enter(moveReceive(from, to));
    } else if (from.type !== 'transferring') {
      this.#enter(moveReceive(from, { type: 'transferring' }));
    }
    this.#book.tellSoon();
  }

  /** Every file is stored, or came to another end. */
  #settleIfDone(from: Moving): boolean {
    if (this.#files.recording.underWay) return false;
    let stored = false;
    let reason: FailureReason | null = null;
    for (const file of this.#files.all) {
      if (!file.settled) return false;
      if (file.stored) stored = true;
      else if (file.state === 'failed') reason ??= file.reason ?? 'verify-failed';
    }
    this.#tellSettled(reason !== null ? 'failed' : stored ? 'stored' : 'cancelled');
    if (reason !== null) ignoreFailure(this.#abort(failed(from, reason)));
    else if (!stored)
      ignoreFailure(this.#abort(moveReceive(from, { type: 'cancelled', by: 'me' })));
    else this.#onAllStored(from);
    return true;
  }

  #onAllStored(from: Moving): void {
    this.#stopTimers();
    this.#book.stored();
    const verifying =
      from.type === 'verifying' ? from : moveReceive(from, { type: 'verifying' } as const);
    this.#enter(moveReceive(verifying, { type: 'stored' }));
    this.#context.settled(this.transferId);
    this.#showSaving();
    this.#endIfOver();
  }

  /** Once all are stored, the transfer's state follows from its files'. */
  #showSaving(): void {
    const from = this.#state;
    if (!completed(from) || from.type === 'saved') return this.#book.tellSoon();
    this.#tally ??= new FileTally(this.#files.current.map((file) => file.state));
    const to = savingState(this.#tally, this.#what);
    if (from.type === to.type) this.#book.tellSoon();
    else this.#enter(to);
  }

  #setPaused(by: 'me' | 'peer', paused: boolean, fileId?: number): void {
    if (fileId === undefined) this.#pauses.set(by, paused);
    else this.#files.get(fileId).setPaused(by, paused);
    this.#derive();
  }

  #tellPause(type: 'pause' | 'resume', fileId?: number): void {
    if (!this.#told) return;
    const { transferId } = this;
    this.#link?.post({ type, transferId, ...(fileId !== undefined && { fileId }) });
  }

  #writeProgress(fileId?: number): void {
    const file = fileId === undefined ? undefined : this.#files.find(fileId);
    if (file) ignoreFailure(this.#book.writer.file(this.transferId, file.record()));
    this.#book.write();
    this.#book.tell();
  }

  #enter(state: ReceiveState): void {
    this.#state = state;
    if (state.type === 'needs-room') this.#short = true;
    this.#book.entered(ended(state));
  }
}

function failed(from: Receiving, reason: FailureReason) {
  return moveReceive(from, { type: 'failed', reason, nextStep: receiverNextStep(reason) });
}

function isOfLock(message: ReceiverInput): message is LockToReceiver {
  const { type } = message;
  return type === 'unlock-share' || type === 'unlock-wrong' || type === 'unlocked';
}

/** A sender that was restarted has the words as they were shown. */
function sameNote(a: string | null, b: string | null): boolean {
  const shown = (note: string | null) =>
    note === null ? null : displayText(note, NOTE_CHARACTERS);
  return shown(a) === shown(b);
}
