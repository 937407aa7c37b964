import { setTimeout as pause } from 'node:timers/promises';

/** Between two looks at a condition: short against a handshake, long against the cost of a look. */
const LOOK_EVERY_MS = 40;
const DEFAULT_TIMEOUT_MS = 30_000;

export interface WaitOptions {
  readonly timeoutMs?: number;
  /** Said when the time is over, beside what was waited for: the last state seen. */
  readonly describe?: () => unknown;
}

/**
 * Waits until `look` gives something else than undefined, null or false, and gives that.
 * What `look` throws ends the wait at once: a broken probe must not read as "not yet".
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  { timeoutMs = DEFAULT_TIMEOUT_MS, describe }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    if (performance.now() > deadline) {
      const last = describe === undefined ? '' : `; last seen: ${JSON.stringify(describe())}`;
      throw new Error(`waited ${timeoutMs} ms for ${what}${last}`);
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** Bounds a promise that has no timeout of its own. */
export async function within<T>(what: string, timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${timeoutMs} ms for ${what}`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
