import { fromHex } from '../crypto/bytes.ts';
import { acceptProof } from '../crypto/lock-keys.ts';
import type { CancelReason, DeclineReason } from '../protocol/kinds.ts';
import { directionOf, type ControlMessage, type ToReceiver } from '../protocol/messages.ts';
import { HISTORY_FILES, HISTORY_TRANSFERS, PARTIAL_LIFE_MS, RETELL_MS } from './constants.ts';
import { ignoreFailure } from './context.ts';
import { SessionError } from './errors.ts';
import { toldToReceiver } from './failures.ts';
import { sameItem, type Offer } from './offer.ts';
import { pastSnapshot } from './past.ts';
import type { Clock, SinkStore, TransferStore } from './ports.ts';
import { RecordWriter } from './record-writer.ts';
import type { StoredTransfer, TransferHead, TransferSnapshot } from './records.ts';
import type { SessionLink } from './session-link.ts';

/** A transfer that lets go of everything but this. */
export interface Retired {
  readonly stored: StoredTransfer;
  /** What it wrote its record with: the last steps may still be under way. */
  readonly writer: RecordWriter;
}

/** A message about one transfer. */
type AboutTransfer = Extract<ControlMessage, { transferId: string }>;

/**
 * What is over and holds no bytes: kept for views, and to answer a sender that offers it again
 * ([TR12]). A peer can fill it, so it is bounded, and so is each entry of it ([TR14]).
 */
export class History {
  readonly #store: TransferStore;
  readonly #sinks: SinkStore;
  readonly #clock: Clock;
  readonly #past = new Map<string, Retired>();
  readonly #removals = new Set<Promise<void>>();

  constructor({ store, sinks, clock }: { store: TransferStore; sinks: SinkStore; clock: Clock }) {
    this.#store = store;
    this.#sinks = sinks;
    this.#clock = clock;
  }

  has(transferId: string): boolean {
    return this.#past.has(transferId);
  }

  get(transferId: string): StoredTransfer | undefined {
    return this.#past.get(transferId)?.stored;
  }

  /** The device that offered it; undefined for what was sent. */
  incomingFrom(transferId: string): string | undefined {
    const head = this.#past.get(transferId)?.stored.head;
    return head?.direction === 'receive' ? head.deviceId : undefined;
  }

  deviceOf(transferId: string): string | undefined {
    return this.#past.get(transferId)?.stored.head.deviceId;
  }

