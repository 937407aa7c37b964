import type { Bytes } from '../crypto/bytes.ts';
import { CHUNK_SIZES, HASH_BYTES, type ChunkSize } from '../protocol/limits.ts';
import { Bitmap } from './bitmap.ts';
import { layoutOf, type Layout } from './chunking.ts';
import { JOURNAL_BYTES, JOURNAL_MS } from './constants.ts';
import { ignoreFailure } from './context.ts';
import type { Clock, Sink, SinkStore } from './ports.ts';

/**
 * [TR17] Which chunks of a file are safe, and their leaves, in a small file beside it. A receiver's
 * bits are of chunks on its disk, a sender's of chunks whose leaf is recorded. At most a second or
 * 8 MiB behind; what a crash leaves of the last write never claims more than there is.
 *
 * Layout: `u32 magic ‖ u32 chunkSize ‖ u64 size ‖ bitmap ‖ leaves`, integers big-endian.
 */

const MAGIC = 0x5453_4a31;
const HEADER_BYTES = 16;

export interface JournalContent {
  readonly layout: Layout;
  readonly bits: Bitmap;
  /** 32 bytes a chunk; meaningful where it is known. */
  readonly leaves: Bytes;
}

export interface JournalFile {
  readonly sinks: SinkStore;
  readonly clock: Clock;
  readonly transferId: string;
  readonly fileId: number;
}

/** What an earlier life left; null where that is nothing, or not of a file of this size. */
export async function readJournal(file: JournalFile, size: number): Promise<JournalContent | null> {
  let sink: Sink;
  try {
    sink = await file.sinks.openJournal(file.transferId, file.fileId);
  } catch {
    return null;
  }
  try {
    return await readFrom(sink, size);
  } catch {
    return null;
  } finally {
    await sink.close();
  }
}

async function readFrom(sink: Sink, size: number): Promise<JournalContent | null> {
  const header = new Uint8Array(HEADER_BYTES);
  if ((await sink.read(0, header)) < HEADER_BYTES) return null;
  const view = new DataView(header.buffer);
  const chunkSize = CHUNK_SIZES.find((known) => known === view.getUint32(4));
  if (view.getUint32(0) !== MAGIC || chunkSize === undefined) return null;
  if (view.getBigUint64(8) !== BigInt(size)) return null;
  const layout = layoutOf(size, chunkSize);
  const bits = new Bitmap(layout.count);
  const page = new Uint8Array(Math.ceil(layout.count / 8));
  if ((await sink.read(HEADER_BYTES, page)) < page.length || !bits.addPage(0, page)) return null;
  const leaves = new Uint8Array(layout.count * HASH_BYTES);
  await sink.read(HEADER_BYTES + page.length, leaves);
  return { layout, bits, leaves };
}

/** Makes sure that what these bits claim is on the disk. */
type Settle = (bits: Uint8Array) => Promise<void>;

/** Writes the journal of one file while it moves. */
export class Journal {
  readonly #file: JournalFile;
  readonly #content: JournalContent;
  readonly #settle: Settle;
  #sink: Promise<Sink> | null = null;
  #dirtyBytes = 0;
  #firstLeaf = Infinity;
  #lastLeaf = -1;
  #cancelTimer: (() => void) | null = null;
  /** One save after the other. */
  #saving: Promise<void> = Promise.resolve();
  #waiting = false;
  #begun: boolean;
  #state: 'open' | 'closed' = 'open';

  /**
   * @param content the live one: its bits and leaves are read when it is saved.
   * @param adopted whether it came out of this very journal
   */
  constructor(file: JournalFile, content: JournalContent, adopted: boolean, settle: Settle) {
    this.#begun = adopted;
    this.#file = file;
    this.#content = content;
    this.#settle = settle;
  }

  /** `bytes` more are claimed by the bits. */
  noteChunk(bytes: number): void {
    if (this.#state === 'closed') return;
    this.#dirtyBytes += bytes;
    if (this.#dirtyBytes >= JOURNAL_BYTES) this.#save();
    else this.#cancelTimer ??= this.#file.clock.after(JOURNAL_MS, () => this.#save());
  }

  noteLeaves(first: number, count: number): void {
    this.#firstLeaf = Math.min(this.#firstLeaf, first);
    this.#lastLeaf = Math.max(this.#lastLeaf, first + count - 1);
  }

  /** Writes what is new and lets go of the file. The bits' own file must still be open. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return this.#saving;
    if (this.#dirtyBytes > 0) this.#save();
    this.#state = 'closed';
    this.#cancelTimer?.();
    await this.#saving;
    await this.#letGo();
  }

  /** Lets go of the file until there is more to note; what is new stays to be written by `close`. */
  async rest(): Promise<void> {
    let last: Promise<void>;
    do {
      this.#cancelTimer?.();
      this.#cancelTimer = null;
      last = this.#saving;
      await last;
      // One that failed has set the timer anew.
    } while (last !== this.#saving || this.#cancelTimer !== null);
    await this.#letGo();
  }

  /** Lets go without another write: the file is complete, or given up. */
  async drop(): Promise<void> {
    this.#state = 'closed';
    this.#cancelTimer?.();
    await this.#saving;
    await this.#letGo();
  }

  #save(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#dirtyBytes = 0;
    if (this.#waiting) return;
    this.#waiting = true;
    this.#saving = this.#saving.then(() => {
      this.#waiting = false;
      return this.#tryWriting();
    });
    ignoreFailure(this.#saving);
  }

  /** A journal that cannot be written costs bytes after a crash, nothing now: it is tried again. */
  async #tryWriting(): Promise<void> {
    const [first, last] = [this.#firstLeaf, this.#lastLeaf];
    this.#firstLeaf = Infinity;
    this.#lastLeaf = -1;
    try {
      await this.#write(first, last);
    } catch {
      // The bits of the next time claim these leaves as well.
      if (last >= first) this.noteLeaves(first, last - first + 1);
      await this.#letGo();
      this.noteChunk(1);
    }
  }

  async #write(firstLeaf: number, lastLeaf: number): Promise<void> {
    const { layout, bits, leaves } = this.#content;
    // Before the flush: a bit that is set later is not yet claimed.
    const page = bits.page(0, Infinity);
    await this.#settle(page);
    this.#sink ??= this.#file.sinks.openJournal(this.#file.transferId, this.#file.fileId);
    const sink = await this.#sink;
    if (!this.#begun) {
      // One of other chunks may lie here: it must not lend its header to these bits.
      await sink.write(0, new Uint8Array(HEADER_BYTES));
      await sink.flush();
      this.#begun = true;
    }
    if (lastLeaf >= firstLeaf) {
      const from = firstLeaf * HASH_BYTES;
      const changed = leaves.subarray(from, (lastLeaf + 1) * HASH_BYTES);
      await sink.write(HEADER_BYTES + page.length + from, changed);
      // A bit of a sender's says that its leaf is there: never the other way round.
      await sink.flush();
    }
    await sink.write(HEADER_BYTES, page);
    await sink.write(0, headerOf(layout.size, layout.chunkSize));
    await sink.flush();
  }

  async #letGo(): Promise<void> {
    const sink = this.#sink;
    this.#sink = null;
    if (sink === null) return;
    try {
      await (await sink).close();
    } catch {
      // It never opened: nothing is held.
    }
  }
}

function headerOf(size: number, chunkSize: ChunkSize): Bytes {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, chunkSize);
  view.setBigUint64(8, BigInt(size));
  return header;
}
