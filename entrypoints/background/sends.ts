import { errorCode, isTallowError, TallowError } from '../../lib/errors/index.ts';
import type { ReadRequest } from '../../lib/messaging/content.ts';
import type { OffscreenTransfer } from '../../lib/messaging/background-calls.ts';
import type { OffscreenCall } from '../../lib/messaging/offscreen-calls.ts';
import type { ClickPlan } from '../../lib/platform/click-plan.ts';
import { hasOrigin } from '../../lib/platform/origins.ts';
import { readInPage, readSelection } from '../../lib/platform/page-reader.ts';
import type { StoredRecords } from '../../lib/storage/records.ts';
import type { SendPlan, SendRecord } from '../../lib/storage/schemas.ts';

export class SendError extends TallowError<'device-unknown' | 'nothing-to-send' | 'too-long'> {}

/** The wish of a click is carried out within this time or given up: later nobody expects it. */
const SEND_LIFE_MS = 10 * 60 * 1000;

/** A prompt that an earlier worker opened is taken as declined after this long. */
const ASK_LIFE_MS = 2 * 60 * 1000;

export interface SendsDeps {
  readonly records: StoredRecords<SendRecord>;
  /** Opens the document when needed. */
  readonly call: (call: OffscreenCall) => Promise<unknown>;
  /** What the document has now; opens it when needed. */
  readonly transfers: () => Promise<readonly OffscreenTransfer[]>;
  readonly knows: (deviceId: string) => boolean;
  /** What will be needed may be opened while the wish is written down. */
  readonly warm: (deviceId: string) => void;
  /** Longest text that goes as such, characters. */
  readonly maxTextLength: number;
  /** It is written down, and about to be handed over. */
  readonly onSent: (deviceId: string, record: SendRecord) => Promise<void>;
  readonly tell: (record: SendRecord, code: 'link-instead' | 'failed') => Promise<void>;
  readonly now: () => number;
}

/**
 * Everything that begins here: what a person asked for is written down, then handed to the document,
 * and forgotten only when it is a transfer of the engine's, which has a store of its own. A worker or
 * a document that dies before leaves the record, and it is done again under the same transfer id,
 * which a document takes once.
 */
export class Sends {
  readonly #deps: SendsDeps;
  readonly #running = new Set<string>();

  constructor(deps: SendsDeps) {
    this.#deps = deps;
  }

