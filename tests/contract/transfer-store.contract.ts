import { describe, expect, it } from 'vitest';
import type { TransferStore } from '../../lib/transfer/ports.ts';
import type { StoredFile, StoredTransfer } from '../../lib/transfer/records.ts';

/** @param make an empty store each time, and another view of the same data, as after a restart */
export function transferStoreContract(
  name: string,
  make: () => Promise<{ store: TransferStore; reopen: () => Promise<TransferStore> }>,
): void {
  const file = (fileId: number): StoredFile => ({
    fileId,
    path: `a/${fileId}`,
    safePath: `a/${fileId}`,
    size: 5,
    mime: '',
    modified: 0,
    state: 'waiting',
    root: null,
  });
  const transfer = (transferId: string): StoredTransfer => ({
    head: {
      transferId,
      deviceId: 'd1',
      direction: 'receive',
      kind: 'files',
      count: 2,
      totalBytes: 10,
      note: null,
      createdAt: 1,
      startedAt: null,
      firstByteAt: null,
      storedAt: null,
      endedAt: null,
      doneBytes: 0,
      doneFiles: 0,
      wireBytes: 0,
      pausedByMe: false,
      state: { type: 'offered', expiresAt: 2 },
    },
    files: [file(0), file(1)],
  });
  const [A, B] = ['0f'.repeat(16), 'a1'.repeat(16)];

  async function sorted(store: TransferStore): Promise<StoredTransfer[]> {
    const all = await store.list();
    return all
      .map(({ head, files }) => ({ head, files: [...files].sort((x, y) => x.fileId - y.fileId) }))
      .sort((x, y) => (x.head.transferId < y.head.transferId ? -1 : 1));
  }

  describe(`TransferStore: ${name}`, () => {
    it('[TR12] what it has written outlives it', async () => {
      const { store, reopen } = await make();
      expect(await store.list()).toEqual([]);
      await store.create(transfer(A));
      await store.create(transfer(B));
      expect(await sorted(await reopen())).toEqual([transfer(A), transfer(B)]);
    });

    it('replaces heads and files one by one', async () => {
      const { store, reopen } = await make();
      await store.create(transfer(A));
      const head = { ...transfer(A).head, state: { type: 'stored' } } as const;
      await store.putHead({ ...head, direction: 'receive' });
      const stored: StoredFile = { ...file(1), state: 'stored', root: '00'.repeat(32) };
      await store.putFile(A, stored);
      expect(await sorted(await reopen())).toEqual([{ head, files: [file(0), stored] }]);
    });

    it('adds and replaces many files in one step', async () => {
      const { store, reopen } = await make();
      await store.create(transfer(A));
      const stored: StoredFile = { ...file(1), state: 'stored', root: '00'.repeat(32) };
      await store.putFiles(A, [stored, file(2), file(65_534)]);
      await store.putFiles(A, []);
      const files = [file(0), stored, file(2), file(65_534)];
      expect(await sorted(await reopen())).toEqual([{ head: transfer(A).head, files }]);
    });

    it('ignores heads and files of what it does not hold', async () => {
      const { store, reopen } = await make();
      await store.putHead(transfer(A).head);
      await store.putFile(A, file(0));
      await store.putFiles(A, [file(0)]);
      expect(await (await reopen()).list()).toEqual([]);
    });

    it('removes a transfer with its files, and nothing else', async () => {
      const { store, reopen } = await make();
      await store.create(transfer(A));
      await store.create(transfer(B));
      await store.putFiles(A, [file(2), file(10)]);
      await store.remove(A);
      await store.remove(A);
      expect(await sorted(await reopen())).toEqual([transfer(B)]);
      // Files that stayed behind would show under the same id.
      await store.create({ ...transfer(A), files: [] });
      expect(await sorted(await reopen())).toEqual([{ ...transfer(A), files: [] }, transfer(B)]);
    });
  });
}
