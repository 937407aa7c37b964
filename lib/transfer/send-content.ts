import { equalBytes, type Bytes } from '../crypto/bytes.ts';
import { HASH_BYTES, type ChunkSize } from '../protocol/limits.ts';
import { Bitmap } from './bitmap.ts';
import { layoutOf, type Layout } from './chunking.ts';
import { Journal, type JournalContent, type JournalFile } from './journal.ts';
import { merkleRoot } from './merkle.ts';

/** What is known of an outgoing file's content, whatever session it goes over. */
export class SendContent {
  readonly layout: Layout;
  /** [TR6] Recorded when a chunk is first read: it may never be another one after that. */
  readonly leaves: Bytes;
  readonly recorded: Bitmap;
  /** Chunks that the receiver has from an earlier session ([TR12], `have`). */
  held: Bitmap;
  readonly #journal: Journal | null;
  #firstUnrecorded = 0;

  private constructor(content: JournalContent, journal: Journal | null) {
    this.layout = content.layout;
    this.leaves = content.leaves;
    this.recorded = content.bits;
    this.held = new Bitmap(content.layout.count);
    this.#journal = journal;
  }

  /** @param file null where nothing is worth keeping: what is sent in one go. */
  static fresh(size: number, chunkSize: ChunkSize, file: JournalFile | null): SendContent {
    const layout = layoutOf(size, chunkSize);
    const bits = new Bitmap(layout.count);
    const content = { layout, bits, leaves: new Uint8Array(layout.count * HASH_BYTES) };
    return new SendContent(content, file && new Journal(file, content, false, settled));
  }

  static adopt(content: JournalContent, file: JournalFile): SendContent {
    return new SendContent(content, new Journal(file, content, true, settled));
  }

  /** False where the chunk was another one when it was first read. */
  record(index: number, leaf: Uint8Array, bytes: number): boolean {
    const at = index * HASH_BYTES;
    if (this.recorded.has(index)) {
      return equalBytes(this.leaves.subarray(at, at + HASH_BYTES), leaf);
    }
    this.leaves.set(leaf, at);
    this.recorded.add(index);
    this.#journal?.noteLeaves(index, 1);
    this.#journal?.noteChunk(bytes);
    return true;
  }

  /** How many leaves from the first on are known without a gap. */
  get known(): number {
    this.#firstUnrecorded =
      this.recorded.firstMissing(this.#firstUnrecorded) ?? this.recorded.count;
    return this.#firstUnrecorded;
  }

  root(): Bytes {
    return merkleRoot(this.leaves);
  }

  /** The session went: what is held is told anew in the next one. */
  forgetHeld(): void {
    this.held = new Bitmap(this.layout.count);
  }

  /** Writes down what is known; the file may go on later. */
  async save(): Promise<void> {
    await this.#journal?.close();
  }

  async drop(): Promise<void> {
    await this.#journal?.drop();
  }
}

/** A sender's bits claim nothing but the leaves themselves. */
async function settled(): Promise<void> {}
