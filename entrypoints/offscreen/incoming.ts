import { errorCode, TallowError } from '../../lib/errors/index.ts';
import { incomingFile } from '../../lib/files/opfs-sinks.ts';
import { tellBackground } from '../../lib/messaging/rpc.ts';
import { PACK_FILE_BYTES } from '../../lib/protocol/limits.ts';
import type { EngineEvent } from '../../lib/transfer/events.ts';
import type { TransferSnapshot } from '../../lib/transfer/records.ts';
import type { EngineClient } from './engine-client.ts';
import type { TransferBoard } from '../../lib/messaging/transfer-board.ts';

/** As many as background downloads at once. */
const SAVES_AT_ONCE = 16;

type Event<T extends EngineEvent['type']> = Extract<EngineEvent, { type: T }>;

class SaveError extends TallowError<'nothing-to-open'> {}

/** What arrives: background decides and saves, this document holds the bytes until they are saved. */
export class Incoming {
  readonly #engine: EngineClient;
  readonly #board: TransferBoard;
  /** Files on disk that are not saved yet, by `keyOf`. */
  readonly #stored = new Map<string, Event<'file-stored'>>();
  readonly #urls = new Map<string, string>();
  /** Small files that wait for the rest of their transfer. */
  readonly #held = new Map<string, Event<'file-stored'>[]>();
  /** [TR18] Files of open offers that lie here from an earlier time. */
  readonly #here = new Map<string, readonly number[]>();

  constructor(engine: EngineClient, board: TransferBoard) {
    this.#engine = engine;
    this.#board = board;
  }

  async onEvent(event: EngineEvent): Promise<void> {
    switch (event.type) {
      case 'transfer-changed': {
        const before = this.#board.snapshot(event.snapshot.transferId)?.state.type;
        this.#board.update(event.snapshot);
        await this.#saveHeld(event.snapshot);
        if (event.snapshot.direction === 'send' && before !== event.snapshot.state.type)
          await this.#tell(event.snapshot);
        return;
      }
      case 'transfer-removed':
        this.#here.delete(event.transferId);
        this.#held.delete(event.transferId);
        return this.#board.remove(event.transferId);
      case 'offer-received':
        return this.#offer(event);
      case 'file-stored':
        this.#stored.set(keyOf(event.transferId, event.fileId), event);
        if (!this.#waitsForOthers(event)) return this.#save(event);
        this.#held.set(event.transferId, [...(this.#held.get(event.transferId) ?? []), event]);
        return;
      case 'text-received':
        return this.#text(event);
      case 'retry-asked': {
        const freshId = crypto.randomUUID().replaceAll('-', '');
        return this.#engine.post({ type: 'retry', transferId: event.transferId, freshId });
      }
      default:
        return;
    }
  }

  decide(transferId: string, decision: 'accept' | 'decline'): void {
    const alreadyHere = this.#here.get(transferId);
    this.#here.delete(transferId);
    this.#engine.post({
      type: 'decide',
      transferId,
      decision:
        decision === 'accept'
          ? { type: 'accept', ...(alreadyHere !== undefined && { alreadyHere }) }
          : { type: 'decline', reason: 'declined' },
    });
  }

  saved(transferId: string, fileId: number): void {
    this.#stored.delete(keyOf(transferId, fileId));
    this.#release(transferId, fileId);
    this.#engine.post({ type: 'save', transferId, fileId, outcome: { type: 'saved' } });
  }

  saveFailed(transferId: string, fileId: number, code: string): void {
    this.#release(transferId, fileId);
    // Cancelled in the browser's own dialog: the person is still to say where it goes.
    const what = code === 'cancelled' ? 'choose-place' : 'save-failed';
    this.#engine.post({ type: 'save', transferId, fileId, outcome: { type: 'failed', what } });
  }

  /** Every file of the transfer that is still waiting to be saved; one being saved is left alone. */
  async saveAgain(transferId: string): Promise<void> {
    const waiting = [...this.#stored.values()].filter((event) => event.transferId === transferId);
    if (waiting.length === 0) throw new SaveError('nothing-to-open');
    await Promise.all(waiting.map((event) => this.#save(event)));
  }

  async #offer(event: Event<'offer-received'>): Promise<void> {
    const { transferId, deviceId, kind, count, totalBytes } = event;
    const title = event.names[0] ?? '';
    const { decision, alreadyHere } = await tellBackground({
      type: 'offer',
      transferId,
      deviceId,
      kind,
      title,
      count,
      totalBytes,
      ...(event.locked && { locked: event.locked }),
      known: event.known.map(({ fileId, saved }) => ({ fileId, saved })),
    });
    // A person may answer later: what was here then is here a minute after.
    if (alreadyHere !== undefined && alreadyHere.length > 0)
      this.#here.set(transferId, alreadyHere);
    if (decision === 'accept') this.decide(transferId, 'accept');
  }

  /**
   * Thousands of small files are saved when all of them are there: each download costs the browser
   * more than its bytes, and would hold up those that are still to come.
   */
  #waitsForOthers({ transferId, size }: Event<'file-stored'>): boolean {
    return size <= PACK_FILE_BYTES && this.#arrives(this.#board.snapshot(transferId));
  }

  #arrives(snapshot: TransferSnapshot | undefined): boolean {
    const type = snapshot?.state.type;
    return type === 'transferring' || type === 'verifying';
  }

  async #saveHeld(snapshot: TransferSnapshot): Promise<void> {
    const held = this.#held.get(snapshot.transferId);
    if (held === undefined || this.#arrives(snapshot)) return;
    this.#held.delete(snapshot.transferId);
    // A few at a time, in order: background writes each of them down.
    const next = held[Symbol.iterator]();
    const save = async (): Promise<void> => {
      for (const event of next) await this.#save(event);
    };
    await Promise.all(Array.from({ length: SAVES_AT_ONCE }, save));
  }

  async #save(event: Event<'file-stored'>): Promise<void> {
    const { transferId, fileId, safePath, size, sinkRef } = event;
    const key = keyOf(transferId, fileId);
    if (this.#urls.has(key)) return;
    try {
      const url = URL.createObjectURL(
        await incomingFile(transferId, sinkRef.fileId, sinkRef.offset, size),
      );
      this.#urls.set(key, url);
      this.#engine.post({ type: 'save', transferId, fileId, outcome: { type: 'saving' } });
      await tellBackground({ type: 'save', transferId, fileId, url, path: safePath, size });
    } catch (error) {
      this.saveFailed(transferId, fileId, errorCode(error));
    }
  }

  async #text(event: Event<'text-received'>): Promise<void> {
    const { transferId, deviceId, kind, text } = event;
    this.#board.setTitle(transferId, text);
    const title = this.#board.snapshot(transferId)?.note;
    await tellBackground({
      type: 'text',
      transferId,
      deviceId,
      kind,
      text,
      ...(title != null && { title }),
    });
    this.#engine.post({ type: 'save', transferId, fileId: 0, outcome: { type: 'saved' } });
  }

  async #tell({
    transferId,
    deviceId,
    state,
  }: Event<'transfer-changed'>['snapshot']): Promise<void> {
    if (state.type !== 'delivered' && state.type !== 'declined' && state.type !== 'failed') return;
    await tellBackground({ type: 'tell', transferId, deviceId, code: state.type });
  }

  #release(transferId: string, fileId: number): void {
    const key = keyOf(transferId, fileId);
    const url = this.#urls.get(key);
    if (url !== undefined) URL.revokeObjectURL(url);
    this.#urls.delete(key);
  }
}

function keyOf(transferId: string, fileId: number): string {
  return `${transferId}:${fileId}`;
}
