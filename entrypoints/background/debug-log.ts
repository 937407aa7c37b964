import type { Log, LogEntry } from '../../lib/log/entry.ts';
import { Labels } from '../../lib/log/labels.ts';
import { createLogger, labelEntry } from '../../lib/log/logger.ts';
import { MAX_LOG_ENTRIES, Ring } from '../../lib/log/ring.ts';
import type { LogStore } from '../../lib/storage/log-store.ts';

/** At most this often the lines are written down: a worker that dies may lose the last second. */
const WRITE_MS = 1_000;

export interface DebugLogDeps {
  readonly store: LogStore;
  readonly enabled: () => boolean;
  readonly now: () => number;
}

/** The one ring of lines and the one numbering of ids, of background and of the document ([LG1]). */
export class DebugLog {
  readonly log: Log;
  readonly #deps: DebugLogDeps;
  readonly #ring = new Ring<LogEntry>(MAX_LOG_ENTRIES);
  #labels: Labels;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** One write after the other: an older one must not overtake the clearing. */
  #writing: Promise<void> = Promise.resolve();

  constructor(deps: DebugLogDeps) {
    const { store, enabled, now } = deps;
    this.#deps = deps;
    // Switched off by a worker that died before it had emptied it.
    const kept = enabled() ? store.kept : undefined;
    if (store.kept && !kept) this.#after(() => store.clear()).catch(() => undefined);
    this.#labels = new Labels(kept?.labels);
    for (const entry of kept?.entries ?? []) this.#ring.push(entry);
    this.log = createLogger({ enabled, now, sink: (entry) => this.#add(entry) });
  }

  /** Lines of the document; those that come after the log was switched off are dropped. */
  receive(entries: readonly LogEntry[]): void {
    if (!this.#deps.enabled()) return;
    for (const entry of entries) this.#add(entry);
  }

  /** In the order of their times: the document's come in batches. */
  get entries(): LogEntry[] {
    return this.#ring.items.sort((a, b) => a.at - b.at);
  }

  async clear(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#ring.clear();
    this.#labels = new Labels();
    await this.#after(() => this.#deps.store.clear());
  }

  #add(entry: LogEntry): void {
    this.#ring.push(labelEntry(entry, (kind, id) => this.#labels.of(kind, id)));
    this.#timer ??= setTimeout(() => this.#write(), WRITE_MS);
  }

  #write(): void {
    this.#timer = undefined;
    const log = { entries: this.#ring.items, labels: this.#labels.stored };
    // A store that is full costs lines, nothing else.
    this.#after(() => this.#deps.store.write(log)).catch(() => undefined);
  }

  #after(work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => undefined);
    return done;
  }
}
