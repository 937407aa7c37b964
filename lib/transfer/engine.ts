import { fromHex } from '../crypto/bytes.ts';
import type { ByteChannel } from '../protocol/byte-channel.ts';
import { MAX_TRANSFERS_UNDER_WAY } from '../protocol/limits.ts';
import { directionOf, type ControlMessage, type ShareMessage } from '../protocol/messages.ts';
import { MAX_SENDS_UNDER_WAY, SMALL_TRANSFER_BYTES } from './constants.ts';
import { ignoreFailure, type TransferContext } from './context.ts';
import { SessionError, TransferError } from './errors.ts';
import type {
  Decision,
  EngineDeps,
  SendRequest,
  SessionErrorCode,
  SessionOptions,
} from './events.ts';
import type { LaneNews, LaneTask } from './lane-desk.ts';
import type { ChunkJob } from './lanes.ts';
import { History } from './history.ts';
import { sendLockOf } from './lock-records.ts';
import type { Offer } from './offer.ts';
import { OfferLimits } from './offer-limits.ts';
import { completeHead, holdsBytes, isDoneFor } from './past.ts';
import type { Clock, RandomBytes } from './ports.ts';
import { ReceiveTransfer, type ReceiverInput } from './receiver.ts';
import type { StoredHead, StoredTransfer, TransferSnapshot } from './records.ts';
import { SendTransfer, type SenderInput } from './sender.ts';
import { SessionDesk, type OfferPart } from './session-desk.ts';
import { SessionLink, type LinkOwner } from './session-link.ts';
import { ended, sendEnded, type NeedsYou, type Unreachable } from './states.ts';

/**
 * Everything that is sent and received, over all sessions (docs/PROTOCOL.md §5). Knows channels,
 * sources and sinks only by their ports. `start` comes first; after `shutdown` nothing happens.
 */
