/** The engine's `TransferStore` in IndexedDB, one record a transfer and one a file. */
import { createStore, entries, promisifyRequest, type UseStore } from 'idb-keyval';
import type { StoredFile, StoredTransfer, TransferHead } from '../transfer/records.ts';
import type { TransferStore } from '../transfer/ports.ts';

/** Raised with the shape of the records; older databases are then migrated before use. */
const DATABASE = 'tallow-transfers-v1';

const headKey = (transferId: string) => `head:${transferId}`;
const fileKey = (transferId: string, fileId: number) => `file:${transferId}:${fileId}`;

/** All files of one transfer: `;` is the character after `:`. */
const filesOf = (transferId: string) =>
  IDBKeyRange.bound(`file:${transferId}:`, `file:${transferId};`, false, true);

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

  /** Files of one transfer, in any order. */
  async files(transferId: string): Promise<readonly StoredFile[]> {
    return this.#store('readonly', async (store) => {
      const found: unknown[] = await promisifyRequest(store.getAll(filesOf(transferId)));
      return found as StoredFile[];
    });
  }

  async create({ head, files }: StoredTransfer): Promise<void> {
    await this.#write((store) => {
      store.put(head, headKey(head.transferId));
      for (const file of files) store.put(file, fileKey(head.transferId, file.fileId));
    });
  }

  async putHead(head: TransferHead): Promise<void> {
    const key = headKey(head.transferId);
    await this.#writeIfKnown(key, (store) => store.put(head, key));
  }

  async putFile(transferId: string, file: StoredFile): Promise<void> {
    const key = fileKey(transferId, file.fileId);
    await this.#writeIfKnown(key, (store) => store.put(file, key));
  }

  async putFiles(transferId: string, files: readonly StoredFile[]): Promise<void> {
    await this.#writeIfKnown(headKey(transferId), (store) => {
      for (const file of files) store.put(file, fileKey(transferId, file.fileId));
    });
  }

  async remove(transferId: string): Promise<void> {
    await this.#write((store) => {
      store.delete(headKey(transferId));
      store.delete(filesOf(transferId));
    });
  }

  #write(work: (store: IDBObjectStore) => void): Promise<void> {
    return this.#store('readwrite', (store) => {
      work(store);
      return promisifyRequest(store.transaction);
    });
  }

  /** Looks and writes in one transaction: what is removed meanwhile does not come back. */
  #writeIfKnown(key: string, work: (store: IDBObjectStore) => void): Promise<void> {
    return this.#write((store) => {
      const known = store.getKey(key);
      known.onsuccess = () => {
        if (known.result !== undefined) work(store);
      };
    });
  }
}
