import type { Log, LogEntry } from '../../lib/log/entry.ts';
import { createLogger } from '../../lib/log/logger.ts';
import { callBackground } from '../../lib/messaging/rpc.ts';

/** Lines go to background together: one message wakes it, not one for each line. */
const BATCH_MS = 1_000;
const BATCH_LINES = 50;
/** Kept while background does not answer; the oldest go first. */
const MAX_PENDING = 500;

export interface OffscreenLog {
  readonly log: Log;
  /** Off until told otherwise; switching it off drops what was not handed over yet. */
  setEnabled(on: boolean): void;
  /** Hands over what is there, e.g. before the document is closed. */
  flush(): Promise<void>;
}

/** The document's side of the debug log: it keeps nothing, background has the lines and the labels. */
export function createOffscreenLog(
  send: (entries: LogEntry[]) => Promise<unknown> = (entries) =>
    callBackground({ type: 'log', entries }),
): OffscreenLog {
  let enabled = false;
  let pending: LogEntry[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length === 0) return;
    const entries = pending;
    pending = [];
    try {
      await send(entries);
    } catch {
      // It died or is starting: they go with the next batch.
      if (enabled) pending = [...entries, ...pending].slice(-MAX_PENDING);
    }
  };
  const add = (entry: LogEntry): void => {
    pending.push(entry);
    if (pending.length > MAX_PENDING) pending.shift();
    if (pending.length === BATCH_LINES) void flush();
    else timer ??= setTimeout(() => void flush(), BATCH_MS);
  };

  return {
    log: createLogger({ enabled: () => enabled, now: Date.now, sink: add }),
    setEnabled(on) {
      enabled = on;
      if (on) return;
      clearTimeout(timer);
      timer = undefined;
      pending = [];
    },
    flush,
  };
}
