/**
 * Opens the versioned data in an extension's storage area, migrating it first where it is older.
 *
 * Nothing is ever lost: before a migration, and when a record does not fit its schema, the data as it
 * was stays under a `backup:` key. Failures are loud: a failed migration throws, a single record that
 * does not fit is set aside and named in `setAside`, so that a person can be told.
 */
import type { StorageArea } from './area.ts';
import { StorageError } from './errors.ts';
import { migrate, MIGRATIONS, SCHEMA_VERSION, type MigrationStep } from './migrations.ts';

const VERSION_KEY = 'schema';
const BACKUP_PREFIX = 'backup:';

export interface OpenOptions {
  readonly version?: number;
  readonly migrations?: readonly MigrationStep[];
  /** Throws when migrated data does not fit. Data of the present version is checked record-wise. */
  readonly check?: (data: Readonly<Record<string, unknown>>) => void;
}

/** @returns all stored data in the present shape. @throws StorageError */
export async function openData(
  area: StorageArea,
  { version = SCHEMA_VERSION, migrations = MIGRATIONS, check = () => {} }: OpenOptions = {},
): Promise<Record<string, unknown>> {
  const all = await guarded(() => area.get(null));
  const data = Object.fromEntries(
    Object.entries(all).filter(([key]) => key !== VERSION_KEY && !key.startsWith(BACKUP_PREFIX)),
  );
  const stored = all[VERSION_KEY];
  if (stored === version) return data;
  if (stored === undefined && Object.keys(data).length === 0) {
    await guarded(() => area.set({ [VERSION_KEY]: version }));
    return data;
  }
  if (typeof stored === 'number' && stored > version) throw new StorageError('newer-version');

  await guarded(() => area.set({ [`${BACKUP_PREFIX}v${String(stored)}`]: data }));
  let migrated: Record<string, unknown>;
  try {
    if (typeof stored !== 'number') throw new Error('data without a version');
    migrated = { ...migrate(data, stored, version, migrations) };
    check(migrated);
  } catch (cause) {
    throw new StorageError('migration-failed', undefined, { cause });
  }
  // One call, so that a death in between leaves either the old shape or the new one.
  await guarded(() => area.set({ ...migrated, [VERSION_KEY]: version }));
  const dropped = Object.keys(data).filter((key) => !(key in migrated));
  if (dropped.length > 0) await guarded(() => area.remove(dropped));
  await guarded(() => area.remove(`${BACKUP_PREFIX}v${stored}`));
  return migrated;
}

/** Keeps what does not fit under a backup key of its own; never over an earlier one. */
export async function setAside(area: StorageArea, key: string, value: unknown): Promise<void> {
  const existing = await guarded(() => area.get(null));
  let backup = `${BACKUP_PREFIX}${key}`;
  for (let n = 2; backup in existing; n += 1) backup = `${BACKUP_PREFIX}${key}:${n}`;
  await guarded(() => area.set({ [backup]: value }));
}

/** @throws StorageError `storage-unavailable` for whatever the browser throws. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new StorageError('storage-unavailable', undefined, { cause });
  }
}
