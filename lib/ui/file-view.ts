/** How the files of a transfer are shown, one by one. */
import type { FileView, TransferView } from '../messaging/snapshot.ts';
import { formatBytes } from './format.ts';
import { hasEnded, shareOf } from './transfer-view.ts';
import * as text from './text.ts';

const DONE: ReadonlySet<FileView['state']> = new Set(['delivered', 'stored', 'saving', 'saved']);

export function fileProgress({ state, doneBytes, size }: FileView): number {
  return DONE.has(state) ? 1 : shareOf(doneBytes, size);
}

/** Begun and not over: only then a bar says more than the words. */
export function isMoving({ state, doneBytes }: FileView): boolean {
  return state === 'transferring' || state === 'verifying' || (state === 'paused' && doneBytes > 0);
}

/** `Transferring`, and why where it did not go; `Paused by Desktop` where only this file is. */
export function fileStateText({ state, pausedBy, alreadyThere }: FileView, name: string): string {
  if (alreadyThere) return text.fileThere;
  if (state === 'paused' && pausedBy !== undefined) return text.paused(pausedBy, name);
  return text.fileStates[state];
}

export function fileReasonText({ state, reason }: FileView, transfer: TransferView): string {
  if (reason === undefined || (state !== 'failed' && state !== 'needs-you')) return '';
  return text.failureText(reason, transfer);
}

/** `3 MiB of 12 MiB` once it has begun. */
export function fileAmount({ state, doneBytes, size }: FileView): string {
  const total = formatBytes(size);
  const begun = doneBytes > 0 && doneBytes < size && !DONE.has(state);
  return begun ? text.transfers.of(formatBytes(doneBytes), total) : total;
}

/** Files that are not listed although they are not over: `and 1,950 more`. */
export function unlistedFiles(transfer: TransferView): number {
  const { count, files = [], doneFiles = 0 } = transfer;
  if (hasEnded(transfer)) return 0;
  const listedDone = files.filter(({ state }) => DONE.has(state)).length;
  return Math.max(0, count - files.length - Math.max(0, doneFiles - listedDone));
}
