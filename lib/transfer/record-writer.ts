import type { TransferStore } from './ports.ts';
import type { StoredFile, StoredHead, StoredTransfer } from './records.ts';

/** Writes one transfer's record, one step after the other, so that an older state never wins. */
export class RecordWriter {
  readonly #store: TransferStore;
  #last: Promise<void> = Promise.resolve();
  #pending: StoredHead | null = null;

  constructor(store: TransferStore) {
    this.#store = store;
  }

  create(transfer: StoredTransfer): Promise<void> {
    return this.#then(() => this.#store.create(transfer));
  }

  /** Coalesced: of several heads that wait for the store only the newest is written. */
  head(head: StoredHead): Promise<void> {
    const waits = this.#pending !== null;
    this.#pending = head;
    if (waits) return this.#last;
    return this.#then(async () => {
      const newest = this.#pending;
      this.#pending = null;
      if (newest !== null) await this.#store.putHead(newest);
    });
  }

  /** Resolves when this very head, or a newer one, is written. */
  surely(head: StoredHead): Promise<void> {
    return this.#then(() => this.#store.putHead(head));
  }

  file(transferId: string, file: StoredFile): Promise<void> {
    return this.#then(() => this.#store.putFile(transferId, file));
  }

  files(transferId: string, files: readonly StoredFile[]): Promise<void> {
    return this.#then(() => this.#store.putFiles(transferId, files));
  }

  remove(transferId: string): Promise<void> {
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
