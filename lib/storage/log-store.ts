import * as v from 'valibot';
import { logEntrySchema, type LogEntry } from '../log/entry.ts';
import type { StoredLabels } from '../log/labels.ts';
import type { StorageArea } from './area.ts';

const KEY = 'debug-log';

const storedSchema = v.object({
  entries: v.array(logEntrySchema),
  labels: v.object({
    next: v.record(v.string(), v.number()),
    known: v.array(v.tuple([v.string(), v.string()])),
  }),
});

export interface StoredLog {
  readonly entries: readonly LogEntry[];
  readonly labels: StoredLabels;
}

/** The debug log in `storage.session`: it outlives workers and ends with the browser ([LG1]). */
export class LogStore {
  readonly #area: StorageArea;
  /** What an earlier worker kept; undefined where there is nothing that fits. */
  readonly kept: StoredLog | undefined;

  private constructor(area: StorageArea, kept: StoredLog | undefined) {
    this.#area = area;
    this.kept = kept;
  }

  static async open(area: StorageArea): Promise<LogStore> {
    const stored = v.safeParse(storedSchema, (await area.get(KEY))[KEY]);
    return new LogStore(area, stored.success ? stored.output : undefined);
  }

  async write(log: StoredLog): Promise<void> {
    await this.#area.set({ [KEY]: log });
  }

  async clear(): Promise<void> {
    await this.#area.remove(KEY);
  }
}
