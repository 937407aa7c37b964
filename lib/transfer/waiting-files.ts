import type { SendFile } from './send-file.ts';

/** Files of one transfer in the order of their ids, those that wait being taken one by one. */
export class WaitingFiles {
  readonly #files: SendFile[];
  /** No file before this one waits. */
  #cursor = 0;

  constructor(files: readonly SendFile[]) {
    this.#files = [...files];
  }

  add(file: SendFile): void {
    this.#files.push(file);
  }

  /** The next that waits, or null. */
  peek(): SendFile | null {
    for (let file = this.#files[this.#cursor]; file !== undefined;) {
      if (file.waits) return file;
      file = this.#files[++this.#cursor];
    }
    return null;
  }

  /** The one that `peek` answered is begun. */
  take(): void {
    this.#cursor++;
  }

  /** One before the cursor may wait again. */
  rewind(): void {
    this.#cursor = 0;
  }
}
