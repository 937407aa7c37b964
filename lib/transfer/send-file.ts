import { equalBytes, type Bytes } from '../crypto/bytes.ts';
import type { ChunkCipher } from '../crypto/chunk-cipher.ts';
import {
  CHUNK_TAG_BYTES,
  HASH_BYTES,
  MAX_LEAVES_PER_MESSAGE,
  MAX_TRIES_PER_CHUNK,
} from '../protocol/limits.ts';
import type { ToReceiver } from '../protocol/messages.ts';
import { Bitmap } from './bitmap.ts';
import { chooseChunkSize, chunkLength, fitsMessage, layoutOf, type Layout } from './chunking.ts';
import { SessionError, SourceError } from './errors.ts';
import type { SendItem } from './events.ts';
import type { ChunkJob } from './lanes.ts';
import { leafOf, merkleRoot } from './merkle.ts';
import type { RandomBytes, Source } from './ports.ts';
import type { SessionLink } from './session-link.ts';
import type { SendFileState } from './states.ts';

/** What the file's transfer does when a chunk has left, or could not. */
export interface SendFileOwner {
  readonly transferId: string;
  onSent(file: SendFile): void;
  /** Its last chunk left, and what closes the file was told. */
  onAllSent(file: SendFile): void;
  /** Chunks that had left have to go again. */
  onAgain(file: SendFile): void;
  onFailed(file: SendFile, error: unknown): void;
}

/** What is known of the content, whatever session it went over. */
interface Content {
  readonly layout: Layout;
  /** [TR6] Recorded when a chunk is first sealed: it may never be another one after that. */
  readonly leaves: Bytes;
  readonly recorded: Bitmap;
  /** Chunks the receiver has from an earlier session ([TR3], `have`). */
  readonly held: Bitmap;
}

/** One `start` in one session. */
interface Run {
  readonly link: SessionLink;
  readonly tag: number;
  readonly cipher: ChunkCipher;
  readonly sent: Bitmap;
  /** No chunk before this one is still to be pulled for the first time. */
  cursor: number;
  /** Asked for again, or lost with a lane. */
  readonly again: number[];
  readonly tries: Map<number, number>;
  underWay: number;
  /** Whether `leaves` and `file-end` were sent: they go once, also where chunks go again. */
  closing: 'due' | 'told';
}

/** One file on its way out: which chunks have left in this session, and what they must hash to. */
export class SendFile {
  readonly fileId: number;
  readonly path: string;
  readonly mime: string;
  readonly modified: number;
  readonly size: number;
  readonly #source: Source;
  readonly #owner: SendFileOwner;
  #state: SendFileState = 'waiting';
  #content: Content | null = null;
  #root: Bytes | null = null;
  #run: Run | null = null;

  constructor(fileId: number, path: string, item: SendItem, owner: SendFileOwner) {
    this.fileId = fileId;
    this.path = path;
    this.mime = item.mime;
    this.modified = item.modified;
    this.size = item.source.size;
    this.#source = item.source;
    this.#owner = owner;
  }

  get state(): SendFileState {
    return this.#state;
  }

  /** True between `start` and `stored`: it costs the receiver a handle. */
  get open(): boolean {
    return this.#run !== null;
  }

