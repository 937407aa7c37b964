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
import type { TransferContext } from './context.ts';
import { SessionError, SinkError } from './errors.ts';
import { Journal, readJournal } from './journal.ts';
import { Pauses } from './pauses.ts';
import type { ChunkTaker } from './inbox.ts';
import { merkleRoot } from './merkle.ts';
import type { Sink } from './ports.ts';
import { ReadBack } from './read-back.ts';
import type { FileSnapshot, Place, StoredFile } from './records.ts';
import type { SessionLink } from './session-link.ts';
import type { FailureReason, Party, ReceiveFileState } from './states.ts';

/** What the file's transfer does with its news. */
export interface ReceiveFileOwner {
  readonly transferId: string;
  /** So many bytes of ciphertext arrived and lie on the disk. */
  onChunk(bytes: number): void;
  /** A wrong chunk was asked for again, or the last one is there: the state changed. */
  onFileState(file: ReceiveFile): void;
  /**
   * Every byte on the disk was read back and is right ([TR9]). Called before anything else can see
   * the file as stored: it is not yet written down.
   *
   * @param closed settles when the sink is closed; rejects where its bytes are not safe
   */
  onVerified(file: ReceiveFile, link: SessionLink, closed: Promise<void>): Promise<void>;
  onFailed(file: ReceiveFile, reason: FailureReason): void;
  /** The disk is full. */
  onNoRoom(): void;
}

/** What lies on the disk, whatever session it came over. */
interface Content {
  readonly layout: Layout;
  readonly written: Bitmap;
  readonly leaves: Bytes;
  /** Leaves that an earlier run told: what was written then has to fit them still. */
  kept: number;
  /** Whether it is that of the journal on the disk. */
  adopted: boolean;
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
  readonly journal: Journal;
  /** Of this run alone: what lies on the disk may have been opened anew. */
  readonly readBack: ReadBack;
  leafCount: number;
  /** Written in an earlier run, of another content than it is now. */
  readonly stale: number[];
  root: Bytes | null;
  readonly operations: Set<Promise<void>>;
}

/** One incoming file: its chunks to the disk in any order, then everything read back and checked. */
export class ReceiveFile implements ChunkTaker {
  readonly item: OfferedItem;
  readonly safePath: string;
  /** How many versions of it there were before ([TR19]). */
  readonly version: number;
  readonly pauses = new Pauses();
  readonly #context: TransferContext;
  readonly #owner: ReceiveFileOwner;
  #state: ReceiveFileState = 'waiting';
  #reason: FailureReason | null = null;
  #content: Content | null = null;
  #run: Run | null = null;
  #root: Bytes | null = null;
  #place: Place | null = null;
  #copy: 'needed' | 'needless' = 'needed';
  /** It is in a pack that is on its way: the pack's file on the disk may bear its id. */
  #inPack = false;
  /** [TR18] Told to the sender, who is to confirm it. */
  #claimed: Bytes | null = null;
  #alreadyThere = false;
  /** Broken off here: what the sender still says about the last `start` is of no use. */
  #deaf = false;
  /** The end of a run that still has hands on the disk: the next one waits for it. */
  #closing: Promise<void> = Promise.resolve();

  constructor(
    item: OfferedItem,
    safePath: string,
    version: number,
    context: TransferContext,
    owner: ReceiveFileOwner,
  ) {
    this.item = item;
    this.safePath = safePath;
    this.version = version;
    this.#context = context;
    this.#owner = owner;
  }

  get fileId(): number {
    return this.item.fileId;
  }

  get state(): ReceiveFileState {
    const moves = this.#state === 'waiting' || this.#state === 'transferring';
    return moves && this.pauses.by !== null ? 'paused' : this.#state;
  }

  /** Nothing of it is here or on its way. */
  get waits(): boolean {
    return this.#state === 'waiting' || this.#claimed !== null;
  }

  /** True once it is verified on the disk, saved or not. */
  get stored(): boolean {
    const { state } = this;
    return state === 'stored' || state === 'saving' || state === 'saved' || state === 'needs-you';
  }

  /** The wire has nothing to do with it any more. */
  get settled(): boolean {
    const { state } = this;
    return this.stored || state === 'failed' || state === 'cancelled' || state === 'replaced';
  }

  get place(): Place | null {
    return this.#place;
  }

