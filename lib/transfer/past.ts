import { HISTORY_FILES } from './constants.ts';
import type {
  StoredFile,
  StoredHead,
  StoredTransfer,
  TransferHead,
  TransferSnapshot,
} from './records.ts';
import { ended } from './states.ts';

type Added = 'endedAt' | 'doneBytes' | 'doneFiles' | 'wireBytes' | 'pausedByMe';
/** Heads written before these members were: what is missing is worked out once, at the start. */
type OlderHead = Omit<TransferHead, Added> & Partial<Pick<TransferHead, Added>>;

/** Fills in what an older record does not have. */
export function completeHead({ head, files }: StoredTransfer): StoredHead {
  const older: OlderHead = head;
  const done = files.filter(isDone);
  const { doneBytes = sum(done), doneFiles = done.length } = older;
  const { wireBytes = doneBytes, pausedByMe = false } = older;
  const endedAt = older.endedAt ?? (ended(head.state) ? (head.storedAt ?? head.createdAt) : null);
  return { ...head, doneBytes, doneFiles, wireBytes, pausedByMe, endedAt };
}

/** Whether nobody will want its sources again. */
export function isDoneFor({ head, files }: StoredTransfer): boolean {
  if (head.direction !== 'send') return false;
  if (head.state.type === 'cancelled') return true;
  if (head.state.type !== 'delivered') return false;
  return files.every(({ alreadyThere }) => alreadyThere !== true);
}

/** Whether the receiver still holds the only copy of a file here. */
export function holdsBytes({ files }: StoredTransfer): boolean {
  return files.some(({ state }) => isDone({ state }) && state !== 'saved' && state !== 'delivered');
}

export function pastSnapshot(stored: StoredTransfer): TransferSnapshot {
  const { files } = stored;
  const { lock: _lock, ...head } = stored.head;
  const current = files.filter(({ state }) => state !== 'replaced');
  const alreadyThere = current.filter((file) => file.alreadyThere).length;
  const title = current[0]?.safePath;
  // Where not all can be told, those that did not come through are.
  const told = [...current.filter((file) => !isDone(file)), ...current.filter(isDone)];
  const shown = told.slice(0, HISTORY_FILES).map((file) => {
    const done = isDone(file);
    return {
      fileId: file.fileId,
      path: file.safePath,
      size: file.size,
      doneBytes: done ? file.size : 0,
      state: done || file.state === 'cancelled' ? file.state : ('failed' as const),
      ...(file.reason !== undefined && { reason: file.reason }),
      ...(file.alreadyThere && { alreadyThere: true as const }),
    };
  });
  return {
    ...(title !== undefined && { title }),
    ...head,
    files: shown,
    ...(alreadyThere > 0 && { alreadyThere }),
  };
}

function isDone({ state }: Pick<StoredFile, 'state'>): boolean {
  switch (state) {
    case 'delivered':
    case 'stored':
    case 'saving':
    case 'saved':
    case 'needs-you':
      return true;
    default:
      return false;
  }
}

function sum(files: readonly StoredFile[]): number {
  return files.reduce((bytes, file) => bytes + file.size, 0);
}
