import { TallowError } from '../../lib/errors/index.ts';
import type { OffscreenTransfer } from '../../lib/messaging/background-calls.ts';
import { displayText } from '../../lib/protocol/names.ts';
import { StorageError, type StorageErrorCode } from '../../lib/storage/errors.ts';
import {
  HISTORY_NAMES,
  HISTORY_TEXT,
  historySchema,
  type HistoryRecord,
} from '../../lib/storage/history-record.ts';
import type { HistoryStore } from '../../lib/storage/history-store.ts';
import type { StoredRecords } from '../../lib/storage/records.ts';
import type { SentText, TextRecord } from '../../lib/storage/schemas.ts';
import * as v from 'valibot';
import { endOf, isEnded } from './transfers-view.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Longest part of a name that is kept, characters. */
const NAME_LENGTH = 300;

/** Entries that wait for a database that cannot be opened. */
const MAX_WAITING = 2000;

/** A text that was sent is kept for its entry this long: transfers wait for devices that are away. */
const SENT_TEXT_LIFE_MS = 365 * DAY_MS;

/** What is wrong with the history, in the terms of views. */
export type HistoryProblem = `history-${StorageErrorCode}` | 'history-full';

export class HistoryError extends TallowError<HistoryProblem> {}

export interface HistoryDeps {
  /** @throws StorageError */
  readonly open: () => Promise<HistoryStore>;
  /** Entries that a database which cannot be opened did not take: kept here until it does. */
  readonly waiting: StoredRecords<HistoryRecord>;
  readonly sentTexts: StoredRecords<SentText>;
  /** For how long entries are kept; 0: none are. */
  readonly days: () => number;
  /** Empty where it is not known any more. */
  readonly nameOf: (transfer: OffscreenTransfer) => string;
  readonly downloadOf: (transferId: string) => number | null;
  readonly receivedText: (transferId: string) => Promise<TextRecord | undefined>;
  /** Paths of the first files, as the document knows them. */
  readonly names: (transferId: string) => Promise<readonly string[]>;
  /** Entries came or went. */
  readonly onChange: () => void;
  /** Told whenever it begins to be so. */
  readonly onProblem: (problem: HistoryProblem) => void;
  readonly now: () => number;
}

/**
 * Writes down each transfer that is over, once, however often the document tells of it. What the
 * database does not take is kept beside it and added when it opens again.
 */
export class History {
  readonly #deps: HistoryDeps;
  /** Ends that this worker has written down or knows to be. */
  readonly #known = new Set<string>();
  #store: Promise<HistoryStore> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #problem: HistoryProblem | undefined;

  constructor(deps: HistoryDeps) {
    this.#deps = deps;
  }

  get problem(): HistoryProblem | undefined {
    return this.#problem;
  }

  /** The document's state. Fails only in what `problem` tells; the next state or worker tries again. */
  async onTransfers(transfers: readonly OffscreenTransfer[]): Promise<void> {
    const ended = transfers.filter(
      (transfer) => isEnded(transfer) && !this.#known.has(endKey(transfer)),
    );
    if (ended.length === 0) return;
    for (const transfer of ended) this.#known.add(endKey(transfer));
    try {
      await this.#inTurn(() => this.#record(ended));
    } catch (error) {
      for (const transfer of ended) this.#known.delete(endKey(transfer));
      throw error;
    }
  }

