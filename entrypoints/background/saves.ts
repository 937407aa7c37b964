import type { BackgroundCall } from '../../lib/messaging/background-calls.ts';
import type { OffscreenCall } from '../../lib/messaging/offscreen-calls.ts';
import { TallowError } from '../../lib/errors/index.ts';
import {
  downloadState,
  findDownload,
  startDownload,
  type DownloadState,
} from '../../lib/platform/downloads.ts';
import type { StoredRecords } from '../../lib/storage/records.ts';
import type { SavedRecord, SaveRecord } from '../../lib/storage/schemas.ts';

export class SaveError extends TallowError<'bad-source'> {}

export interface SavesDeps {
  readonly records: StoredRecords<SaveRecord>;
  readonly saved: StoredRecords<SavedRecord>;
  /** Origin of this extension: only its own blobs are saved. */
  readonly origin: string;
  readonly call: (call: OffscreenCall) => Promise<unknown>;
  /** A save ended: the document may be free to close. */
  readonly onEnd: () => void;
}

/**
 * Received files on their way into the downloads folder. Each is written down before its download
 * begins and found again by its blob URL or its download's id, whatever dies in between.
 */
export class Saves {
  readonly #deps: SavesDeps;
  readonly #starting = new Set<string>();
  readonly #finishing = new Set<string>();

  constructor(deps: SavesDeps) {
    this.#deps = deps;
  }

  get running(): boolean {
    return this.#deps.records.all.size > 0;
  }

  /** May be asked twice for the same file. @throws SaveError, PlatformError */
  async save(call: Extract<BackgroundCall, { type: 'save' }>): Promise<void> {
    const { transferId, fileId, url, path } = call;
    if (!url.startsWith(`blob:${this.#deps.origin}`)) throw new SaveError('bad-source');
    const key = keyOf(call);
    if (this.#starting.has(key)) return;
    this.#starting.add(key);
    try {
      const known = this.#deps.records.get(key);
      // Another URL: the document was made anew, and its earlier blob is gone with it.
      if (known?.url === url) {
        if (known.downloadId !== null) return await this.#look(known);
        const found = await findDownload(url);
        if (found !== undefined) return await this.#started(known, found);
      }
      const record: SaveRecord = { transferId, fileId, url, path, downloadId: null };
      await this.#deps.records.set(key, record);
      await this.#start(key, record);
    } finally {
      this.#starting.delete(key);
    }
  }

  /** A download's state changed; others' downloads are not ours to look at. */
  async changed(downloadId: number): Promise<void> {
    for (const record of this.#deps.records.all.values()) {
      if (record.downloadId === downloadId) await this.#look(record);
    }
  }

  /** After the worker's start, and now and then: whatever was missed is made up for. */
  async reconcile(): Promise<void> {
    for (const record of [...this.#deps.records.all.values()]) {
      if (this.#starting.has(keyOf(record))) continue;
      if (record.downloadId !== null) {
        await this.#look(record);
        continue;
      }
      const found = await findDownload(record.url);
      if (found !== undefined) await this.#started(record, found);
      // Never begun: the document asks again, or says itself that it failed.
      else await this.#end(record);
    }
  }

  async #start(key: string, record: SaveRecord): Promise<void> {
    let downloadId: number;
    try {
      downloadId = await startDownload(record.url, record.path);
    } catch (error) {
      await this.#deps.records.delete(key);
      this.#deps.onEnd();
      throw error;
    }
    await this.#started(record, downloadId);
  }

  async #started(record: SaveRecord, downloadId: number): Promise<void> {
    const started = { ...record, downloadId };
    await this.#deps.records.set(keyOf(record), started);
    // It may have ended before its id was known here.
    await this.#look(started);
  }

  async #look(record: SaveRecord): Promise<void> {
    if (record.downloadId === null) return;
    await this.#settle(record, record.downloadId, await downloadState(record.downloadId));
  }

  async #settle(record: SaveRecord, downloadId: number, now: DownloadState): Promise<void> {
    const key = keyOf(record);
    if (now.state === 'running' || this.#finishing.has(key)) return;
    this.#finishing.add(key);
    const { transferId, fileId } = record;
    try {
      if (now.state === 'complete') {
        if (!this.#deps.saved.get(transferId))
          await this.#deps.saved.set(transferId, { downloadId });
        await this.#deps.call({ type: 'save/done', transferId, fileId });
      } else {
        await this.#deps.call({ type: 'save/failed', transferId, fileId, code: now.code });
      }
      await this.#end(record);
    } finally {
      this.#finishing.delete(key);
    }
  }

  async #end(record: SaveRecord): Promise<void> {
    await this.#deps.records.delete(keyOf(record));
    this.#deps.onEnd();
  }
}

function keyOf({ transferId, fileId }: { transferId: string; fileId: number }): string {
  return `${transferId}:${fileId}`;
}
