import { fromHex } from '../crypto/bytes.ts';
import { isTextKind, type CancelReason, type DeclineReason } from '../protocol/kinds.ts';
import { OFFER_LIFE_MS } from '../protocol/limits.ts';
import type { ToReceiver, ToSender } from '../protocol/messages.ts';
import { displayText, PathClaims } from '../protocol/names.ts';
import { NOTE_CHARACTERS, OFFER_NAMES, RECONNECT_MS, SNAPSHOT_FILES } from './constants.ts';
import { ignoreFailure, type TransferContext } from './context.ts';
import { SessionError } from './errors.ts';
import type { Decision } from './events.ts';
import { receiverNextStep, toldToSender } from './failures.ts';
import type { Retired } from './history.ts';
import { sameItems, type Offer } from './offer.ts';
import { Pauses } from './pauses.ts';
import { readText } from './read-text.ts';
import { savingState, storedEvent } from './saving.ts';
import { ReceiveFile, type ReceiveFileOwner } from './receive-file.ts';
import { RecordWriter } from './record-writer.ts';
import type { FileSnapshot, StoredTransfer, TransferHead, TransferSnapshot } from './records.ts';
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
  type ReceiveFileState,
  type Receiving,
  type SendFileState,
} from './states.ts';
import { Throttle } from './throttle.ts';

/** Messages of the sender about one transfer, once it is offered. */
export type ReceiverInput =
  Exclude<ToReceiver, { type: 'offer-begin' | 'offer-items' | 'offer-end' }> | TransferControl;

/** One incoming transfer, from the offer to `saved`. */
export class ReceiveTransfer implements ReceiveFileOwner {
  readonly transferId: string;
  readonly deviceId: string;
  readonly createdAt: number;
  readonly #offer: Offer;
  readonly #context: TransferContext;
  readonly #files: readonly ReceiveFile[];
  readonly #throttle: Throttle;
  readonly #writer: RecordWriter;
  #state: ReceiveState;
  #link: SessionLink | null = null;
  #startedAt: number | null = null;
  #firstByteAt: number | null = null;
  #storedAt: number | null = null;
  #endedAt: number | null = null;
  readonly #pauses = new Pauses();
  readonly #open = new Set<ReceiveFile>();
  /** Files that have not started in this session and are not stored. */
  #unstarted: number;
  #storedFiles = 0;
  #what: NeedsYou = 'save-failed';
  #stopTimer: (() => void) | null = null;
  /** A decision that is being carried out: the second click finds it and waits for the same. */
  #deciding: Promise<void> | null = null;

