import { equalBytes, fromHex, toHex, type Bytes } from '../crypto/bytes.ts';
import type { ChunkCipher } from '../crypto/chunk-cipher.ts';
import { CryptoError } from '../crypto/errors.ts';
import type { ChunkFrame } from '../protocol/chunk-frame.ts';
import {
  CHUNK_TAG_BYTES,
  HASH_BYTES,
  MAX_BITMAP_BYTES,
  MAX_RESEND_PER_MESSAGE,
  MAX_TRIES_PER_CHUNK,
} from '../protocol/limits.ts';
import type { OfferedItem, ToReceiver, ToSender } from '../protocol/messages.ts';
import { Bitmap } from './bitmap.ts';
import { chunkLength, layoutOf, type Layout } from './chunking.ts';
import { VERIFY_OPERATIONS } from './constants.ts';
import { SessionError, SinkError } from './errors.ts';
import type { ChunkTaker } from './inbox.ts';
import { leafOf, merkleRoot } from './merkle.ts';
import type { Sink, SinkStore } from './ports.ts';
import type { StoredFile } from './records.ts';
import type { SessionLink } from './session-link.ts';
import type { FailureReason, ReceiveFileState } from './states.ts';

/** What the file's transfer does with its news. */
export interface ReceiveFileOwner {
  readonly transferId: string;
  onChunk(file: ReceiveFile): void;
  /** A wrong chunk was asked for again, or the last one is there: the state changed. */
  onFileState(file: ReceiveFile): void;
  /** Every byte on the disk was read back and is right ([TR9]); the sink is closed. */
  onVerified(file: ReceiveFile, link: SessionLink): Promise<void>;
  onFailed(file: ReceiveFile, reason: FailureReason): void;
}

/** What lies on the disk, whatever session it came over. */
interface Content {
  readonly layout: Layout;
  readonly written: Bitmap;
  /** Times a chunk was asked for again. */
  readonly tries: Map<number, number>;
}

/** One `start` in one session. */
interface Run {
  readonly link: SessionLink;
  readonly tag: number;
  readonly cipher: ChunkCipher;
  readonly content: Content;
  readonly sink: Promise<Sink>;
  /** Chunks that arrived and are being opened or written; with `written`, all that may not come again. */
  readonly taken: Bitmap;
  readonly leaves: Bytes;
  leafCount: number;
  root: Bytes | null;
  /** Null until all were checked once; then those that were asked for again. */
  suspects: number[] | null;
  readonly operations: Set<Promise<void>>;
}

/** One incoming file: its chunks to the disk in any order, then everything read back and checked. */
export class ReceiveFile implements ChunkTaker {
  readonly item: OfferedItem;
  readonly safePath: string;
  readonly #sinks: SinkStore;
  readonly #owner: ReceiveFileOwner;
  #state: ReceiveFileState = 'waiting';
  #content: Content | null = null;
  #run: Run | null = null;
  #root: Bytes | null = null;
  /** The end of a run that still has hands on the disk: the next one waits for it. */
  #closing: Promise<void> = Promise.resolve();

  constructor(item: OfferedItem, safePath: string, sinks: SinkStore, owner: ReceiveFileOwner) {
    this.item = item;
    this.safePath = safePath;
    this.#sinks = sinks;
    this.#owner = owner;
  }

  get state(): ReceiveFileState {
    return this.#state;
  }

  /** True once it is verified on the disk, saved or not. */
  get stored(): boolean {
    const { state } = this;
    return state === 'stored' || state === 'saving' || state === 'saved' || state === 'needs-you';
  }

