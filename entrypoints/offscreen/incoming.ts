import { incomingFile } from '../../lib/files/opfs-sinks.ts';
import { callBackground } from '../../lib/messaging/rpc.ts';
import type { EngineEvent } from '../../lib/transfer/events.ts';
import type { EngineClient } from './engine-client.ts';
import type { TransferBoard } from '../../lib/messaging/transfer-board.ts';

type Event<T extends EngineEvent['type']> = Extract<EngineEvent, { type: T }>;

/** What arrives: background decides and saves, this document holds the bytes until they are saved. */
export class Incoming {
  readonly #engine: EngineClient;
  readonly #board: TransferBoard;
  readonly #urls = new Map<string, string>();

  constructor(engine: EngineClient, board: TransferBoard) {
    this.#engine = engine;
    this.#board = board;
  }

  async onEvent(event: EngineEvent): Promise<void> {
    switch (event.type) {
      case 'transfer-changed': {
        const before = this.#board.snapshot(event.snapshot.transferId)?.state.type;
        this.#board.update(event.snapshot);
        if (event.snapshot.direction === 'send' && before !== event.snapshot.state.type)
          await this.#tell(event.snapshot);
        return;
      }
      case 'transfer-removed':
        return this.#board.remove(event.transferId);
      case 'offer-received':
        return this.#offer(event);
      case 'file-stored':
        return this.#save(event);
      case 'text-received':
        return this.#text(event);
      default:
        return;
    }
  }

  decide(transferId: string, decision: 'accept' | 'decline'): void {
    this.#engine.post({
      type: 'decide',
      transferId,
      decision:
        decision === 'accept' ? { type: 'accept' } : { type: 'decline', reason: 'declined' },
    });
  }

  saved(transferId: string, fileId: number): void {
    this.#release(transferId, fileId);
    this.#engine.post({ type: 'save', transferId, fileId, outcome: { type: 'saved' } });
  }

  saveFailed(transferId: string, fileId: number): void {
    this.#release(transferId, fileId);
    this.#engine.post({
      type: 'save',
      transferId,
      fileId,
      outcome: { type: 'failed', what: 'save-failed' },
    });
  }

  async #offer(event: Event<'offer-received'>): Promise<void> {
    const { transferId, deviceId, kind, count, totalBytes } = event;
    const title = event.names[0] ?? '';
    const { decision } = await callBackground({
      type: 'offer',
      transferId,
      deviceId,
      kind,
      title,
      count,
      totalBytes,
    });
    if (decision === 'accept') this.decide(transferId, 'accept');
  }

  async #save(event: Event<'file-stored'>): Promise<void> {
    const { transferId, fileId, safePath } = event;
    const key = `${transferId}:${fileId}`;
    if (this.#urls.has(key)) return;
    try {
      const url = URL.createObjectURL(await incomingFile(transferId, fileId));
      this.#urls.set(key, url);
      this.#engine.post({ type: 'save', transferId, fileId, outcome: { type: 'saving' } });
      await callBackground({ type: 'save', transferId, fileId, url, path: safePath });
    } catch {
      this.saveFailed(transferId, fileId);
    }
  }

  async #text(event: Event<'text-received'>): Promise<void> {
    const { transferId, deviceId, kind, text } = event;
    this.#board.setTitle(transferId, text);
    const title = this.#board.snapshot(transferId)?.note;
    await callBackground({
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
    await callBackground({ type: 'tell', transferId, deviceId, code: state.type });
  }

  #release(transferId: string, fileId: number): void {
    const key = `${transferId}:${fileId}`;
    const url = this.#urls.get(key);
    if (url !== undefined) URL.revokeObjectURL(url);
    this.#urls.delete(key);
  }
}