  get inPack(): boolean {
    return this.#inPack;
  }

  get reason(): FailureReason | null {
    return this.#reason;
  }

  get alreadyThere(): boolean {
    return this.#alreadyThere;
  }

  get doneBytes(): number {
    if (this.stored) return this.item.size;
    if (this.#content === null) return 0;
    return Math.min(this.item.size, this.#content.written.size * this.#content.layout.chunkSize);
  }

  record(): StoredFile {
    const { fileId, path, size, mime, modified } = this.item;
    const root = this.#root === null ? null : toHex(this.#root);
    // Files that were begun are looked for on the disk after a restart.
    const state = this.#state === 'verifying' ? 'transferring' : this.#state;
    return {
      fileId,
      path,
      safePath: this.safePath,
      size,
      mime,
      modified,
      state: this.#content !== null && state === 'waiting' ? 'transferring' : state,
      root,
      ...(this.#place !== null && { place: this.#place }),
      ...(this.#alreadyThere && { alreadyThere: true as const }),
      ...(this.#reason !== null && { reason: this.#reason }),
      ...(this.pauses.mine && { paused: true as const }),
      ...(this.version > 0 && { version: this.version }),
    };
  }

  snapshot(): FileSnapshot {
    const { fileId, size } = this.item;
    return {
      fileId,
      path: this.safePath,
      size,
      doneBytes: this.doneBytes,
      state: this.state,
      ...(this.pauses.by !== null && { pausedBy: this.pauses.by }),
      ...(this.#reason !== null && { reason: this.#reason }),
      ...(this.#alreadyThere && { alreadyThere: true as const }),
    };
  }

  /** One of an earlier life of this document: what is verified, and what the journal has. */
  async restore(stored: StoredFile): Promise<void> {
    const { state, root } = stored;
    this.pauses.set('me', stored.paused === true);
    this.#reason = stored.reason ?? null;
    this.#place = stored.place ?? null;
    this.#alreadyThere = stored.alreadyThere === true;
    if (isReceiveFileState(state)) this.#state = state === 'saving' ? 'stored' : state;
    this.#root = root === null ? null : fromHex(root);
    if (state === 'saved') this.#copy = 'needless';
    if (this.settled) return;
    this.#state = 'waiting';
    if (state !== 'transferring') return;
    const content = await readJournal(this.#journalFile(), this.item.size);
    if (content === null) return;
    const { layout, bits, leaves } = content;
    this.#content = { layout, written: bits, leaves, kept: 0, adopted: true, tries: new Map() };
  }

  setPaused(by: Party, paused: boolean): void {
    this.pauses.set(by, paused);
  }

  /** Moves a stored file on; false where there is none. */
  setSaving(state: 'saving' | 'saved' | 'needs-you'): boolean {
    if (!this.stored || this.#state === 'saved') return false;
    this.#state = state;
    return true;
  }

  /** It is written down that it is saved: nobody will ask for its bytes again ([TR11]). */
  letGo(): void {
    this.#copy = 'needless';
  }

  /** Whether its bytes here may be asked for yet, also after a restart. */
  get needed(): boolean {
    return this.stored && this.#copy === 'needed';
  }

  /** Verified, and of no use: a text that is none, or one that cannot be written down. */
  discard(reason: FailureReason): void {
    this.#state = 'failed';
    this.#reason = reason;
    this.#root = null;
  }

  /** [TR18] It is here from an earlier time; the sender confirms that it is the same. */
  claim(root: Bytes): void {
    this.#claimed = root;
    this.#state = 'verifying';
  }

  /** What the sender need not send again: told before the accept of a session that goes on. */
  *held(): Generator<ToSender> {
    const { transferId } = this.#owner;
    const { fileId } = this;
    if (this.#claimed !== null) {
      yield { type: 'there', transferId, fileId, merkleRoot: this.#claimed };
    } else if (this.#root !== null && this.stored) {
      yield { type: 'stored', transferId, fileId, merkleRoot: this.#root };
    } else if (this.#content !== null) {
      const { written, layout } = this.#content;
      const { chunkSize } = layout;
      for (let from = 0; from < written.count; from += MAX_BITMAP_BYTES * 8) {
        const bitmap = written.page(from, MAX_BITMAP_BYTES);
        if (bitmap.some((byte) => byte !== 0)) {
          yield { type: 'have', transferId, fileId, chunkSize, from, bitmap };
        }
      }
    }
  }

  // In a pack ([TR16]).

  packed(): void {
    this.#claimed = null;
    this.#inPack = true;
    this.#state = 'transferring';
  }

  unpacked(): void {
    this.#inPack = false;
    if (this.#state === 'transferring') this.#state = 'waiting';
  }

  packStored(root: Bytes, place: Place): void {
    this.#inPack = false;
    this.#root = root;
    this.#place = place;
    this.#state = 'stored';
  }

  /** @throws SessionError */
  start(link: SessionLink, message: Extract<ToReceiver, { type: 'start' }>): void {
    // The sender had begun once more before it heard that what was under way is dropped,
    this.detach();
    // or that all of it is here.
    if (this.stored) {
      this.#deaf = true;
      return link.inbox.discard(message.tag);
    }
    if (!this.waits) throw new SessionError('out-of-state', 'start');
    this.#claimed = null;
    this.#deaf = false;
    const { transferId } = this.#owner;
    const { fileId } = this;
    const { size } = this.item;
    const layout = layoutOf(size, message.chunkSize);
    if (layout.count > 0xffff_ffff) throw new SessionError('over-limit', 'chunks');
    if (this.#content?.layout.chunkSize !== layout.chunkSize) this.#content = freshContent(layout);
    const content = this.#content;
    const taken = new Bitmap(layout.count);
    taken.addPage(0, content.written.page(0, Infinity));
    const { sinks } = this.#context;
    const sink = this.#closing.then(() => sinks.open(transferId, fileId, size));
    const { written: bits, leaves } = content;
    const journal = new Journal(
      this.#journalFile(),
      { layout, bits, leaves },
      content.adopted,
      async (claimed) => {
        const file = await sink;
        await file.flush();
        content.adopted = true;
        this.#lookBehind(run, file, claimed);
      },
    );
    if (content.written.size > 0) {
      // The last run's journal may have found the disk full.
      journal.noteLeaves(0, content.kept);
      journal.noteChunk(1);
    }
    const run: Run = {
      link,
      tag: message.tag,
      cipher: link.incomingCipher({ transferId, fileId, layout, salt: message.salt }),
      content,
      sink,
      taken,
      journal,
      readBack: new ReadBack(layout, leaves),
      leafCount: 0,
      stale: [],
      root: null,
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
    run.readBack.forget(chunkIndex);
    written.add(chunkIndex);
    run.journal.noteChunk(ciphertext.length);
    this.#owner.onChunk(ciphertext.length);
    this.#verifyIfComplete(run);
  }

  /** [TR8] In order, without gaps. @throws SessionError */
  addLeaves(from: number, hashes: Uint8Array): void {
    if (this.#deaf) return;
    const run = this.#requireRun();
    const { content } = run;
    const at = from * HASH_BYTES;
    if (run.root !== null) throw new SessionError('out-of-state', 'leaves after file-end');
    if (from !== run.leafCount || at + hashes.length > content.leaves.length) {
      throw new SessionError('bad-leaves', 'out of turn');
    }
    const count = hashes.length / HASH_BYTES;
    for (let i = 0; i < count && from + i < content.kept; i++) {
      const leaf = hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
      const before = content.leaves.subarray(at + i * HASH_BYTES, at + (i + 1) * HASH_BYTES);
      if (content.written.has(from + i) && !equalBytes(before, leaf)) run.stale.push(from + i);
    }
    content.leaves.set(hashes, at);
    run.leafCount += count;
    content.kept = Math.max(content.kept, run.leafCount);
    run.journal.noteLeaves(from, count);
  }

  /**
   * Its root: the last of a run, or the sender's word that what is here is the same ([TR18]).
   *
   * @throws SessionError
   */
  end(root: Bytes): 'confirmed' | 'ended' {
    if (this.#claimed !== null) {
      if (!equalBytes(this.#claimed, root)) throw new SessionError('bad-leaves', 'another root');
      this.#claimed = null;
      this.#root = root;
      this.#alreadyThere = true;
      this.#state = 'saved';
      this.#copy = 'needless';
      return 'confirmed';
    }
    if (this.#deaf) return 'ended';
    const run = this.#requireRun();
    const { leaves, layout } = run.content;
    if (run.root !== null) throw new SessionError('out-of-state', 'file-end twice');
    if (run.leafCount !== layout.count || !equalBytes(merkleRoot(leaves), root)) {
      throw new SessionError('bad-leaves');
    }
    run.root = root;
    // Of another version than it is now: no need to read it back to know.
    const stale = run.stale.splice(0).filter((index) => run.content.written.has(index));
    if (stale.length > 0) this.#askAgain(run, stale);
    this.#verifyIfComplete(run);
    return 'ended';
  }

  /** A `start` that comes too late: what follows it is not listened to. */
  refuse(): void {
    this.#deaf = true;
  }

  /** [TR19] The sender breaks it off; it may start again. */
  stop(): void {
    this.detach();
    this.#deaf = true;
  }

  /** Nothing more is taken until the next `start`: there is no room, or the session went. */
  detach(): void {
    if (this.#state === 'verifying' && this.#claimed !== null) return;
    if (this.#run === null) return;
    this.#endRun();
    this.#deaf = true;
    this.#state = 'waiting';
  }

  /** The session went: what is said next is of another one. */
  forgetSession(): void {
    this.detach();
    this.unpacked();
    this.#deaf = false;
    this.pauses.set('peer', false);
  }

  /** Gives up; resolves when nothing of it touches the disk any more. Stored files stay. */
  async giveUp(
    state: 'failed' | 'cancelled' | 'replaced',
    reason: FailureReason | null,
  ): Promise<void> {
    this.#endRun();
    this.#claimed = null;
    // The sender had forgotten that it failed: a later version makes up for it ([TR19]).
    const madeUp = state === 'replaced' && this.#state === 'failed';
    if (!this.settled || madeUp) {
      this.#state = state;
      this.#reason = reason;
      this.#deaf = true;
      this.#content = null;
    }
    await this.#closing;
  }

  /** Resolves when nothing of it touches the disk any more. */
  async idle(): Promise<void> {
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

  /** @param flushed bits of chunks that lie on the disk */
  #lookBehind(run: Run, sink: Sink, flushed: Uint8Array): void {
    if (this.#run !== run || this.#state !== 'transferring') return;
    const goesOn = () => this.#run === run;
    const looking = run.readBack.follow(sink, flushed, run.leafCount, goesOn);
    if (looking === null) return;
    run.operations.add(looking);
    void looking.then(() => run.operations.delete(looking));
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
    const wrong = await run.readBack.rest(sink, () => this.#run === run);
    if (this.#run !== run) return;
    if (wrong.length > 0) {
      this.#askAgain(run, wrong);
      return;
    }
    // Its last second is not written: the record says `stored` in a moment. Where the session ends
    // before, what ends the run writes it.
    await run.journal.rest();
    if (this.#run !== run) return;
    // Not part of `operations` any more: the owner writes it down and this ends the run.
    this.#root = root;
    this.#state = 'stored';
    this.#run = null;
    run.cipher.destroy();
    run.link.inbox.finish(run.tag);
    const closed = (async () => await sink.close())();
    // What ends the transfer now waits for this.
    this.#closing = closed.catch(() => undefined);
    await this.#owner.onVerified(this, run.link, closed);
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
    if (error instanceof SinkError && error.code === 'no-space') this.#owner.onNoRoom();
    else this.#owner.onFailed(this, 'storage-failed');
  }

  #journalFile() {
    const { sinks, clock } = this.#context;
    return { sinks, clock, transferId: this.#owner.transferId, fileId: this.fileId };
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

function freshContent(layout: Layout): Content {
  return {
    layout,
    written: new Bitmap(layout.count),
    leaves: new Uint8Array(layout.count * HASH_BYTES),
    kept: 0,
    adopted: false,
    tries: new Map(),
  };
}

function isReceiveFileState(state: StoredFile['state']): state is ReceiveFileState {
  return state !== 'delivered';
}

async function closeRun(run: Run): Promise<void> {
  await Promise.allSettled(run.operations);
  try {
    // While the bytes' own file is still open: the journal makes sure of them first.
    await run.journal.close();
    const sink = await run.sink;
    await sink.close();
  } catch {
    // It never opened, or is beyond closing: the store's removal or next opening tells.
  }
}