  get doneBytes(): number {
    if (this.stored) return this.item.size;
    if (this.#content === null) return 0;
    return Math.min(this.item.size, this.#content.written.size * this.#content.layout.chunkSize);
  }

  record(): StoredFile {
    const { fileId, path, size, mime, modified } = this.item;
    const root = this.#root === null ? null : toHex(this.#root);
    return {
      fileId,
      path,
      safePath: this.safePath,
      size,
      mime,
      modified,
      state: this.#state,
      root,
    };
  }

  /** A file verified in an earlier life of this document. */
  restore(state: ReceiveFileState, root: string | null): void {
    this.#state = state;
    this.#root = root === null ? null : fromHex(root);
  }

  /** Moves a stored file on; false where there is none. */
  setSaving(state: 'saving' | 'saved' | 'needs-you'): boolean {
    if (!this.stored || this.#state === 'saved') return false;
    this.#state = state;
    return true;
  }

  /** Verified, and of no use: a text that is none. */
  discard(): void {
    this.#state = 'failed';
  }

  /** What the sender need not send again: told before the accept of a session that goes on. */
  *held(): Generator<ToSender> {
    const { transferId } = this.#owner;
    const { fileId } = this.item;
    if (this.#root !== null && this.stored) {
      yield { type: 'stored', transferId, fileId, merkleRoot: this.#root };
    } else if (this.#content !== null) {
      const { written } = this.#content;
      for (let from = 0; from < written.count; from += MAX_BITMAP_BYTES * 8) {
        const bitmap = written.page(from, MAX_BITMAP_BYTES);
        if (bitmap.some((byte) => byte !== 0)) {
          yield { type: 'have', transferId, fileId, from, bitmap };
        }
      }
    }
  }

  /** @throws SessionError */
  start(link: SessionLink, message: Extract<ToReceiver, { type: 'start' }>): void {
    if (this.#state !== 'waiting') throw new SessionError('out-of-state', 'start');
    const { transferId } = this.#owner;
    const { fileId, size } = this.item;
    const layout = layoutOf(size, message.chunkSize);
    if (layout.count > 0xffff_ffff) throw new SessionError('over-limit', 'chunks');
    if (this.#content?.layout.chunkSize !== layout.chunkSize) {
      this.#content = { layout, written: new Bitmap(layout.count), tries: new Map() };
    }
    const content = this.#content;
    const taken = new Bitmap(layout.count);
    taken.addPage(0, content.written.page(0, Infinity));
    const sink = this.#closing.then(() => this.#sinks.open(transferId, fileId, size));
    const run: Run = {
      link,
      tag: message.tag,
      cipher: link.incomingCipher({ transferId, fileId, layout, salt: message.salt }),
      content,
      sink,
      taken,
      leaves: new Uint8Array(layout.count * HASH_BYTES),
      leafCount: 0,
      root: null,
      suspects: null,
      operations: new Set(),
    };
    this.#run = run;
    this.#state = 'transferring';
    sink.catch((error: unknown) => this.#fail(run, error));
    link.inbox.expect(message.tag, this);
  }

  /** @throws SessionError */
  async take(frame: ChunkFrame): Promise<void> {
    const run = this.#run;
    if (run === null || run.tag !== frame.tag) return;
    const { chunkIndex, ciphertext } = frame;
    const { layout, written } = run.content;
    if (frame.fileId !== this.item.fileId) throw new SessionError('unknown-file');
    if (chunkIndex >= layout.count) throw new SessionError('unknown-chunk');
    if (ciphertext.length !== chunkLength(layout, chunkIndex) + CHUNK_TAG_BYTES) {
      throw new SessionError('wrong-length');
    }
    // Sent again because a lane died: the first one counts.
    if (run.taken.has(chunkIndex)) return;
    run.taken.add(chunkIndex);
    const operation = this.#write(run, chunkIndex, ciphertext);
    run.operations.add(operation);
    try {
      await operation;
    } finally {
      run.operations.delete(operation);
    }
    if (this.#run !== run) return;
    written.add(chunkIndex);
    this.#owner.onChunk(this);
    this.#verifyIfComplete(run);
  }

  /** [TR8] In order, without gaps. @throws SessionError */
  addLeaves(from: number, hashes: Uint8Array): void {
    const run = this.#requireRun();
    const at = from * HASH_BYTES;
    if (run.root !== null) throw new SessionError('out-of-state', 'leaves after file-end');
    if (from !== run.leafCount || at + hashes.length > run.leaves.length) {
      throw new SessionError('bad-leaves', 'out of turn');
    }
    run.leaves.set(hashes, at);
    run.leafCount += hashes.length / HASH_BYTES;
  }

  /** @throws SessionError */
  end(root: Bytes): void {
    const run = this.#requireRun();
    if (run.root !== null) throw new SessionError('out-of-state', 'file-end twice');
    if (run.leafCount !== run.content.layout.count || !equalBytes(merkleRoot(run.leaves), root)) {
      throw new SessionError('bad-leaves');
    }
    run.root = root;
    this.#verifyIfComplete(run);
  }

  /** The session went: what is on the disk stays, for one that goes on. */
  detach(): void {
    if (this.#run === null) return;
    this.#endRun();
    this.#state = 'waiting';
  }

  /** Gives up; resolves when nothing of it touches the disk any more. Stored files stay. */
  async fail(): Promise<void> {
    this.#endRun();
    if (!this.stored) this.#state = 'failed';
    await this.#closing;
  }

  async #write(run: Run, index: number, ciphertext: Uint8Array): Promise<void> {
    let chunk: Bytes;
    try {
      chunk = await run.cipher.decrypt(index, ciphertext);
    } catch (error) {
      // A cipher that was destroyed under way is no fault of the peer.
      if (this.#run !== run) return;
      throw error instanceof CryptoError ? new SessionError('wrong-tag') : error;
    }
    try {
      const sink = await run.sink;
      if (this.#run === run) await sink.write(index * run.content.layout.chunkSize, chunk);
    } catch (error) {
      this.#fail(run, error);
    }
  }

  #verifyIfComplete(run: Run): void {
    if (run.root === null || !run.content.written.full || this.#state !== 'transferring') return;
    this.#state = 'verifying';
    this.#owner.onFileState(this);
    const verification = this.#verify(run, run.root).catch((error: unknown) => {
      this.#fail(run, error);
    });
    run.operations.add(verification);
    void verification.finally(() => run.operations.delete(verification));
  }

  async #verify(run: Run, root: Bytes): Promise<void> {
    const sink = await run.sink;
    await sink.flush();
    const wrong = await this.#wrongChunks(run, sink);
    if (this.#run !== run) return;
    if (wrong.length > 0) {
      this.#askAgain(run, wrong);
      return;
    }
    // Not part of `operations` any more: the owner writes it down and this ends the run.
    await sink.close();
    if (this.#run !== run) return;
    this.#root = root;
    this.#state = 'stored';
    this.#run = null;
    run.cipher.destroy();
    run.link.inbox.finish(run.tag);
    await this.#owner.onVerified(this, run.link);
  }

  /** [TR9] Reads back what lies on the disk and compares each chunk with its leaf. */
  async #wrongChunks(run: Run, sink: Sink): Promise<number[]> {
    const { layout } = run.content;
    const wrong: number[] = [];
    const all = run.suspects;
    const total = all === null ? layout.count : all.length;
    let next = 0;
    const worker = async (): Promise<void> => {
      const buffer = new Uint8Array(1 + Math.min(layout.chunkSize, layout.size));
      while (next < total && this.#run === run) {
        const at = next++;
        const index = all === null ? at : (all[at] ?? 0);
        const prefixed = buffer.subarray(0, 1 + chunkLength(layout, index));
        const read = await sink.read(index * layout.chunkSize, prefixed.subarray(1));
        const leaf = read === prefixed.length - 1 ? await leafOf(prefixed) : null;
        const expected = run.leaves.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
        if (leaf === null || !equalBytes(leaf, expected)) wrong.push(index);
      }
    };
    await Promise.all(Array.from({ length: Math.min(VERIFY_OPERATIONS, total) }, worker));
    return wrong.sort((a, b) => a - b);
  }

  #askAgain(run: Run, wrong: readonly number[]): void {
    const { tries, written } = run.content;
    for (const index of wrong) {
      const count = (tries.get(index) ?? 0) + 1;
      if (count > MAX_TRIES_PER_CHUNK) return this.#owner.onFailed(this, 'verify-failed');
      tries.set(index, count);
      written.delete(index);
      run.taken.delete(index);
    }
    run.suspects = [...wrong];
    this.#state = 'transferring';
    this.#owner.onFileState(this);
    const { transferId } = this.#owner;
    const { fileId } = this.item;
    for (let at = 0; at < wrong.length; at += MAX_RESEND_PER_MESSAGE) {
      const chunks = wrong.slice(at, at + MAX_RESEND_PER_MESSAGE);
      run.link.post({ type: 'resend', transferId, fileId, chunks });
    }
  }

  #requireRun(): Run {
    if (this.#run === null) throw new SessionError('out-of-state', 'not started');
    return this.#run;
  }

  #fail(run: Run, error: unknown): void {
    if (this.#run !== run) return;
    const full = error instanceof SinkError && error.code === 'no-space';
    this.#owner.onFailed(this, full ? 'no-space' : 'storage-failed');
  }

  #endRun(): void {
    const run = this.#run;
    if (run === null) return;
    this.#run = null;
    run.cipher.destroy();
    run.link.inbox.drain(run.tag);
    this.#closing = closeRun(run);
  }
}

async function closeRun(run: Run): Promise<void> {
  await Promise.allSettled(run.operations);
  try {
    const sink = await run.sink;
    await sink.close();
  } catch {
    // It never opened, or is beyond closing: the store's removal or next opening tells.
  }
}