  /** @param restored the record of an earlier life of this document */
  constructor(
    deviceId: string,
    offer: Offer,
    context: TransferContext,
    restored: TransferHead | null = null,
  ) {
    this.transferId = offer.transferId;
    this.deviceId = deviceId;
    this.#offer = offer;
    this.#context = context;
    this.createdAt = restored?.createdAt ?? context.clock.now();
    this.#startedAt = restored?.startedAt ?? null;
    this.#firstByteAt = restored?.firstByteAt ?? null;
    this.#storedAt = restored?.storedAt ?? null;
    this.#endedAt = restored?.endedAt ?? null;
    this.#state =
      restored?.direction === 'receive'
        ? restored.state
        : { type: 'offered', expiresAt: this.createdAt + OFFER_LIFE_MS };
    const claims = new PathClaims();
    this.#files = offer.items.map(
      (item) => new ReceiveFile(item, claims.claim(item.path), context.sinks, this),
    );
    this.#unstarted = this.#files.length;
    this.#throttle = new Throttle(context.clock, () => context.changed(this.snapshot()));
    this.#writer = new RecordWriter(context.store);
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
    return {
      transferId: this.transferId,
      deviceId: this.deviceId,
      direction: 'receive',
      kind: this.#offer.kind,
      count: this.#files.length,
      totalBytes: this.#offer.totalBytes,
      note: this.#offer.note === null ? null : displayText(this.#offer.note, NOTE_CHARACTERS),
      createdAt: this.createdAt,
      startedAt: this.#startedAt,
      firstByteAt: this.#firstByteAt,
      storedAt: this.#storedAt,
      endedAt: this.#endedAt,
      doneBytes: this.#files.reduce((sum, file) => sum + file.doneBytes, 0),
      doneFiles: this.#storedFiles,
      state: this.#state,
    };
  }

  snapshot(): TransferSnapshot {
    const undone = this.#files.filter((file) => file.state !== 'saved');
    const listed = (undone.length > 0 ? undone : this.#files).slice(0, SNAPSHOT_FILES);
    return {
      ...this.head(),
      files: listed.map((file): FileSnapshot => {
        const { doneBytes, state, safePath } = file;
        return { fileId: file.item.fileId, path: safePath, size: file.item.size, doneBytes, state };
      }),
    };
  }

  /** [TR12] Writes the offer down, and only then asks. */
  async offered(link: SessionLink): Promise<void> {
    this.#link = link;
    const files = this.#files.map((file) => file.record());
    try {
      await this.#writer.create({ head: this.head(), files });
    } catch {
      // What cannot be written down is not asked about.
      if (this.#state.type === 'offered') this.#fail('storage-failed');
      return;
    }
    this.#ask();
  }

  /** Picks up where an earlier life of this document stopped. */
  async restore(stored: StoredTransfer): Promise<void> {
    for (const { fileId, state, root } of stored.files) {
      const file = this.#files[fileId];
      if (file === undefined || !isReceiveFileState(state)) continue;
      file.restore(state === 'saving' ? 'stored' : state, root);
      if (file.stored) this.#storedFiles++;
      else file.restore(receiving(this.#state) ? 'waiting' : 'failed', null);
    }
    const from = this.#state;
    if (from.type === 'offered') this.#ask();
    else if (receiving(from)) await this.#abort(failed(from, 'interrupted'));
    else this.#throttle.now();
    this.#showSaving();
    for (const file of this.#files) await this.#tellStored(file);
    this.#endIfOver();
  }

  /** [TR12] The same offer again, in this session or a new one. @throws SessionError */
  offeredAgain(link: SessionLink, offer: Offer): void {
    const mine = this.#offer;
    const same =
      offer.kind === mine.kind && offer.note === mine.note && sameItems(offer.items, mine.items);
    if (!same) throw new SessionError('bad-manifest', 'another offer under the same id');
    const { transferId } = this;
    const from = this.#state;
    switch (from.type) {
      case 'offered':
        this.#link = link;
        return;
      case 'declined':
        link.post({ type: 'decline', transferId, reason: from.reason });
        return;
      case 'expired':
        link.post({ type: 'decline', transferId, reason: 'expired' });
        return;
      case 'failed':
      case 'cancelled':
        link.post({ type: 'decline', transferId, reason: 'gone' });
        return;
      default:
        if (this.#link !== link) this.#goOn(link);
        link.post({ type: 'accept', transferId });
        if (this.#pauses.mine) link.post({ type: 'pause', transferId });
    }
  }

  /** The session went. What was accepted waits a while for the sender to offer it again. */
  detach(): void {
    const from = this.#state;
    this.#link = null;
    if (!receiving(from) || from.type === 'offered') return;
    this.#waitForSession(from);
  }

  /** Harmless when it was decided before ([TR12]). */
  async decide(decision: Decision): Promise<void> {
    const from = this.#state;
    if (from.type !== 'offered') return;
    if (decision.type === 'decline') {
      this.#link?.post({ type: 'decline', transferId: this.transferId, reason: decision.reason });
      await this.#abort(moveReceive(from, { type: 'declined', reason: decision.reason }));
      return;
    }
    this.#deciding ??= this.#accept().finally(() => {
      this.#deciding = null;
    });
    await this.#deciding;
  }

  /** @throws SessionError */
  onMessage(message: ReceiverInput): void {
    const from = this.#state;
    if (!receiving(from)) {
      // Ended here while the peer was still speaking: only what cannot cross is an error.
      const { type } = message;
      if (type === 'start') this.#link?.inbox.discard(message.tag);
      if (completed(from) && (type === 'start' || type === 'leaves' || type === 'file-end')) {
        throw new SessionError('out-of-state', type);
      }
      return;
    }
    if (message.type === 'cancel') return this.#onCancel(message.reason);
    if (from.type === 'offered') throw new SessionError('out-of-state', 'not accepted');
    switch (message.type) {
      case 'start':
        return this.#start(message);
      case 'leaves':
        return this.#file(message.fileId).addLeaves(message.from, message.hashes);
      case 'file-end':
        return this.#file(message.fileId).end(message.merkleRoot);
      case 'done':
        throw new SessionError('out-of-state', 'done before all was stored');
      case 'pause':
        return this.#setPaused('peer', true);
      case 'resume':
        return this.#setPaused('peer', false);
    }
  }

  pause(): void {
    if (this.#state.type !== 'transferring' && this.#state.type !== 'paused') return;
    if (this.#pauses.mine) return;
    this.#link?.post({ type: 'pause', transferId: this.transferId });
    this.#setPaused('me', true);
  }

  resume(): void {
    if (!this.#pauses.mine) return;
    this.#link?.post({ type: 'resume', transferId: this.transferId });
    this.#setPaused('me', false);
  }

  async cancel(): Promise<void> {
    const from = this.#state;
    if (!receiving(from)) return;
    const { transferId } = this;
    if (from.type === 'offered') {
      this.#link?.post({ type: 'decline', transferId, reason: 'declined' });
    } else this.#link?.post({ type: 'cancel', transferId, reason: 'cancelled' });
    await this.#abort(moveReceive(from, { type: 'cancelled', by: 'me' }));
  }

  /** Fails here; the peer is told where it can be. */
  fail(reason: FailureReason): void {
    if (receiving(this.#state)) this.#fail(reason);
  }

  onChunk(): void {
    if (this.#firstByteAt === null) {
      this.#firstByteAt = this.#context.clock.now();
      const { transferId } = this;
      this.#context.onEvent({ type: 'first-byte', transferId, at: this.#firstByteAt });
      this.#throttle.now();
    } else this.#throttle.soon();
  }

  onFileState(): void {
    const from = this.#state;
    if (from.type === 'verifying') {
      for (const file of this.#open) {
        if (file.state === 'transferring') {
          const to = moveReceive(from, { type: 'transferring' });
          this.#enter(to);
          this.#showPause();
          return;
        }
      }
    } else if (from.type === 'transferring' || from.type === 'paused') {
      if (this.#unstarted > 0) return;
      for (const file of this.#open) if (file.state === 'transferring') return;
      this.#enter(moveReceive(from, { type: 'verifying' }));
    }
  }

  async onVerified(file: ReceiveFile, link: SessionLink): Promise<void> {
    const { transferId } = this;
    const { fileId, size } = file.item;
    this.#open.delete(file);
    if (isTextKind(this.#offer.kind)) {
      const text = await readText(this.#context.sinks, transferId, fileId, size);
      if (text === null) {
        file.discard();
        this.fail('bad-content');
        return;
      }
    }
    const record = file.record();
    try {
      await this.#writer.file(transferId, record);
    } catch {
      file.discard();
      this.fail('storage-failed');
      return;
    }
    this.#storedFiles++;
    // Before the peer hears of it: its `done` is on the way while the text is read below.
    if (this.#storedFiles === this.#files.length) this.#onAllStored();
    if (record.root !== null) link.post(storedMessage(transferId, fileId, record.root));
    await this.#tellStored(file);
    this.#throttle.soon();
  }

  onFailed(_file: ReceiveFile, reason: FailureReason): void {
    this.fail(reason);
  }

  /** Moves a stored file on: the person's side of it. */
  async setSaving(
    fileId: number,
    state: 'saving' | 'saved' | 'needs-you',
    what: NeedsYou = 'save-failed',
  ): Promise<void> {
    const file = this.#files[fileId];
    if (file === undefined || !file.setSaving(state)) return;
    if (state === 'needs-you') this.#what = what;
    ignoreFailure(this.#writer.file(this.transferId, file.record()));
    this.#showSaving();
    // [TR11] Only now: until here it was the one copy.
    if (state !== 'saved') return;
    try {
      await this.#context.sinks.remove(this.transferId, fileId);
    } finally {
      this.#endIfOver();
    }
  }

  /** Hands over what outlasts it; nothing is told afterwards. */
  retire(): Retired {
    this.#throttle.stop();
    const files = this.#files.map((file) => file.record());
    return { stored: { head: this.head(), files }, writer: this.#writer };
  }

  /** Deletes everything; the owner has cancelled it before. */
  async remove(): Promise<void> {
    this.#throttle.stop();
    this.#stopTimer?.();
    await Promise.all(this.#files.map((file) => file.fail()));
    await this.#context.sinks.remove(this.transferId);
    await this.#writer.remove(this.transferId);
  }

  /** Resolves when the record is written and no file is in use; nothing is told afterwards. */
  async close(): Promise<void> {
    this.#throttle.stop();
    this.#stopTimer?.();
    for (const file of this.#files) file.detach();
    await this.#writer.idle();
  }

  #ask(): void {
    const state = this.#state;
    if (state.type !== 'offered') return;
    const wait = Math.max(0, state.expiresAt - this.#context.clock.now());
    this.#stopTimer = this.#context.clock.after(wait, () => this.#expire());
    this.#throttle.now();
    const { kind, totalBytes } = this.#offer;
    this.#context.onEvent({
      type: 'offer-received',
      transferId: this.transferId,
      deviceId: this.deviceId,
      kind,
      count: this.#files.length,
      totalBytes,
      names: this.#files.slice(0, OFFER_NAMES).map((file) => file.safePath),
      note: this.head().note,
      expiresAt: state.expiresAt,
      known: [],
    });
  }

  #expire(): void {
    const from = this.#state;
    if (from.type !== 'offered') return;
    this.#link?.post({ type: 'decline', transferId: this.transferId, reason: 'expired' });
    ignoreFailure(this.#abort(moveReceive(from, { type: 'expired' })));
  }

  async #accept(): Promise<void> {
    let free: number;
    try {
      free = await this.#context.sinks.freeBytes();
    } catch {
      free = 0;
    }
    const from = this.#state;
    if (from.type !== 'offered') return;
    if (free < this.#offer.totalBytes) return this.#fail('no-space');
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#startedAt = this.#context.clock.now();
    const to = moveReceive(from, { type: 'transferring' });
    const link = this.#link;
    if (link === null) {
      this.#waitForSession(to);
      return this.#context.wantSession(this.deviceId);
    }
    this.#enter(to);
    link.post({ type: 'accept', transferId: this.transferId });
  }

  #waitForSession(from: Exclude<Receiving, { type: 'offered' }>): void {
    this.#open.clear();
    this.#pauses.set('peer', false);
    for (const file of this.#files) file.detach();
    this.#unstarted = this.#files.filter((file) => !file.stored).length;
    const to = { type: 'paused', by: 'connection' } as const;
    this.#enter(from.type === 'paused' ? moveReceive(from, to) : moveReceive(from, to));
    this.#stopTimer ??= this.#context.clock.after(RECONNECT_MS, () => this.fail('connection-lost'));
  }

  /** Tells what need not come again, before the accept. */
  #goOn(link: SessionLink): void {
    const from = this.#state;
    if (receiving(from) && from.type !== 'offered') {
      if (this.#link !== null) this.#waitForSession(from);
      this.#stopTimer?.();
      this.#stopTimer = null;
    }
    this.#link = link;
    for (const file of this.#files) for (const message of file.held()) link.post(message);
    const now = this.#state;
    if (now.type === 'paused') {
      this.#enter(
        this.#pauses.mine
          ? moveReceive(now, { type: 'paused', by: 'me' })
          : moveReceive(now, { type: 'transferring' }),
      );
    }
  }

  #start(message: Extract<ToReceiver, { type: 'start' }>): void {
    const link = this.#link;
    if (link === null) throw new SessionError('out-of-state', 'start');
    const file = this.#file(message.fileId);
    file.start(link, message);
    this.#open.add(file);
    this.#unstarted--;
  }

  #file(fileId: number): ReceiveFile {
    const file = this.#files[fileId];
    if (file === undefined) throw new SessionError('unknown-file');
    return file;
  }

  #onCancel(reason: CancelReason): void {
    const from = this.#state;
    if (!receiving(from)) return;
    const to =
      reason === 'cancelled'
        ? moveReceive(from, { type: 'cancelled', by: 'peer' })
        : failed(from, reason);
    ignoreFailure(this.#abort(to));
  }

  #fail(reason: FailureReason): void {
    const from = this.#state;
    if (!receiving(from)) return;
    const { transferId } = this;
    if (from.type === 'offered') {
      const told: DeclineReason = reason === 'no-space' ? 'no-space' : 'gone';
      this.#link?.post({ type: 'decline', transferId, reason: told });
    } else {
      this.#link?.post({ type: 'cancel', transferId, reason: toldToSender(reason) });
    }
    ignoreFailure(this.#abort(failed(from, reason)));
  }

  /** Ends the wire's part: what is not stored goes, what is stored stays ([BP1]). */
  async #abort(
    state: Extract<ReceiveState, { type: 'failed' | 'cancelled' | 'expired' | 'declined' }>,
  ): Promise<void> {
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#open.clear();
    const partial = this.#files.filter((file) => !file.stored);
    const closing = partial.map((file) => file.fail());
    this.#enter(state);
    this.#context.settled(this.transferId);
    try {
      await Promise.all(closing);
      if (partial.length === this.#files.length) {
        await this.#context.sinks.remove(this.transferId);
      } else {
        for (const file of partial) {
          await this.#context.sinks.remove(this.transferId, file.item.fileId);
        }
      }
    } finally {
      this.#endIfOver();
    }
  }

  /** What is stored and not saved may still be saved, whatever became of the rest ([BP1]). */
  #endIfOver(): void {
    if (!ended(this.#state)) return;
    for (const file of this.#files) if (file.stored && file.state !== 'saved') return;
    this.#context.over(this.transferId);
  }

  #onAllStored(): void {
    const from = this.#state;
    if (!receiving(from) || from.type === 'offered') return;
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#storedAt = this.#context.clock.now();
    const verifying =
      from.type === 'verifying' ? from : moveReceive(from, { type: 'verifying' } as const);
    const stored = moveReceive(verifying, { type: 'stored' });
    this.#enter(stored);
    this.#context.settled(this.transferId);
    this.#showSaving();
  }

  async #tellStored(file: ReceiveFile): Promise<void> {
    if (file.state !== 'stored' && file.state !== 'needs-you') return;
    const event = await storedEvent(this.#context.sinks, this.deviceId, this.#offer, file);
    if (event === null) await this.setSaving(file.item.fileId, 'needs-you');
    else this.#context.onEvent(event);
  }

  /** Once all are stored, the transfer's state follows from its files'. */
  #showSaving(): void {
    const from = this.#state;
    if (!completed(from) || from.type === 'saved') return this.#throttle.now();
    const to = savingState(new Set(this.#files.map((file) => file.state)), this.#what);
    if (from.type === to.type) this.#throttle.now();
    else this.#enter(to);
  }

  #setPaused(by: 'me' | 'peer', paused: boolean): void {
    this.#pauses.set(by, paused);
    this.#showPause();
  }

  #showPause(): void {
    const from = this.#state;
    if (from.type !== 'transferring' && from.type !== 'paused') return;
    if (from.type === 'paused' && from.by === 'connection') return;
    const { by } = this.#pauses;
    if (by !== null) this.#enter(moveReceive(from, { type: 'paused', by }));
    else if (from.type === 'paused') {
      this.#enter(moveReceive(from, { type: 'transferring' }));
    }
  }

  #enter(state: ReceiveState): void {
    this.#state = state;
    if (ended(state)) this.#endedAt ??= this.#context.clock.now();
    ignoreFailure(this.#writer.head(this.head()));
    this.#throttle.now();
  }
}

function failed(from: Receiving, reason: FailureReason) {
  return moveReceive(from, { type: 'failed', reason, nextStep: receiverNextStep(reason) });
}

function storedMessage(transferId: string, fileId: number, root: string): ToSender {
  return { type: 'stored', transferId, fileId, merkleRoot: fromHex(root) };
}

function isReceiveFileState(state: SendFileState | ReceiveFileState): state is ReceiveFileState {
  return state !== 'delivered';
}
