import { PROGRESS_WRITE_MS } from './constants.ts';
import { ignoreFailure, type TransferContext } from './context.ts';
import { RecordWriter } from './record-writer.ts';
import type { StoredHead, TransferHead, TransferSnapshot } from './records.ts';
import { Throttle } from './throttle.ts';

type Counted = Pick<
  TransferHead,
  'createdAt' | 'startedAt' | 'firstByteAt' | 'storedAt' | 'endedAt' | 'wireBytes'
>;

/** What the book reads of its transfer. */
export interface BookOwner {
  readonly transferId: string;
  snapshot(): TransferSnapshot;
  /** As it is written down: with what no view may see. */
  record(): StoredHead;
}

/** When a transfer came how far: told to views and written down as it changes. */
export class TransferBook {
  readonly createdAt: number;
  readonly writer: RecordWriter;
  readonly #context: TransferContext;
  readonly #owner: BookOwner;
  readonly #throttle: Throttle;
  #startedAt: number | null;
  #firstByteAt: number | null;
  #storedAt: number | null;
  #endedAt: number | null;
  #wireBytes: number;
  #writtenAt = 0;

  /** @param restored what an earlier life of this document wrote down */
  constructor(context: TransferContext, owner: BookOwner, restored: TransferHead | null) {
    this.#context = context;
    this.#owner = owner;
    this.createdAt = restored?.createdAt ?? context.clock.now();
    this.#startedAt = restored?.startedAt ?? null;
    this.#firstByteAt = restored?.firstByteAt ?? null;
    this.#storedAt = restored?.storedAt ?? null;
    this.#endedAt = restored?.endedAt ?? null;
    this.#wireBytes = restored?.wireBytes ?? 0;
    this.#throttle = new Throttle(context.clock, () => context.changed(owner.snapshot()));
    this.writer = new RecordWriter(context.store);
  }

  /** Its part of the head. */
  get counted(): Counted {
    return {
      createdAt: this.createdAt,
      startedAt: this.#startedAt,
      firstByteAt: this.#firstByteAt,
      storedAt: this.#storedAt,
      endedAt: this.#endedAt,
      wireBytes: this.#wireBytes,
    };
  }

  get started(): boolean {
    return this.#startedAt !== null;
  }

  /** The first accept counts: later ones are of sessions that go on. */
  start(): void {
    this.#startedAt ??= this.#context.clock.now();
  }

  stored(): void {
    this.#storedAt = this.#context.clock.now();
  }

  /** So many bytes of ciphertext left or arrived. Answers when the first did, once. */
  moved(bytes: number): number | null {
    this.#wireBytes += bytes;
    const now = this.#context.clock.now();
    const first = this.#firstByteAt === null;
    if (first) {
      this.#firstByteAt = now;
      this.#throttle.now();
    } else this.#throttle.soon();
    if (now - this.#writtenAt >= PROGRESS_WRITE_MS) {
      this.#writtenAt = now;
      this.write();
    }
    return first ? now : null;
  }

  /** Its state is another one. */
  entered(over: boolean): void {
    if (over) this.#endedAt ??= this.#context.clock.now();
    this.write();
    this.tell();
  }

  write(): void {
    ignoreFailure(this.writer.head(this.#owner.record()));
  }

  tell(): void {
    this.#throttle.now();
  }

  tellSoon(): void {
    this.#throttle.soon();
  }

  /** Nothing is told any more; what is written may still be on its way. */
  shut(): void {
    this.#throttle.stop();
  }

  async remove(): Promise<void> {
    this.shut();
    await this.writer.remove(this.#owner.transferId);
  }
}
