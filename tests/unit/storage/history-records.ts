import type { HistoryRecord } from '../../../lib/storage/history-record.ts';

export const DESK = 'd'.repeat(64);
export const PHONE = 'e'.repeat(64);

export const idOf = (n: number): string => n.toString(16).padStart(32, '0');

/** The `n`th entry: it ended `n` seconds after the epoch. */
export function record(n: number, over: Partial<HistoryRecord> = {}): HistoryRecord {
  return {
    transferId: idOf(n),
    direction: 'in',
    state: 'saved',
    deviceId: DESK,
    deviceName: 'Desk',
    kind: 'files',
    title: `file-${n}.txt`,
    names: [`file-${n}.txt`],
    count: 1,
    totalBytes: 10,
    createdAt: n * 1000 - 1,
    endedAt: n * 1000,
    downloadId: n,
    ...over,
  } as HistoryRecord;
}
