import { TallowError } from '../errors/index.ts';

export type StorageErrorCode =
  /** A migration threw or gave records that do not fit; the old data is untouched and backed up. */
  | 'migration-failed'
  /** The data was written by a later build of the extension; it is not touched. */
  | 'newer-version'
  /** The browser refused to read or write: disk full, profile damaged. */
  | 'storage-unavailable';

export class StorageError extends TallowError<StorageErrorCode> {}
