import type { ReceiveFile } from './receive-file.ts';

/**
 * Records of verified files on their way to the store ([TR11]). Until one is there, a crash may
 * take its file: nobody is told that it is stored, and the transfer is not over.
 */
export class Recording {
  #count = 0;
  readonly #files = new Set<ReceiveFile>();
  #last: Promise<unknown> = Promise.resolve();

  get underWay(): boolean {
    return this.#count > 0;
  }

  /** Whether this one's is under way. */
  has(file: ReceiveFile): boolean {
    return this.#files.has(file);
  }

  /**
   * Resolves with the record, and when those that were begun before it are through as well.
   *
   * @param record whether it was written; never rejects
   * @param files whose it is
   */
  add(record: Promise<boolean>, files: readonly ReceiveFile[]): Promise<boolean> {
    this.#count++;
    for (const file of files) this.#files.add(file);
    const own = record.then((written) => {
      for (const file of files) this.#files.delete(file);
      return written;
    });
    const through = Promise.all([own, this.#last]).then(([written]) => {
      this.#count--;
      return written;
    });
    this.#last = through;
    return through;
  }

  /** Resolves when all that were begun so far are through, written or not. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