  ofDevice(deviceId: string): string[] {
    return [...this.#past.keys()].filter((id) => this.deviceOf(id) === deviceId);
  }

  snapshots(): TransferSnapshot[] {
    return [...this.#past.values()].map(({ stored }) => pastSnapshot(stored));
  }

  /** One from an earlier life of this document, as it is in the store. */
  restore(stored: StoredTransfer): TransferSnapshot {
    this.add({ stored, writer: new RecordWriter(this.#store) });
    return pastSnapshot(stored);
  }

  add({ stored, writer }: Retired): void {
    const { head, files } = stored;
    const { transferId } = head;
    if (files.length <= HISTORY_FILES || this.#mayBeTold(stored)) {
      this.#past.set(transferId, { stored, writer });
      return;
    }
    const shrunk = { head, files: files.slice(0, HISTORY_FILES) };
    this.#past.set(transferId, { stored: shrunk, writer });
    // In two steps: what dies in between is one line of history.
    ignoreFailure(writer.remove(transferId));
    ignoreFailure(writer.create(shrunk));
  }

  /**
   * [TR12] What was sent to the device and ended here without being delivered: it may have accepted
   * that while it was not connected, has not heard of the end, and waits for more.
   *
   * @param transferId the one that is meant; all of them where it is undefined
   */
  tellEnds(link: SessionLink, transferId?: string): void {
    for (const [id, { stored }] of this.#past) {
      if (transferId !== undefined && id !== transferId) continue;
      const reason = stored.head.deviceId === link.deviceId ? this.#untold(stored) : null;
      if (reason !== null) link.post({ type: 'cancel', transferId: id, reason });
    }
  }

  #untold({ head }: StoredTransfer): CancelReason | null {
    const { state, endedAt, direction } = head;
    if (direction !== 'send' || (endedAt ?? 0) < this.#clock.now() - PARTIAL_LIFE_MS) return null;
    if (state.type === 'cancelled') return 'cancelled';
    return state.type === 'failed' ? toldToReceiver(state.reason) : null;
  }

  /** The ids of those that are one too many, oldest first. */
  surplus(): string[] {
    const count = this.#past.size - HISTORY_TRANSFERS;
    if (count <= 0) return [];
    const heads = [...this.#past.values()].map(({ stored }) => stored.head);
    heads.sort((a, b) => (a.endedAt ?? a.createdAt) - (b.endedAt ?? b.createdAt));
    return heads.slice(0, count).map(({ transferId }) => transferId);
  }

  /** Deletes the record, and whatever may be left of the files. */
  async remove(transferId: string): Promise<void> {
    const retired = this.#past.get(transferId);
    if (retired === undefined) return;
    this.#past.delete(transferId);
    const { writer, stored } = retired;
    const removal = Promise.all([
      writer.remove(transferId),
      stored.head.direction === 'receive' ? this.#sinks.remove(transferId) : undefined,
    ]).then(() => undefined);
    this.#removals.add(removal);
    await removal.finally(() => this.#removals.delete(removal));
  }

  /** Resolves when every record is written or gone. */
  async idle(): Promise<void> {
    const writers = [...this.#past.values()].map(({ writer }) => writer.idle());
    await Promise.allSettled([...writers, ...this.#removals]);
  }

  /** [TR12] Tells a sender that offers it again what became of it. @throws SessionError */
  offeredAgain(link: SessionLink, offer: Offer): void {
    const { transferId } = offer;
    const stored = this.#past.get(transferId)?.stored;
    if (stored?.head.direction !== 'receive') return;
    const { files, head } = stored;
    const { state } = head;
    const current = files.filter((file) => file.state !== 'replaced');
    const known = new Map(current.map((file) => [file.fileId, file]));
    let whole = current.length === head.count;
    for (const item of offer.items) {
      const file = known.get(item.fileId);
      // [TR19] A later version of a file, which came after the end here, or one not kept.
      if (file === undefined) whole = false;
      else if (!sameItem(item, file)) {
        throw new SessionError('bad-manifest', 'another offer under the same id');
      }
    }
    if (whole && state.type === 'saved') {
      for (const { fileId, root, state: how } of current) {
        if (root !== null) {
          link.post({ type: 'stored', transferId, fileId, merkleRoot: fromHex(root) });
        } else if (how === 'cancelled') {
          link.post({ type: 'cancel', transferId, fileId, reason: 'cancelled' });
        }
      }
      const { lock } = head;
      const ticket = lock?.ticket ?? null;
      const proof = ticket && acceptProof(fromHex(ticket), link.lockContext(transferId, 'in'));
      link.post({ type: 'accept', transferId, ...(proof && { proof }) });
      return;
    }
    // What was saved is not lost with the rest.
    for (const { fileId, root, state: how } of current) {
      if (how !== 'saved' || root === null) continue;
      link.post({ type: 'stored', transferId, fileId, merkleRoot: fromHex(root) });
    }
    link.post({ type: 'decline', transferId, reason: declineReason(state) });
  }

  /** [TR20] Its sender had begun with a file of it before it heard that it is over here. */
  startedAgain(link: SessionLink, message: Extract<ToReceiver, { type: 'start' | 'pack' }>): void {
    const { transferId } = message;
    const past = this.#past.get(transferId)?.stored;
    if (past?.head.state.type !== 'saved') {
      // It may have heard of the end of a file that it had replaced by then, and of no other.
      return link.post({ type: 'cancel', transferId, reason: 'cancelled' });
    }
    const { head, files } = past;
    // Of a transfer that is kept in short all were stored; else each is looked for.
    const short = files.length < head.count;
    const known = new Set(files.filter(({ root }) => root !== null).map((file) => file.fileId));
    const lacks = (fileId: number) => !short && !known.has(fileId);
    if (message.type === 'pack') {
      const missing = message.fileIds.filter(lacks);
      link.post({ type: 'pack-stored', transferId, tag: message.tag, missing });
    } else if (lacks(message.fileId)) {
      // A later version of what is saved: that stays as it is.
      const { fileId } = message;
      link.post({ type: 'cancel', transferId, fileId, reason: 'interrupted' });
    }
  }

  /** Whether a message is of something that is over: it crossed with the end, and is dropped. */
  isLate(deviceId: string, message: AboutTransfer): boolean {
    const head = this.#past.get(message.transferId)?.stored.head;
    if (head?.deviceId !== deviceId) return false;
    return directionOf(message) !== (head.direction === 'send' ? 'to-receiver' : 'to-sender');
  }

  /** Its sender may still be waiting to hear which files are stored; what failed may be retried. */
  #mayBeTold({ head }: StoredTransfer): boolean {
    if (head.direction === 'send') {
      return head.state.type === 'failed' || head.state.type === 'declined';
    }
    return head.state.type === 'saved' && this.#clock.now() - (head.endedAt ?? 0) < RETELL_MS;
  }
}

/** [TR12] What a sender that offers it again is told of a transfer that is over here. */
function declineReason(state: TransferHead['state']): DeclineReason {
  switch (state.type) {
    case 'declined':
      return state.reason;
    case 'expired':
      return 'expired';
    case 'cancelled':
      return 'declined';
    default:
      return 'gone';
  }
}
