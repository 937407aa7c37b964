import { SNAPSHOT_FILES } from './constants.ts';
import { senderNextStep } from './failures.ts';
import type { StoredTransfer, TransferHead, TransferSnapshot } from './records.ts';
import { moveSend, sendEnded } from './states.ts';

/**
 * The head of something sent in an earlier life of this document. Its sources died with that, so
 * whatever was not over has failed.
 */
export function pastHead(head: TransferHead & { direction: 'send' }): TransferHead {
  const from = head.state;
  if (sendEnded(from)) return head;
  const reason = 'interrupted';
  return {
    ...head,
    state: moveSend(from, { type: 'failed', reason, nextStep: senderNextStep(reason) }),
  };
}

export function pastSnapshot({ head, files }: StoredTransfer): TransferSnapshot {
  const delivered = files.filter((file) => file.state === 'delivered');
  const shown = files.slice(0, SNAPSHOT_FILES).map((file) => {
    const done = file.state === 'delivered';
    return {
      fileId: file.fileId,
      path: file.safePath,
      size: file.size,
      doneBytes: done ? file.size : 0,
      state: done ? ('delivered' as const) : ('failed' as const),
    };
  });
  return {
    ...head,
    doneBytes: delivered.reduce((sum, file) => sum + file.size, 0),
    doneFiles: delivered.length,
    files: shown,
  };
}
