import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';
import { IDBFactory } from 'fake-indexeddb';
import { TransferRecords } from '../../../lib/files/transfer-records.ts';
import type { StoredFile, StoredTransfer } from '../../../lib/transfer/records.ts';

function transfer(transferId: string, files = 2): StoredTransfer {
  return {
    head: {
      transferId,
      deviceId: 'd'.repeat(64),
      kind: 'files',
      count: files,
      totalBytes: 10 * files,
      note: null,
      createdAt: 1,
      startedAt: null,
      firstByteAt: null,
      storedAt: null,
      direction: 'receive',
      state: { type: 'offered', expiresAt: 9 },
    },
    files: Array.from({ length: files }, (_, fileId): StoredFile => ({
      fileId,
      path: `f${fileId}`,
      safePath: `f${fileId}`,
      size: 10,
      mime: 'text/plain',
      modified: 0,
      state: 'waiting',
      root: null,
    })),
  };
}

const [A, B] = ['a'.repeat(32), 'b'.repeat(32)] as const;

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

describe('transfer records', () => {
  it('[TR12] what was created is listed by the next document, files in order', async () => {
    const records = new TransferRecords();
    await records.create(transfer(A, 12));
    await records.create(transfer(B));
    const listed = await new TransferRecords().list();
    expect(listed.map(({ head }) => head.transferId).sort()).toEqual([A, B]);
    expect(listed.find(({ head }) => head.transferId === A)).toEqual(transfer(A, 12));
  });

  it('replaces a head and a file, and ignores unknown ones', async () => {
    const records = new TransferRecords();
    const made = transfer(A);
    await records.create(made);
    await records.putHead({ ...made.head, direction: 'receive', state: { type: 'stored' } });
    const [, second] = made.files;
    if (!second) throw new Error('two files were made');
    await records.putFile(A, { ...second, state: 'saved' });
    await records.putHead(transfer(B).head);
    await records.putFile(B, second);
    const listed = await records.list();
    expect(listed).toHaveLength(1);
    expect(listed[0]?.head.state).toEqual({ type: 'stored' });
    expect(listed[0]?.files.map(({ state }) => state)).toEqual(['waiting', 'saved']);
  });

  it('removes a transfer with its files and no other', async () => {
    const records = new TransferRecords();
    await records.create(transfer(A));
    await records.create(transfer(B));
    await records.remove(A);
    expect((await records.list()).map(({ head }) => head.transferId)).toEqual([B]);
    expect((await records.list())[0]?.files).toHaveLength(2);
  });
});
