import { expect, it } from 'vitest';
import { HISTORY_FILES } from '../../../lib/transfer/constants.ts';
import { pastSnapshot } from '../../../lib/transfer/past.ts';
import type { StoredFile, StoredTransfer } from '../../../lib/transfer/records.ts';

const file = (fileId: number, state: StoredFile['state']): StoredFile => ({
  fileId,
  path: `${fileId}.txt`,
  safePath: `${fileId}.txt`,
  size: 5,
  mime: 'text/plain',
  modified: 0,
  state,
  root: null,
});

it('[TR20] of many files that are over those that did not come through are told, the title is the first’s', () => {
  const files = Array.from({ length: 2_000 }, (_, fileId) =>
    file(fileId, fileId === 1_999 ? 'failed' : fileId === 1_500 ? 'cancelled' : 'delivered'),
  );
  const head = {
    transferId: 'a'.repeat(32),
    deviceId: 'd'.repeat(64),
    direction: 'send',
    state: { type: 'failed', reason: 'source-unreadable', nextStep: 'choose-file-again' },
  } as StoredTransfer['head'];
  const snapshot = pastSnapshot({ head, files });
  expect(snapshot.files).toHaveLength(HISTORY_FILES);
  expect(snapshot.files.slice(0, 2)).toMatchObject([
    { fileId: 1_500, state: 'cancelled' },
    { fileId: 1_999, state: 'failed' },
  ]);
  expect(snapshot.title).toBe('0.txt');
});
