import { MAX_FILES, MAX_MIME_BYTES, MAX_NOTE_BYTES, MAX_TEXT_BYTES } from '../protocol/limits.ts';
import { isTextKind, type CancelReason, type DeclineReason } from '../protocol/kinds.ts';
import { TRANSFER_ID_HEX } from '../protocol/limits.ts';
import type { EitherWay, ToSender } from '../protocol/messages.ts';
import { byteLength, displayText, safePath, wirePath } from '../protocol/names.ts';
import { NOTE_CHARACTERS, RECONNECT_MS, SNAPSHOT_FILES } from './constants.ts';
import { ignoreFailure, type TransferContext } from './context.ts';
import { SessionError, SourceError, TransferError } from './errors.ts';
import type { SendRequest } from './events.ts';
import { senderNextStep } from './failures.ts';
import type { Retired } from './history.ts';
import type { ChunkJob } from './lanes.ts';
import { offerMessages } from './offer.ts';
import { Pauses } from './pauses.ts';
import { RecordWriter } from './record-writer.ts';
import type { FileSnapshot, StoredFile, TransferHead, TransferSnapshot } from './records.ts';
import { SendFile, type SendFileOwner } from './send-file.ts';
import type { SessionLink } from './session-link.ts';
import {
  moveSend,
  sendEnded,
  type FailureReason,
  type SendState,
  type Unreachable,
} from './states.ts';
import { Throttle } from './throttle.ts';

/** Messages of the receiver about one transfer. */
export type SenderInput = Exclude<ToSender, { type: 'window' }> | TransferControl;
export type TransferControl = Extract<EitherWay, { type: 'pause' | 'resume' | 'cancel' }>;

/** One outgoing transfer, from the click to `delivered`. */
export class SendTransfer implements SendFileOwner {
  readonly transferId: string;
  readonly deviceId: string;
  readonly createdAt: number;
  readonly #request: SendRequest;
  readonly #context: TransferContext;
  readonly #files: readonly SendFile[];
  readonly #totalBytes: number;
  readonly #throttle: Throttle;
  readonly #writer: RecordWriter;
  #state: SendState = { type: 'waiting-for-device' };
  #link: SessionLink | null = null;
  #startedAt: number | null = null;
  #firstByteAt: number | null = null;
  #storedAt: number | null = null;
  #endedAt: number | null = null;
  readonly #pauses = new Pauses();
  #offered = false;
  /** Files before this one were started in the current session or are delivered. */
  #cursor = 0;
  #delivered = 0;
  readonly #open = new Set<SendFile>();
  #stopTimer: (() => void) | null = null;

