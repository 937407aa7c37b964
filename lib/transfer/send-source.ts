import type { Bytes } from '../crypto/bytes.ts';
import type { OfferedItem } from '../protocol/messages.ts';
import { SourceError } from './errors.ts';
import type { FileRef, Source, SourceStore } from './ports.ts';

/** The source of one outgoing file: handed over with it, or found again when it is needed. */
export class SendSource {
  readonly #store: SourceStore;
  readonly #file: FileRef;
  readonly #item: () => OfferedItem;
  #source: Source | null;
  #opening: Promise<Source> | null = null;
  /** Raised when it is let go of: what is being opened then is of no use. */
  #life = 0;

  constructor(store: SourceStore, file: FileRef, item: () => OfferedItem, source: Source | null) {
    this.#store = store;
    this.#file = file;
    this.#item = item;
    this.#source = source;
  }

  /** Whether `get` answers at once. */
  get readable(): boolean {
    return this.#source !== null;
  }

  get opening(): boolean {
    return this.#opening !== null;
  }

  /** @throws SourceError, `source-changed` where it is not the file that was offered */
  get(): Promise<Source> {
    if (this.#source !== null) return Promise.resolve(this.#source);
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /** Fills `into`. @throws SourceError */
  async read(offset: number, into: Bytes): Promise<void> {
    const source = this.#source ?? (await this.get());
    const read = await source.read(offset, into);
    if (read !== into.length) throw new SourceError('source-changed', 'the source is shorter');
  }

  /** It was found again by somebody else. */
  adopt(source: Source): void {
    void this.close();
    this.#source = source;
  }

  async close(): Promise<void> {
    const source = this.#source;
    this.#source = null;
    this.#life++;
    try {
      await source?.close?.();
    } catch {
      // A temporary copy that is gone already; there is nobody left to tell.
    }
  }

  async #open(): Promise<Source> {
    const life = this.#life;
    const { source, modified } = await this.#store.open(this.#file);
    if (life !== this.#life) {
      await source.close?.();
      throw new SourceError('source-unreadable', 'let go of meanwhile');
    }
    const item = this.#item();
    if (source.size !== item.size || modified !== item.modified) {
      await source.close?.();
      throw new SourceError('source-changed');
    }
    this.#source = source;
    return source;
  }
}