  /** A text on its way out: its entry is to have it, whenever it ends. */
  async sending(transferId: string, text: SentText): Promise<void> {
    if (this.#deps.days() === 0 || text.text.length > HISTORY_TEXT) return;
    await this.#deps.sentTexts.set(transferId, text);
  }

  /** @throws HistoryError */
  async get(transferId: string): Promise<HistoryRecord | undefined> {
    return await this.#inTurn(() => this.#use((store) => store.get(transferId)));
  }

  /** @throws HistoryError */
  async remove(transferId: string): Promise<void> {
    await this.#inTurn(async () => {
      await this.#use((store) => store.remove(transferId, this.#deps.now()));
      await this.#deps.waiting.delete(transferId);
    });
    this.#deps.onChange();
  }

  /** @throws HistoryError */
  async clear(): Promise<void> {
    const { waiting, now, onChange } = this.#deps;
    await this.#inTurn(async () => {
      await this.#use((store) => store.clear(now()));
      await waiting.change((records) => records.clear());
    });
    onChange();
  }

  /**
   * At the worker's start, once a day, and when the setting changed.
   *
   * @returns the ids of what went. @throws HistoryError
   */
  async prune(): Promise<readonly string[]> {
    const { waiting, sentTexts, days, now, onChange } = this.#deps;
    const until = now() - days() * DAY_MS;
    const gone = await this.#inTurn(async () => {
      await dropWhere(waiting, ({ endedAt }) => endedAt <= until);
      const life = days() === 0 ? 0 : SENT_TEXT_LIFE_MS;
      await dropWhere(sentTexts, ({ at }) => now() - at >= life);
      return await this.#use(async (store) => {
        await store.check();
        return await store.prune(until, now());
      });
    });
    if (gone.length > 0) onChange();
    return gone;
  }

  async #record(ended: readonly OffscreenTransfer[]): Promise<void> {
    const { days, now, sentTexts, onChange } = this.#deps;
    if (days() === 0) return;
    const until = now() - days() * DAY_MS;
    const young = ended.filter((transfer) => endOf(transfer) > until && !this.#waits(transfer));
    if (young.length === 0) return;
    const ends = young.map((transfer) => ({ ...transfer, endedAt: endOf(transfer) }));
    const missing = await this.#use((store) => store.missing(ends)).catch(() => undefined);
    const records: HistoryRecord[] = [];
    for (const transfer of young) {
      if (missing && !missing.includes(transfer.transferId)) continue;
      records.push(...(await this.#recordOf(transfer)));
    }
    if (records.length === 0) return;
    const written =
      missing !== undefined &&
      (await this.#use((store) => store.add(records)).then(
        () => true,
        () => false,
      ));
    if (!written) await this.#wait(records);
    const ids = new Set(records.map(({ transferId }) => transferId));
    if ([...ids].some((id) => sentTexts.get(id))) {
      await sentTexts.change((texts) => ids.forEach((id) => texts.delete(id)));
    }
    onChange();
  }

  /** @throws HistoryError `history-full` */
  async #wait(records: readonly HistoryRecord[]): Promise<void> {
    const { waiting } = this.#deps;
    if (waiting.all.size + records.length > MAX_WAITING) throw this.#tell('history-full');
    await waiting.change((kept) => records.forEach((one) => kept.set(one.transferId, one)));
  }

  async #recordOf(transfer: OffscreenTransfer): Promise<HistoryRecord[]> {
    const { transferId, direction, kind, title, count } = transfer;
    const isText = kind === 'text' || kind === 'link' || kind === 'page';
    const text = isText ? await this.#textOf(transfer) : undefined;
    // Where the document is gone meanwhile, the title is the one name that is known.
    const names = isText
      ? []
      : count > 1
        ? await this.#deps.names(transferId).catch(() => [title])
        : [title];
    const parsed = v.safeParse(historySchema, {
      ...transfer,
      deviceName: this.#deps.nameOf(transfer),
      names: names.slice(0, HISTORY_NAMES).map((name) => displayText(name, NAME_LENGTH)),
      endedAt: endOf(transfer),
      downloadId: direction === 'in' ? this.#deps.downloadOf(transferId) : null,
      ...(text !== undefined && text.text.length <= HISTORY_TEXT && { text: text.text }),
      ...(text?.title !== undefined && { caption: displayText(text.title, NAME_LENGTH) }),
    });
    return parsed.success ? [parsed.output] : [];
  }

  async #textOf({ transferId, direction }: OffscreenTransfer): Promise<TextRecord | undefined> {
    if (direction === 'in') return await this.#deps.receivedText(transferId);
    const sent = this.#deps.sentTexts.get(transferId);
    return sent && { kind: 'text', text: sent.text, ...(sent.title && { title: sent.title }) };
  }

  #waits({ transferId, state }: OffscreenTransfer): boolean {
    return this.#deps.waiting.get(transferId)?.state === state;
  }

  /** @throws HistoryError */
  async #use<T>(work: (store: HistoryStore) => Promise<T>): Promise<T> {
    // One that was open may have been closed, for an update or by the browser.
    const tries = this.#store ? 2 : 1;
    for (let left = tries - 1; ; left -= 1) {
      try {
        this.#store ??= this.#deps.open();
        const store = await this.#store;
        await this.#catchUp(store);
        const result = await work(store);
        this.#problem = undefined;
        return result;
      } catch (error) {
        this.#store = undefined;
        const code = error instanceof StorageError ? error.code : 'storage-unavailable';
        if (left === 0) throw this.#tell(`history-${code}`);
      }
    }
  }

  /** What had to wait comes first. */
  async #catchUp(store: HistoryStore): Promise<void> {
    const { waiting, onChange } = this.#deps;
    if (waiting.all.size === 0) return;
    const records = [...waiting.all.values()];
    await store.add(records);
    await waiting.change((kept) => records.forEach(({ transferId }) => kept.delete(transferId)));
    onChange();
  }

  #tell(problem: HistoryProblem): HistoryError {
    if (this.#problem !== problem) {
      this.#problem = problem;
      this.#deps.onProblem(problem);
    }
    return new HistoryError(problem);
  }

  /** One after the other: two states told at once must not both find an end missing. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function endKey({ transferId, state }: OffscreenTransfer): string {
  return `${transferId}:${state}`;
}

async function dropWhere<T>(
  records: StoredRecords<T>,
  gone: (record: T) => boolean,
): Promise<void> {
  const ids = [...records.all].filter(([, record]) => gone(record)).map(([id]) => id);
  if (ids.length > 0) await records.change((kept) => ids.forEach((id) => kept.delete(id)));
}
