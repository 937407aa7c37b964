/** The engine's `TransferStore` in IndexedDB, one record a transfer and one a file. */
import { createStore, delMany, entries, get, keys, set, setMany, type UseStore } from 'idb-keyval';
import type { StoredFile, StoredTransfer, TransferHead } from '../transfer/records.ts';
import type { TransferStore } from '../transfer/ports.ts';

/** Raised with the shape of the records; older databases are then migrated before use. */
const DATABASE = 'tallow-transfers-v1';

const headKey = (transferId: string) => `head:${transferId}`;
const fileKey = (transferId: string, fileId: number) => `file:${transferId}:${fileId}`;

export class TransferRecords implements TransferStore {
  readonly #store: UseStore = createStore(DATABASE, 'transfers');

  async list(): Promise<readonly StoredTransfer[]> {
    const heads: TransferHead[] = [];
    const files = new Map<string, StoredFile[]>();
    for (const [key, value] of await entries<string, unknown>(this.#store)) {
      const [kind, transferId = ''] = key.split(':');
      if (kind === 'head') heads.push(value as TransferHead);
      else {
        const known = files.get(transferId);
        if (known) known.push(value as StoredFile);
        else files.set(transferId, [value as StoredFile]);
      }
    }
    return heads.map((head) => ({
      head,
      files: (files.get(head.transferId) ?? []).sort((a, b) => a.fileId - b.fileId),
    }));
  }

  async create({ head, files }: StoredTransfer): Promise<void> {
    await setMany(
      [
        [headKey(head.transferId), head],
        ...files.map((file): [string, StoredFile] => [fileKey(head.transferId, file.fileId), file]),
      ],
      this.#store,
    );
  }

  async putHead(head: TransferHead): Promise<void> {
    if ((await get(headKey(head.transferId), this.#store)) === undefined) return;
    await set(headKey(head.transferId), head, this.#store);
  }

  async putFile(transferId: string, file: StoredFile): Promise<void> {
    if ((await get(fileKey(transferId, file.fileId), this.#store)) === undefined) return;
    await set(fileKey(transferId, file.fileId), file, this.#store);
  }

  async remove(transferId: string): Promise<void> {
    const all = await keys<string>(this.#store);
    const own = all.filter((key) => key.split(':')[1] === transferId);
    await delMany(own, this.#store);
  }
}
