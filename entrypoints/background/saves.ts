import type { BackgroundCall } from '../../lib/messaging/background-calls.ts';
import type { OffscreenCall } from '../../lib/messaging/offscreen-calls.ts';
import { errorCode, TallowError } from '../../lib/errors/index.ts';
import {
  cancelUnplaced,
  downloadState,
  findDownload,
  startDownload,
  type SaveFailure,
} from '../../lib/platform/downloads.ts';
import type { StoredRecords } from '../../lib/storage/records.ts';
import type { SavedRecord, SaveRecord, StoppedRecord } from '../../lib/storage/schemas.ts';

export class SaveError extends TallowError<'bad-source'> {}

/**
 * Downloads of one transfer at a time once the first of them went through. Until then one: where the
 * browser asks where to save each file, a person has one question to cancel, not a hundred. Not
 * fewer: offline, Chromium holds each finished file of many types for five seconds (Safe Browsing).
 */
const AT_ONCE = 16;

/** A transfer that nobody asked about for this long may ask once more. */
const STOPPED_LIFE_MS = 30 * 24 * 60 * 60 * 1000;

export interface SavesDeps {
  readonly records: StoredRecords<SaveRecord>;
  readonly saved: StoredRecords<SavedRecord>;
  readonly stopped: StoredRecords<StoppedRecord>;
  /** Origin of this extension: only its own blobs are saved. */
  readonly origin: string;
  readonly call: (call: OffscreenCall) => Promise<unknown>;
  /** It is where the person wants it. */
  readonly onSaved: (record: SaveRecord, downloadId: number) => Promise<void>;
  /** A save ended: the document may be free to close. */
  readonly onEnd: () => void;
  readonly now: () => number;
}

/**
 * Received files on their way into the downloads folder. Each is written down before its download
 * begins and found again by its blob URL or its download's id, whatever dies in between. A file that
 * a person cancels stops its transfer: the other files wait until `again`.
 */
export class Saves {
  readonly #deps: SavesDeps;
  readonly #starting = new Set<string>();
  readonly #finishing = new Set<string>();
  /** URLs that came to this worker: no earlier one can have begun with them. */
  readonly #fresh = new Set<string>();
  /** Transfers of which a download went through. */
  readonly #flowing = new Set<string>();

  constructor(deps: SavesDeps) {
    this.#deps = deps;
  }

  get running(): boolean {
    return this.#deps.records.all.size > 0;
  }

