import type { TransferStore } from './ports.ts';
import type { StoredFile, StoredHead, StoredTransfer } from './records.ts';

/** Writes one transfer's record, one step after the other, so that an older state never wins. */
export class RecordWriter {
  readonly #store: TransferStore;
  #last: Promise<void> = Promise.resolve();
  /** The head that waits for the store and may still become a newer one. */
  #pending: { head: StoredHead } | null = null;
  #files: { readonly files: Map<number, StoredFile>; readonly written: Promise<void> } | null =
    null;

  constructor(store: TransferStore) {
    this.#store = store;
  }

  create(transfer: StoredTransfer): Promise<void> {
    // What is changed from now on is written after it, not with what waits before it.
    this.#files = null;
    return this.#then(() => this.#store.create(transfer));
  }

  /** Coalesced: of several heads that wait for the store only the newest is written. */
  head(head: StoredHead): Promise<void> {
    if (this.#pending !== null) {
      this.#pending.head = head;
      return this.#last;
    }
    const pending = { head };
    this.#pending = pending;
    return this.#then(async () => {
      if (this.#pending === pending) this.#pending = null;
      await this.#store.putHead(pending.head);
    });
  }

  /** Resolves when the head as it is then is written: nothing older comes after it. */
  surely(head: () => StoredHead): Promise<void> {
    return this.#then(() => this.#store.putHead(head()));
  }

  file(transferId: string, file: StoredFile): Promise<void> {
    return this.files(transferId, [file]);
  }

  /** Coalesced: files that wait for the store go in one step, the newest of each. */
  files(transferId: string, files: readonly StoredFile[]): Promise<void> {
    const waits = this.#files;
    if (waits !== null) {
      for (const file of files) waits.files.set(file.fileId, file);
      return waits.written;
    }
    // A head that is told from now on may count on these: it must not be written before them.
    this.#pending = null;
    const pending = new Map(files.map((file) => [file.fileId, file]));
    const written = this.#then(async () => {
      this.#files = null;
      await this.#store.putFiles(transferId, [...pending.values()]);
    });
    this.#files = { files: pending, written };
    return written;
  }

  remove(transferId: string): Promise<void> {
    this.#files = null;
    return this.#then(() => this.#store.remove(transferId));
  }

  /** Resolves when everything asked for so far was tried. */
  async idle(): Promise<void> {
    await this.#last;
  }

  #then(step: () => Promise<void>): Promise<void> {
    const result = this.#last.then(step);
    // A failed write is told to whoever waits for it; the next one is tried all the same.
    this.#last = result.catch(() => undefined);
    return result;
  }
}