  /**
   * @param granted the browser's answer about the plan's origin, asked for in the click's own task.
   * @returns the transfer's id. @throws SendError, PlatformError, CallError
   */
  async begin(deviceId: string, plan: ClickPlan, granted?: Promise<boolean>): Promise<string> {
    const { records, now } = this.#deps;
    if (plan.type === 'nothing') throw new SendError('nothing-to-send');
    if (!this.#deps.knows(deviceId)) throw new SendError('device-unknown');
    this.#deps.warm(deviceId);
    const transferId = freshId();
    let record: SendRecord = { transferId, deviceId, at: now(), plan: await storable(plan) };
    if (record.plan.type === 'text' && record.plan.text.length > this.#deps.maxTextLength) {
      throw new SendError('too-long');
    }
    this.#running.add(transferId);
    try {
      await records.set(transferId, record);
      await this.#deps.onSent(deviceId, record);
      if (record.plan.type === 'ask')
        record = await this.#answered(record, (await granted) === true);
      await this.#run(record);
    } finally {
      this.#running.delete(transferId);
    }
    return transferId;
  }

  /** What the document has beyond `preparing`, or has given up, is in its own hands. */
  async onTransfers(transfers: readonly OffscreenTransfer[]): Promise<void> {
    const done = transfers.filter(
      ({ transferId, state }) => state !== 'preparing' && this.#deps.records.get(transferId),
    );
    if (done.length > 0) await this.forget(done.map(({ transferId }) => transferId));
  }

  /** Not wanted any more. */
  async forget(transferIds: readonly string[]): Promise<void> {
    const known = transferIds.filter((transferId) => this.#deps.records.get(transferId));
    if (known.length === 0) return;
    await this.#deps.records.change((records) => known.forEach((id) => records.delete(id)));
  }

  /** Goes on with what an earlier worker, a document that died, or a failed try left behind. */
  async recover(): Promise<void> {
    const { records } = this.#deps;
    // Those being handed over now are none of this: their state comes by itself.
    const left = [...records.all.values()].filter(
      ({ transferId }) => !this.#running.has(transferId),
    );
    for (const { transferId } of left) this.#running.add(transferId);
    try {
      const preparing = await this.#preparing(left);
      for (const { transferId } of left) {
        const record = records.get(transferId);
        if (!record || (record.handed && preparing.has(transferId))) continue;
        // What fails is kept: the alarm tries again until the record is too old.
        await this.#resume(record).catch(() => undefined);
      }
    } finally {
      for (const { transferId } of left) this.#running.delete(transferId);
    }
  }

  /** Those that the document has taken and not yet given to the engine. */
  async #preparing(left: readonly SendRecord[]): Promise<ReadonlySet<string>> {
    if (!left.some(({ handed }) => handed)) return new Set();
    try {
      const transfers = await this.#deps.transfers();
      await this.onTransfers(transfers);
      return new Set(transfers.map(({ transferId }) => transferId));
    } catch {
      // No document to be had now: nothing of it is there.
      return new Set();
    }
  }

  async #resume(record: SendRecord): Promise<void> {
    if (!this.#deps.knows(record.deviceId)) return await this.forget([record.transferId]);
    const age = this.#deps.now() - record.at;
    if (age > SEND_LIFE_MS) {
      await this.#deps.records.delete(record.transferId);
      return await this.#deps.tell(record, 'failed');
    }
    if (record.plan.type !== 'ask') return await this.#run(record);
    const granted = await hasOrigin(record.plan.origin);
    // Not granted yet: the prompt may still be open.
    if (granted || age > ASK_LIFE_MS) await this.#run(await this.#answered(record, granted));
  }

  async #answered(record: SendRecord, granted: boolean): Promise<SendRecord> {
    if (record.plan.type !== 'ask') return record;
    const { kind, url } = record.plan;
    const plan: SendPlan = granted
      ? { type: 'fetch', kind, url }
      : { type: 'text', kind: 'link', text: url, note: 'link-instead' };
    const answered = { ...record, plan };
    await this.#deps.records.set(record.transferId, answered);
    return answered;
  }

  async #run(record: SendRecord): Promise<void> {
    try {
      await this.#hand(record);
    } catch (error) {
      // What the document refused it will refuse again; a document that does not come up may later.
      if (isTallowError(error) && LATER.has(errorCode(error))) throw error;
      await this.#deps.records.delete(record.transferId);
      await this.#deps.tell(record, 'failed');
      throw error;
    }
    await this.#deps.records.change((records) => {
      // Gone by now where the document's state was faster than its answer.
      const current = records.get(record.transferId);
      if (current) records.set(record.transferId, { ...current, handed: true });
    });
  }

  async #hand({ transferId, deviceId, plan }: SendRecord): Promise<void> {
    const { call } = this.#deps;
    const target = { transferId, deviceId };
    switch (plan.type) {
      case 'ask':
        throw new Error('a send whose origin was not asked for yet');
      case 'text': {
        const { kind, text, note } = plan;
        await call({ type: 'send/text', ...target, kind, text, ...(note && { note }) });
        if (note === 'link-instead') {
          await this.#deps.tell({ transferId, deviceId, plan, at: 0 }, 'link-instead');
        }
        return;
      }
      case 'fetch':
        await call({ type: 'send/fetch', ...target, kind: plan.kind, url: plan.url });
        return;
      case 'read': {
        const { kind, requestId, link } = plan;
        await call({ type: 'send/read', ...target, kind, requestId, ...(link && { link }) });
        const request: ReadRequest = { type: 'read', requestId, url: plan.url };
        try {
          await readInPage(plan, request);
        } catch {
          await call({ type: 'send/read-failed', requestId });
        }
      }
    }
  }
}

/** Failures of the way to the document, not of what was asked. */
const LATER: ReadonlySet<string> = new Set(['offscreen-failed', 'no-answer']);

async function storable(plan: Exclude<ClickPlan, { type: 'nothing' }>): Promise<SendPlan> {
  switch (plan.type) {
    case 'selection':
      return { type: 'text', kind: 'text', text: await readSelection(plan, plan.text) };
    case 'read':
      return { ...plan, requestId: freshId() };
    default:
      return plan;
  }
}

/** 16 random bytes in hex. */
export function freshId(): string {
  return crypto.randomUUID().replaceAll('-', '');
}
