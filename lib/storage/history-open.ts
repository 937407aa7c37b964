import { openDB, type IDBPDatabase } from 'idb';
import { StorageError } from './errors.ts';
import { HISTORY_STEPS, type HistoryStep } from './history-steps.ts';
import { HistoryStore, type HistoryDatabase } from './history-store.ts';

const DATABASE = 'tallow-history';

export interface OpenHistoryOptions {
  readonly name?: string;
  readonly steps?: readonly HistoryStep[];
}

/**
 * Opens the history, bringing it to the present version first. Nothing is lost when that fails: the
 * upgrade is one transaction, and the database stays as it was.
 *
 * @throws StorageError `migration-failed`, `newer-version`, `storage-unavailable`
 */
export async function openHistory({
  name = DATABASE,
  steps = HISTORY_STEPS,
}: OpenHistoryOptions = {}): Promise<HistoryStore> {
  let failure: { readonly cause: unknown } | undefined;
  let opened: IDBPDatabase<HistoryDatabase> | undefined;
  try {
    opened = await openDB<HistoryDatabase>(name, steps.length, {
      upgrade(database, from, _to, transaction) {
        // Its failure is that of opening.
        transaction.done.catch(() => undefined);
        const upgrade = {
          database: untyped<'database'>(database),
          transaction: untyped<'transaction'>(transaction),
        };
        // A step that fails later than in this event's own task would else be written half done.
        runSteps(steps.slice(from), upgrade).catch((cause: unknown) => {
          failure = { cause };
          abort(transaction);
        });
      },
      // A newer build in another context wants to upgrade: it must not wait for this one.
      blocking: () => opened?.close(),
    });
    return new HistoryStore(opened);
  } catch (cause) {
    if (failure) throw new StorageError('migration-failed', undefined, { cause: failure.cause });
    const newer = cause instanceof Error && cause.name === 'VersionError';
    throw new StorageError(newer ? 'newer-version' : 'storage-unavailable', undefined, { cause });
  }
}

type Upgrade = Parameters<HistoryStep>[0];

/** A step knows the shape of its own time, not that of today. */
function untyped<T extends keyof Upgrade>(typed: unknown): Upgrade[T] {
  return typed as Upgrade[T];
}

async function runSteps(steps: readonly HistoryStep[], upgrade: Upgrade): Promise<void> {
  for (const step of steps) await step(upgrade);
}

function abort(transaction: { abort(): void }): void {
  try {
    transaction.abort();
  } catch {
    // Aborted already, by the request that failed.
  }
}
