import { HISTORY_FILES } from './constants.ts';
import { senderNextStep } from './failures.ts';
import type { StoredFile, StoredTransfer, TransferHead, TransferSnapshot } from './records.ts';
import { ended, moveSend, sendEnded } from './states.ts';

/** Heads written before these members were: what is missing is worked out once, at the start. */
type OlderHead = Omit<TransferHead, 'endedAt' | 'doneBytes' | 'doneFiles'> &
  Partial<Pick<TransferHead, 'endedAt' | 'doneBytes' | 'doneFiles'>>;

/** Fills in what an older record does not have. */
export function completeHead({ head, files }: StoredTransfer): TransferHead {
  const older: OlderHead = head;
  const done = files.filter(isDone);
  const { doneBytes = sum(done), doneFiles = done.length } = older;
  const endedAt = older.endedAt ?? (ended(head.state) ? (head.storedAt ?? head.createdAt) : null);
  return { ...head, doneBytes, doneFiles, endedAt };
}

/**
 * The head of something sent in an earlier life of this document. Its sources died with that, so
 * whatever was not over has failed.
 */
export function pastHead(
  head: TransferHead & { direction: 'send' },
  files: readonly StoredFile[],
  now: number,
): TransferHead {
  const from = head.state;
  if (sendEnded(from)) return head;
  const reason = 'interrupted';
  const done = files.filter(isDone);
  return {
    ...head,
    doneBytes: sum(done),
    doneFiles: done.length,
    endedAt: now,
    state: moveSend(from, { type: 'failed', reason, nextStep: senderNextStep(reason) }),
  };
}

/** Whether the receiver still holds the only copy of a file here. */
export function holdsBytes({ files }: StoredTransfer): boolean {
  return files.some(({ state }) => isDone({ state }) && state !== 'saved' && state !== 'delivered');
}

export function pastSnapshot({ head, files }: StoredTransfer): TransferSnapshot {
  const shown = files.slice(0, HISTORY_FILES).map((file) => {
    const done = isDone(file);
    return {
      fileId: file.fileId,
      path: file.safePath,
      size: file.size,
      doneBytes: done ? file.size : 0,
      state: done ? file.state : ('failed' as const),
    };
  });
  return { ...head, files: shown };
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