  /**
   * Resolves when the file is written down; how its download ends is told by `save/done` and
   * `save/failed`. May be asked twice for the same file. @throws SaveError
   */
  async save(call: Extract<BackgroundCall, { type: 'save' }>): Promise<void> {
    const { transferId, fileId, url, path, size } = call;
    if (!url.startsWith(`blob:${this.#deps.origin}`)) throw new SaveError('bad-source');
    const known = this.#deps.records.get(keyOf(call));
    // Another URL: the document was made anew, and its earlier blob is gone with it.
    if (known?.url === url) return await this.#catchUp(known);
    const record: SaveRecord = { transferId, fileId, url, path, size, downloadId: null };
    this.#fresh.add(url);
    await this.#deps.records.set(keyOf(record), record);
    if (this.#deps.stopped.get(transferId)) await this.#fail(record, 'cancelled');
    else await this.#next(transferId);
  }

  /** A person wants the rest of a transfer after all. */
  async again(transferId: string): Promise<void> {
    await this.#deps.stopped.delete(transferId);
  }

  /** A download's state changed; others' downloads are not ours to look at. */
  async changed(downloadId: number): Promise<void> {
    for (const record of [...this.#deps.records.all.values()]) {
      if (record.downloadId === downloadId) await this.#look(record);
    }
  }

  /** The document is gone, and with it the blobs: the next one gives out anew what is not saved. */
  async documentGone(): Promise<void> {
    for (const record of [...this.#deps.records.all.values()]) {
      if (record.downloadId === null && !this.#waits(record)) continue;
      // A download that has begun holds its blob by itself.
      const downloadId = record.downloadId ?? (await findDownload(record.url));
      if (downloadId === undefined || (await wasLost(downloadId))) {
        await this.#deps.records.delete(keyOf(record));
      }
    }
  }

  /** After the worker's start, and now and then: whatever was missed is made up for. */
  async reconcile(): Promise<void> {
    const { records, stopped, now } = this.#deps;
    for (const record of [...records.all.values()]) await this.#catchUp(record);
    for (const [transferId, { at }] of [...stopped.all]) {
      if (now() - at > STOPPED_LIFE_MS) await stopped.delete(transferId);
    }
  }

  /** Takes up one that may have begun, or ended, while nobody looked; else it takes its turn. */
  async #catchUp(record: SaveRecord): Promise<void> {
    if (record.downloadId !== null) return await this.#look(record);
    if (!this.#waits(record)) return;
    const found = await findDownload(record.url);
    if (!this.#waits(record)) return;
    if (found !== undefined) await this.#started(record, found);
    else if (this.#deps.stopped.get(record.transferId)) await this.#fail(record, 'cancelled');
    else await this.#next(record.transferId);
  }

  /** Written down and neither begun nor about to. */
  #waits(record: SaveRecord): boolean {
    const key = keyOf(record);
    return (
      this.#deps.records.get(key)?.downloadId === null &&
      !this.#starting.has(key) &&
      !this.#finishing.has(key)
    );
  }

  /** Begins those of a transfer whose turn it is. */
  async #next(transferId: string): Promise<void> {
    for (;;) {
      if (this.#deps.stopped.get(transferId)) return;
      const own = this.#of(transferId);
      const waiting = own.filter((record) => this.#waits(record));
      const limit = this.#flowing.has(transferId) ? AT_ONCE : 1;
      const [next] = waiting;
      if (!next || own.length - waiting.length >= limit) return;
      await this.#start(next);
    }
  }

  async #start(record: SaveRecord): Promise<void> {
    const key = keyOf(record);
    this.#starting.add(key);
    try {
      const known = this.#fresh.has(record.url) ? undefined : await findDownload(record.url);
      await this.#started(record, known ?? (await startDownload(record.url, record.path)));
    } catch (error) {
      if (errorCode(error) !== 'download-refused') throw error;
      await this.#fail(record, 'refused');
    } finally {
      this.#starting.delete(key);
    }
  }

  async #started(record: SaveRecord, downloadId: number): Promise<void> {
    if (!this.#isCurrent(record)) return;
    const started = { ...record, downloadId };
    await this.#deps.records.set(keyOf(record), started);
    // It may have ended before its id was known here.
    await this.#look(started);
  }

  async #look(record: SaveRecord): Promise<void> {
    if (record.downloadId === null) return;
    const now = await downloadState(record.downloadId);
    if (now.state === 'complete') await this.#done(record, record.downloadId);
    else if (now.state === 'interrupted') {
      if (now.code === 'cancelled') await this.#stop(record.transferId);
      await this.#fail(record, now.code);
    }
  }

  async #done(record: SaveRecord, downloadId: number): Promise<void> {
    const { transferId, fileId } = record;
    await this.#finish(record, async () => {
      this.#flowing.add(transferId);
      if (!this.#deps.saved.get(transferId)) await this.#deps.saved.set(transferId, { downloadId });
      await this.#deps.onSaved(record, downloadId);
      await this.#deps.call({ type: 'save/done', transferId, fileId });
    });
  }

  async #fail(record: SaveRecord, code: SaveFailure): Promise<void> {
    const { transferId, fileId } = record;
    await this.#finish(record, () =>
      this.#deps.call({ type: 'save/failed', transferId, fileId, code }),
    );
  }

  /** Written down first: a worker that dies in between does not ask about the others either. */
  async #stop(transferId: string): Promise<void> {
    const { stopped, now } = this.#deps;
    if (stopped.get(transferId)) return;
    await stopped.set(transferId, { at: now() });
    for (const record of this.#of(transferId)) {
      if (this.#waits(record)) await this.#fail(record, 'cancelled');
      // Its question would come next. That it ended comes back as a change of its state.
      else if (record.downloadId !== null) await cancelUnplaced(record.downloadId);
    }
  }

  /** Tells the document, then forgets the file and goes on with the next one. */
  async #finish(record: SaveRecord, tell: () => Promise<unknown>): Promise<void> {
    const key = keyOf(record);
    if (this.#finishing.has(key) || !this.#isCurrent(record)) return;
    this.#finishing.add(key);
    try {
      await tell();
      this.#fresh.delete(record.url);
      if (this.#isCurrent(record)) await this.#deps.records.delete(key);
    } finally {
      this.#finishing.delete(key);
    }
    this.#deps.onEnd();
    // Not awaited, or whoever asked for one file would wait for all; the alarm makes up for a failure.
    this.#next(record.transferId).catch(() => undefined);
  }

  /** False once the file was given out anew by another document. */
  #isCurrent(record: SaveRecord): boolean {
    return this.#deps.records.get(keyOf(record))?.url === record.url;
  }

  #of(transferId: string): SaveRecord[] {
    return [...this.#deps.records.all.values()].filter(
      (record) => record.transferId === transferId,
    );
  }
}

/** A person's own cancel is still to be told of. */
async function wasLost(downloadId: number): Promise<boolean> {
  const now = await downloadState(downloadId);
  return now.state === 'interrupted' && now.code !== 'cancelled';
}

function keyOf({ transferId, fileId }: { transferId: string; fileId: number }): string {
  return `${transferId}:${fileId}`;
}