  get doneBytes(): number {
    if (this.#state === 'delivered' || this.#state === 'verifying') return this.size;
    if (this.#content === null) return 0;
    const done = this.#run?.sent.size ?? this.#content.held.size;
    return Math.min(this.size, done * this.#content.layout.chunkSize);
  }

  /** [TR3] Draws salt and tag and tells the receiver; chunks may be pulled from now on. */
  start(link: SessionLink, random: RandomBytes): void {
    const content = this.#contentFor(link);
    const salt = random(32);
    const tag = link.openFile();
    const { transferId } = this.#owner;
    const { layout } = content;
    const sent = new Bitmap(layout.count);
    sent.addPage(0, content.held.page(0, Infinity));
    this.#run = {
      link,
      tag,
      cipher: link.outgoingCipher({ transferId, fileId: this.fileId, layout, salt }),
      sent,
      cursor: 0,
      again: [],
      tries: new Map(),
      underWay: 0,
      closing: 'due',
    };
    this.#state = 'transferring';
    const { fileId } = this;
    link.post({ type: 'start', transferId, fileId, salt, tag, chunkSize: layout.chunkSize });
    this.#finishIfSent(this.#run);
  }

  /** The next chunk to go, or null. */
  next(): ChunkJob | null {
    const run = this.#run;
    if (run === null || this.#content === null || this.#state !== 'transferring') return null;
    let index: number | null = run.again.shift() ?? null;
    if (index === null) {
      index = run.sent.firstMissing(run.cursor);
      if (index === null) {
        run.cursor = run.sent.count;
        return null;
      }
      run.cursor = index + 1;
    }
    run.underWay++;
    return this.#job(run, this.#content, index);
  }

  /**
   * [TR9] The receiver found these wrong on its disk.
   *
   * @throws SessionError
   */
  resend(chunks: readonly number[]): void {
    const run = this.#run;
    if (run === null || run.closing !== 'told') throw new SessionError('out-of-state', 'resend');
    for (const index of chunks) {
      if (index >= run.sent.count) throw new SessionError('unknown-chunk');
      const tries = (run.tries.get(index) ?? 0) + 1;
      if (tries > MAX_TRIES_PER_CHUNK) throw new SessionError('over-limit', 'resend');
      run.tries.set(index, tries);
      if (!run.sent.has(index)) throw new SessionError('out-of-state', 'asked for twice');
      run.sent.delete(index);
      run.again.push(index);
    }
    this.#state = 'transferring';
    this.#owner.onAgain(this);
  }

  /** A page of what the receiver kept from an earlier session. @throws SessionError */
  have(from: number, page: Uint8Array): void {
    const content = this.#content;
    if (content === null || this.#state !== 'waiting') throw new SessionError('out-of-state');
    if (!content.held.addPage(from, page)) throw new SessionError('wrong-length', 'have');
    for (let index = from; index < Math.min(from + page.length * 8, content.held.count); index++) {
      if (content.held.has(index) && !content.recorded.has(index)) {
        throw new SessionError('unknown-chunk', 'has what was never sent');
      }
    }
  }

  /** [TR11] The receiver has verified the file. @throws SessionError */
  stored(root: Uint8Array): void {
    // The root is known once `file-end` was sent in this session or an earlier one: the receiver
    // may tell it before the accept of a session that goes on.
    if (this.#root === null || this.#state === 'delivered' || this.#state === 'failed') {
      throw new SessionError('out-of-state', 'stored');
    }
    if (!equalBytes(this.#root, root)) throw new SessionError('bad-leaves', 'another root');
    this.#endRun();
    this.#state = 'delivered';
    this.#content = null;
    void this.#closeSource();
  }

  /** Whether a repeated `stored` for this delivered file is the same claim. */
  matches(root: Uint8Array): boolean {
    return this.#root !== null && equalBytes(this.#root, root);
  }

  /** The session went: what was sent may not have arrived. */
  detach(): void {
    this.#endRun();
    if (this.#state === 'delivered' || this.#state === 'failed') return;
    this.#state = 'waiting';
    if (this.#content !== null) {
      this.#content = { ...this.#content, held: new Bitmap(this.#content.layout.count) };
    }
  }

  fail(): void {
    this.#endRun();
    if (this.#state === 'delivered') return;
    this.#state = 'failed';
    this.#content = null;
    void this.#closeSource();
  }

  #contentFor(link: SessionLink): Content {
    const known = this.#content;
    const limit = link.lanes.maxMessageSize;
    if (known !== null && fitsMessage(known.layout.chunkSize, limit)) return known;
    const chunkSize = chooseChunkSize(this.size, limit, link.rate);
    if (chunkSize === null) throw new SessionError('message-size');
    const layout = layoutOf(this.size, chunkSize);
    this.#content = {
      layout,
      leaves: new Uint8Array(layout.count * HASH_BYTES),
      recorded: new Bitmap(layout.count),
      held: new Bitmap(layout.count),
    };
    return this.#content;
  }

  #job(run: Run, content: Content, index: number): ChunkJob {
    const length = chunkLength(content.layout, index);
    return {
      header: { tag: run.tag, fileId: this.fileId, chunkIndex: index },
      bytes: length + CHUNK_TAG_BYTES,
      live: () => this.#run === run,
      seal: (scratch) => this.#seal(run, content, index, scratch.subarray(0, 1 + length)),
      sent: () => {
        run.underWay--;
        run.sent.add(index);
        this.#owner.onSent(this);
        this.#finishIfSent(run);
      },
      failed: (error) => this.#owner.onFailed(this, error),
      lost: () => {
        // Still under way when it was never handed over; otherwise it had been counted as sent.
        if (run.sent.has(index)) run.sent.delete(index);
        else run.underWay--;
        run.again.push(index);
        this.#state = 'transferring';
        this.#owner.onAgain(this);
      },
    };
  }

  async #seal(run: Run, content: Content, index: number, scratch: Bytes): Promise<Uint8Array> {
    const chunk = scratch.subarray(1);
    const read = await this.#source.read(index * content.layout.chunkSize, chunk);
    if (read !== chunk.length) throw new SourceError('source-changed', 'the source is shorter');
    const [leaf, sealed] = await Promise.all([leafOf(scratch), run.cipher.encrypt(index, chunk)]);
    const at = index * HASH_BYTES;
    if (!content.recorded.has(index)) {
      content.leaves.set(leaf, at);
      content.recorded.add(index);
    } else if (!equalBytes(content.leaves.subarray(at, at + HASH_BYTES), leaf)) {
      // Discarding `sealed` here is what keeps a nonce from being used for two plaintexts.
      throw new SourceError('source-changed');
    }
    return sealed;
  }

  #finishIfSent(run: Run): void {
    if (this.#run !== run || this.#content === null) return;
    if (!run.sent.full || run.underWay > 0 || this.#state !== 'transferring') return;
    this.#state = 'verifying';
    if (run.closing === 'due') {
      run.closing = 'told';
      const { leaves } = this.#content;
      this.#root = merkleRoot(leaves);
      for (const message of this.#closing(leaves, this.#root)) run.link.post(message);
    }
    this.#owner.onAllSent(this);
  }

  *#closing(leaves: Bytes, root: Bytes): Generator<ToReceiver> {
    const { transferId } = this.#owner;
    const { fileId } = this;
    for (let from = 0; from < leaves.length / HASH_BYTES; from += MAX_LEAVES_PER_MESSAGE) {
      const hashes = leaves.slice(from * HASH_BYTES, (from + MAX_LEAVES_PER_MESSAGE) * HASH_BYTES);
      yield { type: 'leaves', transferId, fileId, from, hashes };
    }
    yield { type: 'file-end', transferId, fileId, merkleRoot: root };
  }

  #endRun(): void {
    const run = this.#run;
    if (run === null) return;
    this.#run = null;
    run.cipher.destroy();
    run.link.lanes.acknowledge(run.tag);
    run.link.closeFile();
  }

  async #closeSource(): Promise<void> {
    try {
      await this.#source.close?.();
    } catch {
      // A temporary copy that is gone already; there is nobody left to tell.
    }
  }
}