export class Engine implements LinkOwner {
  readonly clock: Clock;
  readonly #context: TransferContext;
  readonly #deps: EngineDeps;
  readonly #sends = new Map<string, SendTransfer>();
  readonly #receives = new Map<string, ReceiveTransfer>();
  /** What is over, in this life of the document and in earlier ones. */
  readonly #history: History;
  readonly #limits: OfferLimits;
  readonly #desks = new Map<string, SessionDesk>();
  /** Transfers whose receiver asked for them once more. */
  readonly #answered = new Set<string>();
  /** [TR20] What a person wants again, and the device that is not connected now. */
  readonly #asking = new Map<string, string>();
  #state: 'new' | 'running' | 'shut-down' = 'new';

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.clock = deps.clock;
    this.#history = new History(deps);
    this.#limits = new OfferLimits(deps.clock);
    this.#context = {
      ...deps,
      changed: (snapshot) => this.#tell({ type: 'transfer-changed', snapshot }),
      onEvent: (event) => this.#tell(event),
      admit: (deviceId) => {
        this.#admit(deviceId);
        this.#wantSession(deviceId);
      },
      settled: (transferId) => this.#onSettled(transferId),
      over: (transferId) => this.#onOver(transferId),
      wantSession: (deviceId) => this.#wantSession(deviceId),
    };
  }

  /** Reads the record and picks up from it ([TR12]). Once, before anything else. */
  async start(): Promise<void> {
    const stored = [...(await this.#deps.store.list())];
    this.#state = 'running';
    stored.sort((a, b) => a.head.createdAt - b.head.createdAt);
    const unreadable: string[] = [];
    for (const transfer of stored) {
      try {
        await this.#restore(transfer);
      } catch {
        // A record that is spoiled is left as it is, with what belongs to it: the others go on.
        this.#receives.delete(transfer.head.transferId);
        unreadable.push(transfer.head.transferId);
      }
    }
    for (const send of [...this.#sends.values()]) await send.resumeLife();
    this.#prune();
    // Before anything new arrives, which it could not tell from what was left behind.
    const keep = new Set([...this.#sends.keys(), ...this.#receives.keys(), ...unreadable]);
    await this.#deps.sinks.sweep(keep).catch(() => undefined);
    const waiting = [...this.#sends.values(), ...this.#receives.values()];
    for (const deviceId of new Set(waiting.map((transfer) => transfer.deviceId))) {
      this.#wantSession(deviceId);
    }
  }

  snapshots(): readonly TransferSnapshot[] {
    return [
      ...this.#history.snapshots(),
      ...[...this.#sends.values()].map((transfer) => transfer.snapshot()),
      ...[...this.#receives.values()].map((transfer) => transfer.snapshot()),
    ].sort((a, b) => a.createdAt - b.createdAt);
  }

  /** A session whose channels are bound ([BD4]). It replaces an older one with the same device. */
  attachSession(options: SessionOptions): void {
    this.#requireRunning();
    const older = this.#byDevice(options.deviceId);
    if (older !== undefined) this.#detach(older);
    const link = new SessionLink(options, this);
    this.#desks.set(link.sessionId, new SessionDesk(link));
    const { sessionId, deviceId } = link;
    // Before its first message: whoever keeps the shares must know it by then.
    this.#tell({ type: 'session-attached', sessionId, deviceId });
    link.open(options);
    this.#admit(link.deviceId);
    this.#history.tellEnds(link);
    for (const [transferId, deviceId] of [...this.#asking]) {
      if (deviceId !== link.deviceId) continue;
      this.#asking.delete(transferId);
      link.post({ type: 'again', transferId });
    }
  }

  /** The session is gone, whatever the reason: transfers wait a while for another one. Idempotent. */
  detachSession(sessionId: string, _reason: string): void {
    const desk = this.#desks.get(sessionId);
    if (desk === undefined) return;
    this.#detach(desk);
    this.#admitAll();
    this.#wantSession(desk.link.deviceId);
  }

  /** A further lane of a session, its channel bound ([LN2]); closed where the session is gone. */
  addLane(sessionId: string, pcId: string, channel: ByteChannel): void {
    const desk = this.#desks.get(sessionId);
    if (desk === undefined) channel.close();
    else desk.link.addLane(pcId, channel);
  }

  /** The connection to the device goes another way, or may. */
  pathChanged(deviceId: string): void {
    this.#byDevice(deviceId)?.link.pathChanged();
  }

  /** What the document did for a further lane, or could not. */
  laneNews(sessionId: string, news: LaneNews): void {
    this.#desks.get(sessionId)?.link.laneNews(news);
  }

  /** About a share, over the session's control channel; nowhere where the session is gone. */
  postShare(sessionId: string, message: ShareMessage): void {
    this.#desks.get(sessionId)?.link.post(message);
  }

  /** [BP1] Whoever keeps the shares found the peer in breach: the session ends with this code. */
  failSession(sessionId: string, code: SessionErrorCode): void {
    this.#desks.get(sessionId)?.link.fail(new SessionError(code));
  }

  /** @throws TransferError `bad-request`, `duplicate-transfer`, `shut-down` */
  send(deviceId: string, request: SendRequest): void {
    this.#requireRunning();
    const { transferId } = request;
    if (this.#isKnown(transferId)) throw new TransferError('duplicate-transfer');
    this.#begin(SendTransfer.create(deviceId, request, this.#context));
  }

  /**
   * [TR20] What failed, or one file of it, goes again under `freshId`; of what was received its
   * sender is asked for it. With `force` also what was delivered or was there already.
   *
   * @throws TransferError `unknown-transfer`, `duplicate-transfer`, `bad-request`
   */
  retry(
    transferId: string,
    freshId: string,
    options: { readonly force?: boolean; readonly fileId?: number } = {},
  ): void {
    this.#requireRunning();
    const past = this.#history.get(transferId);
    // What is stored of one that failed may still wait to be saved.
    const receive = this.#receives.get(transferId);
    if (receive !== undefined && ended(receive.state)) {
      return this.#askAgain(receive.deviceId, transferId);
    }
    if (past === undefined) {
      if (this.#isKnown(transferId)) throw new TransferError('bad-request', 'not over');
      throw new TransferError('unknown-transfer');
    }
    if (past.head.direction === 'receive') return this.#askAgain(past.head.deviceId, transferId);
    if (this.#isKnown(freshId)) throw new TransferError('duplicate-transfer');
    const transfer = SendTransfer.retry(freshId, past, options, this.#context);
    if (transfer === null) throw new TransferError('bad-request', 'nothing is left of it');
    this.#begin(transfer);
  }

  /** A person allowed or chose files of it: they are looked for anew. @throws TransferError `unknown-transfer` */
  async reopenSources(transferId: string): Promise<void> {
    this.#find(transferId);
    await this.#sends.get(transferId)?.reopen();
  }

  /** A session with the device is being made. */
  connecting(deviceId: string): void {
    for (const transfer of this.#sends.values()) {
      if (transfer.deviceId === deviceId) transfer.connecting();
    }
  }

  /** The device is not there; what waits for it goes on waiting. */
  offline(deviceId: string): void {
    for (const transfer of this.#sends.values()) {
      if (transfer.deviceId === deviceId) transfer.offline();
    }
  }

  /** There is no way to the device now: what waits to begin fails, what has begun waits on. */
  unreachable(deviceId: string, reason: Unreachable): void {
    for (const transfer of [...this.#sends.values()]) {
      if (transfer.deviceId === deviceId) transfer.unreachable(reason);
    }
  }

  /** Answers an offer; harmless when it was answered before. @throws TransferError `unknown-transfer` */
  async decide(transferId: string, decision: Decision): Promise<void> {
    await this.#receive(transferId)?.decide(decision);
  }

  /**
   * [PW1] Tries a password on an offer that asks for one; the right one accepts it, a wrong one shows
   * in its snapshot.
   *
   * @throws TransferError `unknown-transfer`, `bad-password`, `busy`
   */
  async unlock(transferId: string, password: string): Promise<void> {
    await this.#receive(transferId)?.unlock(password);
  }

  /** The transfer, or one file of it. @throws TransferError `unknown-transfer` */
  async cancel(transferId: string, fileId?: number): Promise<void> {
    const transfer = this.#find(transferId);
    await transfer?.cancel(fileId);
  }

  /** The transfer, or one file of it. @throws TransferError `unknown-transfer` */
  pause(transferId: string, fileId?: number): void {
    this.#find(transferId)?.pause(fileId);
  }

  /** The transfer, or one file of it. @throws TransferError `unknown-transfer` */
  resume(transferId: string, fileId?: number): void {
    this.#find(transferId)?.resume(fileId);
  }

  /** @throws TransferError `unknown-transfer` */
  async markSaving(transferId: string, fileId: number): Promise<void> {
    await this.#receive(transferId)?.setSaving(fileId, 'saving');
  }

  /** The file is where the person wants it; its copy here goes. @throws TransferError `unknown-transfer` */
  async markSaved(transferId: string, fileId: number): Promise<void> {
    await this.#receive(transferId)?.setSaving(fileId, 'saved');
  }

  /** @throws TransferError `unknown-transfer` */
  async saveFailed(transferId: string, fileId: number, what?: NeedsYou): Promise<void> {
    await this.#receive(transferId)?.setSaving(fileId, 'needs-you', what);
  }

  /** Cancels what runs and forgets it, its files here included. Unknown ids are no error. */
  async remove(transferId: string): Promise<void> {
    const send = this.#sends.get(transferId);
    const receive = this.#receives.get(transferId);
    if (send !== undefined) send.cancel();
    if (receive !== undefined) await receive.cancel();
    await this.#forget(transferId);
  }

  /** [RM1] Tells the device, if it is connected, and forgets everything that was exchanged with it. */
  async removeDevice(deviceId: string): Promise<void> {
    const desk = this.#byDevice(deviceId);
    if (desk !== undefined) {
      desk.link.post({ type: 'removed' });
      this.#detach(desk);
    }
    this.#failAll(deviceId, 'device-removed');
    const ids = this.#history.ofDevice(deviceId);
    for (const transfer of [...this.#sends.values(), ...this.#receives.values()]) {
      if (transfer.deviceId === deviceId) ids.push(transfer.transferId);
    }
    for (const id of ids) await this.#forget(id);
    this.#limits.forget(deviceId);
    await this.#deps.ledger.forget(deviceId);
  }

  /** Closes every session and resolves when all records are written. */
  async shutdown(): Promise<void> {
    if (this.#state === 'shut-down') return;
    this.#state = 'shut-down';
    for (const { link } of this.#desks.values()) link.close();
    this.#desks.clear();
    const transfers = [...this.#sends.values(), ...this.#receives.values()];
    this.#limits.close();
    await Promise.all(transfers.map((transfer) => transfer.close()));
    await this.#history.idle();
  }

  // What a session's link asks its owner; not for the engine's user.

  /** @throws SessionError */
  onMessage(link: SessionLink, message: Exclude<ControlMessage, ShareMessage>): void {
    const desk = this.#deskOf(link);
    if (desk === undefined) return;
    switch (message.type) {
      case 'removed':
        return this.#onRemoved(desk);
      case 'offer-begin':
      case 'offer-items':
      case 'offer-end':
        return this.#onOffer(desk, message);
      case 'window':
      case 'ping':
      case 'pong':
      case 'error':
      case 'lane-offer':
      case 'lane-answer':
      case 'lane-candidate':
      case 'lane-candidates-end':
      case 'lane-close':
        throw new Error('the link answers these');
      default:
        return this.#route(desk, message);
    }
  }

  get random(): RandomBytes {
    return this.#deps.random;
  }

  bytesLeft(link: SessionLink): number {
    let left = 0;
    for (const send of this.#sends.values()) {
      if (send.link !== link || send.state.type !== 'transferring') continue;
      left += send.bytesLeft;
    }
    return left;
  }

  onShareMessage(link: SessionLink, message: ShareMessage): void {
    this.#tell({ type: 'share-message', sessionId: link.sessionId, message });
  }

  onLaneTask(link: SessionLink, task: LaneTask): void {
    this.#tell({ type: 'lane-task', sessionId: link.sessionId, task });
  }

  onLanes(link: SessionLink, count: number): void {
    this.#tell({ type: 'lanes', sessionId: link.sessionId, count });
  }

  nextChunk(link: SessionLink): ChunkJob | null {
    return this.#deskOf(link)?.nextChunk() ?? null;
  }

  onFailed(link: SessionLink, code: SessionErrorCode): void {
    const desk = this.#deskOf(link);
    if (desk === undefined) return;
    const { deviceId } = link;
    this.#detach(desk, code);
    this.#admitAll();
    // A lost channel may come back; a breach of the protocol would only happen again.
    if (code === 'channel-closed') this.#wantSession(deviceId);
    else this.#failAll(deviceId, 'protocol-error');
  }

  async #restore(stored: StoredTransfer): Promise<void> {
    const { files } = stored;
    const head = completeHead(stored);
    const { transferId, deviceId } = head;
    if (this.#isKnown(transferId)) return;
    if (head.direction === 'receive' && (!ended(head.state) || holdsBytes(stored))) {
      const { kind, totalBytes, note } = head;
      const items = [...files].sort((a, b) => a.fileId - b.fileId);
      const lock = head.lock === undefined ? null : fromHex(head.lock.salt);
      const offer: Offer = { transferId, kind, totalBytes, note, lock, items };
      const receive = new ReceiveTransfer(deviceId, offer, this.#context, head);
      this.#receives.set(transferId, receive);
      await receive.restore(stored);
      return;
    }
    if (head.direction === 'send' && !sendEnded(head.state)) {
      const send = await SendTransfer.restore({ head, files }, this.#context);
      this.#sends.set(transferId, send);
      return;
    }
    // Else it is as it was written: there may be a hundred of them.
    if (head.endedAt !== stored.head.endedAt) await this.#putHead(head);
    const snapshot = this.#history.restore({ head, files });
    this.#tell({ type: 'transfer-changed', snapshot });
  }

  #begin(transfer: SendTransfer): void {
    const { transferId, deviceId } = transfer;
    this.#sends.set(transferId, transfer);
    this.#tell({ type: 'transfer-changed', snapshot: transfer.snapshot() });
    this.#admit(deviceId);
    this.#wantSession(deviceId);
  }

  #askAgain(deviceId: string, transferId: string): void {
    const desk = this.#byDevice(deviceId);
    if (desk !== undefined) return desk.link.post({ type: 'again', transferId });
    this.#asking.set(transferId, deviceId);
    this.#tell({ type: 'need-session', deviceId });
  }

  async #putHead(head: StoredHead): Promise<void> {
    try {
      await this.#deps.store.putHead(head);
    } catch {
      // The next start works out the same.
    }
  }

  #onOffer(desk: SessionDesk, message: OfferPart): void {
    const { link } = desk;
    const offer = desk.takeOffer(message, (transferId) => this.#assertOfferable(link, transferId));
    if (offer !== null) this.#onOffered(link, offer);
  }

  #assertOfferable(link: SessionLink, transferId: string): void {
    const { deviceId } = link;
    const known = this.#receives.get(transferId)?.deviceId;
    if ((known ?? this.#history.incomingFrom(transferId)) === deviceId) return;
    // One's own transfer thrown back, or one of another device: never a fresh id.
    if (this.#isKnown(transferId)) throw new SessionError('bad-manifest', 'the id is taken');
    if (!this.#limits.takeIncoming(deviceId)) throw new SessionError('over-limit', 'offers');
    const underWay = [...this.#receives.values()].filter(
      (transfer) => transfer.deviceId === deviceId && transfer.receiving,
    );
    if (underWay.length < MAX_TRANSFERS_UNDER_WAY) return;
    // In a new session all that is not over is offered again before anything new ([TR12]): what
    // this session has not heard of is over on the other side, and may not keep the place.
    const lost = underWay.find((transfer) => transfer.link !== link);
    if (lost === undefined) throw new SessionError('over-limit', 'transfers');
    lost.fail('interrupted');
  }

  #onOffered(link: SessionLink, offer: Offer): void {
    const known = this.#receives.get(offer.transferId);
    if (known !== undefined) return known.offeredAgain(link, offer);
    if (this.#history.has(offer.transferId)) return this.#history.offeredAgain(link, offer);
    const transfer = new ReceiveTransfer(link.deviceId, offer, this.#context);
    this.#receives.set(offer.transferId, transfer);
    void transfer.offered(link);
  }

  #route(desk: SessionDesk, message: SenderInput | ReceiverInput): void {
    const { link } = desk;
    const { transferId } = message;
    const send = this.#sends.get(transferId);
    const receive = this.#receives.get(transferId);
    if (send?.deviceId === link.deviceId && isSenderInput(message)) return send.onMessage(message);
    if (receive?.deviceId === link.deviceId && isReceiverInput(message)) {
      return receive.onMessage(message);
    }
    if (message.type === 'cancel' && desk.withdrawOffer(transferId)) return;
    if (message.type === 'again') return this.#onAgain(link, transferId);
    // Told once more, in case it was not heard: harmless.
    if (message.type === 'cancel' && !this.#isKnown(transferId)) return;
    if (!this.#history.isLate(link.deviceId, message) && !link.hasForgotten(transferId)) {
      throw new SessionError('unknown-transfer');
    }
    if (message.type !== 'start' && message.type !== 'pack') return;
    link.inbox.discard(message.tag);
    this.#history.startedAgain(link, message);
  }

  /**
   * [TR20] Only what failed, and only once: the transfer that carries it is another one. Never what
   * has a password: more tries are the sender's person's to give ([PW5]).
   */
  #onAgain(link: SessionLink, transferId: string): void {
    const past = this.#history.get(transferId);
    if (past?.head.deviceId !== link.deviceId || past.head.direction !== 'send') return;
    if (past.head.state.type !== 'failed' || sendLockOf(past.head) !== null) return;
    if (this.#answered.has(transferId) || !this.#limits.takeIncoming(link.deviceId)) return;
    this.#answered.add(transferId);
    this.#tell({ type: 'retry-asked', transferId, deviceId: link.deviceId });
  }

  #onRemoved(desk: SessionDesk): void {
    const { sessionId, deviceId } = desk.link;
    desk.link.close();
    this.#detach(desk);
    this.#failAll(deviceId, 'device-removed');
    this.#tell({ type: 'removed-by-peer', sessionId, deviceId });
  }

  #onSettled(transferId: string): void {
    const transfer = this.#sends.get(transferId) ?? this.#receives.get(transferId);
    if (transfer === undefined) return;
    const desk = this.#byDevice(transfer.deviceId);
    if (desk === undefined) return;
    desk.drop(transferId);
    this.#admit(transfer.deviceId);
    desk.link.lanes.pump();
    this.#admitAll();
  }

  /** Places of those that all devices share may be free now. */
  #admitAll(): void {
    for (const { link } of this.#desks.values()) this.#admit(link.deviceId);
  }

  /** It moves to the history, and the oldest there goes. */
  #onOver(transferId: string): void {
    const transfer = this.#sends.get(transferId) ?? this.#receives.get(transferId);
    if (transfer === undefined || this.#state === 'shut-down') return;
    this.#sends.delete(transferId);
    this.#receives.delete(transferId);
    const retired = transfer.retire();
    this.#history.add(retired);
    // It was not offered in the session that there may be, and has told nobody.
    const desk = transfer.link === null ? this.#byDevice(transfer.deviceId) : undefined;
    if (desk !== undefined) this.#history.tellEnds(desk.link, transferId);
    // Whatever is left of it: the copies went one by one, a crash may have kept some.
    ignoreFailure(transfer.close().then(() => this.#deps.sinks.remove(transferId)));
    // A retry needs the sources of what failed, and "Send anyway" those of what was there.
    if (isDoneFor(retired.stored)) {
      // Only when that is written down: until then a restart goes on with it.
      const written = retired.writer.idle();
      ignoreFailure(written.then(() => this.#deps.sources.release(transferId)));
    }
    this.#prune();
  }

  #prune(): void {
    for (const transferId of this.#history.surplus()) ignoreFailure(this.#forget(transferId));
  }

  /** [TR14] Offers what waits for the device, oldest first, as far as the limits let. */
  #admit(deviceId: string): void {
    const desk = this.#byDevice(deviceId);
    if (desk === undefined) return;
    const waiting = [...this.#sends.values()].filter(
      (transfer) => transfer.deviceId === deviceId && transfer.offerable,
    );
    // [TR12] What was offered before goes before anything new.
    waiting.sort((a, b) => Number(b.offeredBefore) - Number(a.offeredBefore));
    for (const transfer of waiting) {
      const small = transfer.totalBytes <= SMALL_TRANSFER_BYTES;
      if (!desk.hasRoom(small) || (!small && this.#offered() >= MAX_SENDS_UNDER_WAY)) continue;
      const later = () => this.#admit(deviceId);
      if (!transfer.offeredBefore && !this.#limits.takeOutgoing(deviceId, later)) return;
      desk.offer(transfer);
    }
  }

  /** Transfers over all devices that take part in the traffic. */
  #offered(): number {
    let count = 0;
    for (const { link, state } of this.#sends.values()) {
      if (link !== null && !sendEnded(state)) count++;
    }
    return count;
  }

  /** Lets go of the session; whoever calls this says what becomes of its transfers' owners. */
  #detach(desk: SessionDesk, failed?: SessionErrorCode): void {
    const { link } = desk;
    this.#desks.delete(link.sessionId);
    link.close();
    for (const transfer of this.#sends.values()) if (transfer.link === link) transfer.detach();
    for (const transfer of this.#receives.values()) if (transfer.link === link) transfer.detach();
    const { sessionId, deviceId } = link;
    // First: who wants another session for what this one had must not be given this one again.
    if (failed !== undefined)
      this.#tell({ type: 'session-error', sessionId, deviceId, code: failed });
    this.#tell({ type: 'session-detached', sessionId });
  }

  #wantSession(deviceId: string): void {
    if (this.#byDevice(deviceId) !== undefined) return;
    for (const { deviceId: own, state } of [...this.#sends.values(), ...this.#receives.values()]) {
      if (own !== deviceId) continue;
      const waits =
        state.type === 'waiting-for-device' ||
        state.type === 'connecting' ||
        (state.type === 'paused' && state.by === 'connection');
      if (waits) return this.#tell({ type: 'need-session', deviceId });
    }
  }

  /** Fails all that is not over with the device: a broken peer would only break the next session. */
  #failAll(deviceId: string, reason: 'protocol-error' | 'device-removed'): void {
    for (const transfer of [...this.#sends.values(), ...this.#receives.values()]) {
      if (transfer.deviceId === deviceId) transfer.fail(reason);
    }
  }

  async #forget(transferId: string): Promise<void> {
    const send = this.#sends.get(transferId);
    const receive = this.#receives.get(transferId);
    const deviceId = (send ?? receive)?.deviceId ?? this.#history.deviceOf(transferId);
    if (deviceId === undefined) return;
    this.#byDevice(deviceId)?.link.forget(transferId);
    this.#sends.delete(transferId);
    this.#receives.delete(transferId);
    const sent = send !== undefined || this.#history.get(transferId)?.head.direction === 'send';
    this.#answered.delete(transferId);
    await Promise.all([send?.remove(), receive?.remove(), this.#history.remove(transferId)]);
    // What was kept for a retry is of no use to anybody now.
    if (sent) ignoreFailure(this.#deps.sources.release(transferId));
    this.#tell({ type: 'transfer-removed', transferId });
  }

  #tell(event: Parameters<EngineDeps['onEvent']>[0]): void {
    if (this.#state !== 'shut-down') this.#deps.onEvent(event);
  }

  #deskOf(link: SessionLink): SessionDesk | undefined {
    const desk = this.#desks.get(link.sessionId);
    return desk?.link === link ? desk : undefined;
  }

  #byDevice(deviceId: string): SessionDesk | undefined {
    for (const desk of this.#desks.values()) {
      if (desk.link.deviceId === deviceId) return desk;
    }
    return undefined;
  }

  #isKnown(transferId: string): boolean {
    return (
      this.#sends.has(transferId) || this.#receives.has(transferId) || this.#history.has(transferId)
    );
  }

  /** Undefined for what is over. @throws TransferError */
  #find(transferId: string): SendTransfer | ReceiveTransfer | undefined {
    const transfer = this.#sends.get(transferId) ?? this.#receives.get(transferId);
    if (transfer === undefined && !this.#history.has(transferId)) {
      throw new TransferError('unknown-transfer');
    }
    return transfer;
  }

  /** As `#find`, of what is received. */
  #receive(transferId: string): ReceiveTransfer | undefined {
    const transfer = this.#find(transferId);
    if (transfer instanceof SendTransfer) throw new TransferError('unknown-transfer');
    return transfer;
  }

  #requireRunning(): void {
    if (this.#state === 'new') throw new Error('start() comes first');
    if (this.#state === 'shut-down') throw new TransferError('shut-down');
  }
}

function isSenderInput(message: SenderInput | ReceiverInput): message is SenderInput {
  return directionOf(message) !== 'to-receiver';
}

function isReceiverInput(message: SenderInput | ReceiverInput): message is ReceiverInput {
  return directionOf(message) !== 'to-sender';
}