  /** @throws TransferError `bad-request` */
  constructor(deviceId: string, request: SendRequest, context: TransferContext) {
    assertSendable(request);
    this.transferId = request.transferId;
    this.deviceId = deviceId;
    this.createdAt = context.clock.now();
    this.#request = request;
    this.#context = context;
    this.#files = request.items.map(
      (item, fileId) => new SendFile(fileId, wirePath(item.path), item, this),
    );
    this.#totalBytes = this.#files.reduce((sum, file) => sum + file.size, 0);
    this.#throttle = new Throttle(context.clock, () => context.changed(this.snapshot()));
    this.#writer = new RecordWriter(context.store);
    ignoreFailure(
      this.#writer.create({ head: this.head(), files: this.#files.map((file) => record(file)) }),
    );
  }

  get state(): SendState {
    return this.#state;
  }

  get link(): SessionLink | null {
    return this.#link;
  }

  /** Whether it was ever offered: the next time it is an old one ([TR14]). */
  get offeredBefore(): boolean {
    return this.#offered;
  }

  head(): TransferHead {
    const { kind, note } = this.#request;
    return {
      transferId: this.transferId,
      deviceId: this.deviceId,
      direction: 'send',
      kind,
      count: this.#files.length,
      totalBytes: this.#totalBytes,
      note: note === undefined ? null : displayText(note, NOTE_CHARACTERS),
      createdAt: this.createdAt,
      startedAt: this.#startedAt,
      firstByteAt: this.#firstByteAt,
      storedAt: this.#storedAt,
      endedAt: this.#endedAt,
      doneBytes: this.#files.reduce((sum, file) => sum + file.doneBytes, 0),
      doneFiles: this.#delivered,
      state: this.#state,
    };
  }

  snapshot(): TransferSnapshot {
    const undone = this.#files.filter((file) => file.state !== 'delivered');
    const listed = (undone.length > 0 ? undone : this.#files).slice(0, SNAPSHOT_FILES);
    return {
      ...this.head(),
      files: listed.map((file): FileSnapshot => {
        const { fileId, size, doneBytes, state } = file;
        return { fileId, path: safePath(file.path), size, doneBytes, state };
      }),
    };
  }

  /** Tells the first snapshot. */
  announce(): void {
    this.#throttle.now();
  }

  connecting(): void {
    const from = this.#state;
    if (from.type === 'waiting-for-device') this.#enter(moveSend(from, { type: 'connecting' }));
  }

  offline(): void {
    const from = this.#state;
    if (from.type === 'connecting' && this.#startedAt === null) {
      this.#enter(moveSend(from, { type: 'waiting-for-device' }));
    }
  }

  /** What has begun may be finished yet: it waits for its own end. */
  unreachable(reason: Unreachable): void {
    const { type } = this.#state;
    const waits = type === 'waiting-for-device' || type === 'connecting';
    if (waits && this.#startedAt === null) this.fail(reason);
  }

  /** Offers, or offers again, over a session. */
  attach(link: SessionLink): void {
    const from = this.#state;
    if (from.type !== 'waiting-for-device' && from.type !== 'connecting') return;
    this.#link = link;
    this.#offered = true;
    this.#cursor = 0;
    this.#enter(moveSend(from, { type: 'waiting-for-accept' }));
    const { transferId } = this;
    const { kind, note } = this.#request;
    const items = this.#files.map(({ fileId, path, size, mime, modified }) => ({
      fileId,
      path,
      size,
      mime,
      modified,
    }));
    const offer = { transferId, kind, totalBytes: this.#totalBytes, note: note ?? null, items };
    for (const message of offerMessages(offer)) link.post(message);
  }

  /** The session went. What was accepted waits a while for another one ([TR3], [TR6]). */
  detach(): void {
    const from = this.#state;
    this.#link = null;
    if (sendEnded(from) || from.type === 'waiting-for-device' || from.type === 'connecting') return;
    this.#open.clear();
    this.#pauses.set('peer', false);
    for (const file of this.#files) file.detach();
    this.#enter(moveSend(from, { type: 'connecting' }));
    if (this.#startedAt !== null && this.#stopTimer === null) {
      this.#stopTimer = this.#context.clock.after(RECONNECT_MS, () => this.fail('connection-lost'));
    }
  }

  /** @throws SessionError */
  onMessage(message: SenderInput): void {
    if (sendEnded(this.#state)) return;
    switch (message.type) {
      case 'accept':
        return this.#onAccept();
      case 'decline':
        return this.#onDecline(message.reason);
      case 'have':
        if (this.#state.type !== 'waiting-for-accept') throw new SessionError('out-of-state');
        return this.#file(message.fileId).have(message.from, message.bitmap);
      case 'resend':
        return this.#onResend(this.#file(message.fileId), message.chunks);
      case 'stored':
        return this.#onStored(this.#file(message.fileId), message.merkleRoot);
      case 'pause':
        return this.#pause('peer');
      case 'resume':
        return this.#resume('peer');
      case 'cancel':
        return this.#onCancel(message.reason);
    }
  }

  /** Called by the session's lanes. */
  nextChunk(): ChunkJob | null {
    if (this.#state.type !== 'transferring') return null;
    for (const file of this.#open) {
      const job = file.next();
      if (job !== null) return job;
    }
    for (;;) {
      const file = this.#startNext();
      if (file === null) return null;
      const job = file.next();
      if (job !== null) return job;
    }
  }

  onSent(): void {
    if (this.#firstByteAt === null) {
      this.#firstByteAt = this.#context.clock.now();
      this.#throttle.now();
    } else this.#throttle.soon();
  }

  onAllSent(): void {
    const from = this.#state;
    if (from.type !== 'transferring' && from.type !== 'paused') return;
    this.#skipStarted();
    if (this.#cursor < this.#files.length) return;
    for (const file of this.#open) if (file.state !== 'verifying') return;
    this.#enter(moveSend(from, { type: 'verifying' }));
  }

  onAgain(): void {
    const from = this.#state;
    if (from.type !== 'verifying') return;
    this.#enter(moveSend(from, { type: 'transferring' }));
    this.#showPause();
  }

  onFailed(_file: SendFile, error: unknown): void {
    this.fail(error instanceof SourceError ? error.code : 'source-unreadable');
  }

  pause(): void {
    if (this.#state.type !== 'transferring' && this.#state.type !== 'paused') return;
    if (this.#pauses.mine) return;
    this.#link?.post({ type: 'pause', transferId: this.transferId });
    this.#pause('me');
  }

  resume(): void {
    if (!this.#pauses.mine) return;
    this.#link?.post({ type: 'resume', transferId: this.transferId });
    this.#resume('me');
  }

  cancel(): void {
    this.#stop('cancelled', { type: 'cancelled', by: 'me' });
  }

  /** Fails here; the peer is told where it can be. */
  fail(reason: FailureReason): void {
    const told: CancelReason =
      reason === 'source-changed' || reason === 'source-unreadable' ? reason : 'interrupted';
    this.#stop(told, { type: 'failed', reason, nextStep: senderNextStep(reason) });
  }

  /** Deletes the record; the owner has cancelled it before. */
  async remove(): Promise<void> {
    this.#throttle.stop();
    this.#stopTimer?.();
    await this.#writer.remove(this.transferId);
  }

  /** Hands over what outlasts it; nothing is told afterwards. */
  retire(): Retired {
    this.#throttle.stop();
    const files = this.#files.map((file) => record(file));
    return { stored: { head: this.head(), files }, writer: this.#writer };
  }

  /** Resolves when the record is written; nothing is told afterwards. */
  async close(): Promise<void> {
    this.#throttle.stop();
    this.#stopTimer?.();
    await this.#writer.idle();
  }

  #onAccept(): void {
    const from = this.#state;
    // Told again for an offer told again: harmless ([TR12]).
    if (from.type !== 'waiting-for-accept') return;
    this.#startedAt ??= this.#context.clock.now();
    this.#stopTimer?.();
    this.#stopTimer = null;
    const to = moveSend(from, { type: 'transferring' });
    this.#enter(to);
    if (this.#pauses.mine) {
      this.#link?.post({ type: 'pause', transferId: this.transferId });
      this.#enter(moveSend(to, { type: 'paused', by: 'me' }));
    }
    if (!this.#deliverIfDone()) this.#link?.lanes.pump();
  }

  #onDecline(reason: DeclineReason): void {
    const from = this.#state;
    if (from.type !== 'waiting-for-accept') throw new SessionError('out-of-state', 'decline');
    if (this.#startedAt !== null) return this.fail('interrupted');
    this.#end(moveSend(from, { type: 'declined', reason }));
  }

  #onCancel(reason: CancelReason): void {
    const from = this.#state;
    if (sendEnded(from)) return;
    this.#end(
      reason === 'cancelled'
        ? moveSend(from, { type: 'cancelled', by: 'peer' })
        : moveSend(from, { type: 'failed', reason, nextStep: senderNextStep(reason) }),
    );
  }

  #onResend(file: SendFile, chunks: readonly number[]): void {
    file.resend(chunks);
    this.#link?.lanes.pump();
  }

  #onStored(file: SendFile, root: Uint8Array): void {
    const resumes = this.#state.type === 'waiting-for-accept';
    // A receiver that goes on with a session tells again what it told in the last one.
    if (resumes && file.state === 'delivered' && file.matches(root)) return;
    file.stored(root);
    this.#open.delete(file);
    this.#delivered++;
    ignoreFailure(this.#writer.file(this.transferId, record(file)));
    if (resumes) return;
    this.onAllSent();
    if (!this.#deliverIfDone()) {
      this.#throttle.soon();
      this.#link?.lanes.pump();
    }
  }

  #deliverIfDone(): boolean {
    if (this.#delivered < this.#files.length) return false;
    this.onAllSent();
    const from = this.#state;
    if (from.type !== 'verifying') return false;
    this.#storedAt = this.#context.clock.now();
    this.#link?.post({ type: 'done', transferId: this.transferId });
    this.#end(moveSend(from, { type: 'delivered' }));
    return true;
  }

  #startNext(): SendFile | null {
    const link = this.#link;
    if (link === null || !link.roomForFile) return null;
    this.#skipStarted();
    const file = this.#files[this.#cursor];
    if (file === undefined) return null;
    this.#cursor++;
    this.#open.add(file);
    file.start(link, this.#context.random);
    return file;
  }

  #skipStarted(): void {
    for (let file = this.#files[this.#cursor]; file !== undefined;) {
      if (file.state === 'waiting') return;
      file = this.#files[++this.#cursor];
    }
  }

  #file(fileId: number): SendFile {
    const file = this.#files[fileId];
    if (file === undefined) throw new SessionError('unknown-file');
    return file;
  }

  #pause(by: 'me' | 'peer'): void {
    this.#pauses.set(by, true);
    this.#showPause();
  }

  #resume(by: 'me' | 'peer'): void {
    this.#pauses.set(by, false);
    this.#showPause();
    this.#link?.lanes.pump();
  }

  #showPause(): void {
    const from = this.#state;
    if (from.type !== 'transferring' && from.type !== 'paused') return;
    const { by } = this.#pauses;
    if (by !== null) this.#enter(moveSend(from, { type: 'paused', by }));
    else if (from.type === 'paused') this.#enter(moveSend(from, { type: 'transferring' }));
  }

  #stop(told: CancelReason, to: Extract<SendState, { type: 'failed' | 'cancelled' }>): void {
    const from = this.#state;
    if (sendEnded(from)) return;
    this.#link?.post({ type: 'cancel', transferId: this.transferId, reason: told });
    this.#end(moveSend(from, to));
  }

  #end(state: SendState): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#open.clear();
    for (const file of this.#files) file.fail();
    this.#enter(state);
    this.#context.settled(this.transferId);
    this.#context.over(this.transferId);
  }

  #enter(state: SendState): void {
    this.#state = state;
    if (sendEnded(state)) this.#endedAt ??= this.#context.clock.now();
    ignoreFailure(this.#writer.head(this.head()));
    this.#throttle.now();
  }
}

function record(file: SendFile): StoredFile {
  const { fileId, path, size, mime, modified, state } = file;
  return { fileId, path, safePath: safePath(path), size, mime, modified, state, root: null };
}

/** @throws TransferError `bad-request` */
function assertSendable({ transferId, kind, note, items }: SendRequest): void {
  const first = items[0];
  if (!TRANSFER_ID_HEX.test(transferId)) throw new TransferError('bad-request', 'transferId');
  if (first === undefined || items.length > MAX_FILES) {
    throw new TransferError('bad-request', 'number of files');
  }
  if (note !== undefined && byteLength(note) > MAX_NOTE_BYTES) {
    throw new TransferError('bad-request', 'note');
  }
  for (const { mime, modified, source } of items) {
    if (byteLength(mime) > MAX_MIME_BYTES) throw new TransferError('bad-request', 'mime');
    if (!isCount(modified) || !isCount(source.size)) {
      throw new TransferError('bad-request', 'not a whole number');
    }
  }
  if (!isTextKind(kind)) return;
  if (items.length !== 1 || first.mime !== 'text/plain' || first.source.size > MAX_TEXT_BYTES) {
    throw new TransferError('bad-request', 'a text is one text/plain item of at most 1 MiB');
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
