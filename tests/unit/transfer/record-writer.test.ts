import { expect, it } from 'vitest';
import { RecordWriter } from '../../../lib/transfer/record-writer.ts';
import type { StoredFile, StoredHead } from '../../../lib/transfer/records.ts';
import { MemoryTransferStore } from './memory-stores.ts';

const ID = '0f'.repeat(16);

const head = (doneFiles: number): StoredHead => ({
  transferId: ID,
  deviceId: 'd',
  direction: 'receive',
  kind: 'files',
  count: 1,
  totalBytes: 5,
  note: null,
  createdAt: 1,
  startedAt: null,
  firstByteAt: null,
  storedAt: null,
  endedAt: null,
  doneBytes: 0,
  doneFiles,
  wireBytes: 0,
  pausedByMe: false,
  state: { type: 'transferring' },
});
const file = (state: StoredFile['state']): StoredFile => ({
  fileId: 0,
  path: 'a',
  safePath: 'a',
  size: 5,
  mime: '',
  modified: 0,
  state,
  root: null,
});

it('[TR12] a head that counts on a file is never written before that file', async () => {
  const steps: string[] = [];
  class Watched extends MemoryTransferStore {
    override putHead(...[written]: Parameters<MemoryTransferStore['putHead']>): Promise<void> {
      steps.push(`head ${written.doneFiles}`);
      return super.putHead(written);
    }

    override putFiles(...[id, files]: Parameters<MemoryTransferStore['putFiles']>): Promise<void> {
      steps.push(`file ${files[0]?.state}`);
      return super.putFiles(id, files);
    }
  }
  const writer = new RecordWriter(new Watched());
  const writes = [
    writer.create({ head: head(0), files: [file('transferring')] }),
    writer.head(head(0)),
    writer.files(ID, [file('stored')]),
    writer.head(head(1)),
    writer.head(head(1)),
  ];
  await Promise.all(writes);
  expect(steps).toEqual(['head 0', 'file stored', 'head 1']);
});
