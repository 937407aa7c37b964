import { equalBytes, fromHex, toHex, type Bytes } from '../crypto/bytes.ts';
import {
  CHUNK_SIZES,
  CHUNK_TAG_BYTES,
  MAX_TRIES_PER_CHUNK,
  PACK_FILE_BYTES,
} from '../protocol/limits.ts';
import type { OfferedItem, ToSender } from '../protocol/messages.ts';
import { safePath } from '../protocol/names.ts';
import { chooseChunkSize, chunkLength, fitsMessage } from './chunking.ts';
import { ignoreFailure, type TransferContext } from './context.ts';
import { SessionError } from './errors.ts';
import { readJournal } from './journal.ts';
import type { ChunkJob } from './lanes.ts';
import { leafOf } from './merkle.ts';
import { Pauses } from './pauses.ts';
import type { Source, SentContent } from './ports.ts';
import type { FileSnapshot, StoredFile } from './records.ts';
import { SendContent } from './send-content.ts';
import { SendRun } from './send-run.ts';
import { SendSource } from './send-source.ts';
import type { SessionLink } from './session-link.ts';
import type { FailureReason, NeedsSender, Party, SendFileState } from './states.ts';

/** What the file's transfer does with its news. */
export interface SendFileOwner {
  readonly transferId: string;
  /** A chunk of so many bytes of ciphertext left. */
  onSent(bytes: number): void;
  /** Its last chunk left, and what closes the file was told. */
  onAllSent(file: SendFile): void;
  /** Chunks that had left have to go again. */
  onAgain(file: SendFile): void;
  /** [TR6] The content is not what it was when it was first read. */
  onChanged(file: SendFile): void;
  onUnreadable(file: SendFile, error: unknown): void;
}

/** One file on its way out: which chunks have left in this session, and what they must hash to. */
export class SendFile {
  #item: OfferedItem;
  /** How many versions of it there were before ([TR19]). */
  readonly version: number;
  readonly pauses = new Pauses();
  readonly #context: TransferContext;
  readonly #owner: SendFileOwner;
  readonly #source: SendSource;
  #state: SendFileState = 'waiting';
  #reason: FailureReason | null = null;
  #needs: NeedsSender | null = null;
  #alreadyThere = false;
  #content: SendContent | null = null;
  #root: Bytes | null = null;
  #run: SendRun | null = null;
  #packTries = 0;
  /** The receiver said in this session that it has it. */
  #confirmed = true;
  /** `fresh`: nothing of it ever went, the receiver cannot have it. */
  #life: 'fresh' | 'begun' | 'restored' = 'fresh';
  /** [TR18] The receiver is told that it has it already; its `stored` is still to come. */
  #affirmed = false;
  #mending = false;
  /** [TR19] The later version that is being written down as having taken its place. */
  #successor: SendFile | null = null;
  /** Settles when its journal is let go of: until then the store cannot be cleared. */
  #leaving: Promise<void> = Promise.resolve();
  /** Times its source was found again and could not be read all the same. */
  mends = 0;

  /** @param source null after a restart: it is found again when it is needed. */
  constructor(
    item: OfferedItem,
    source: Source | null,
    context: TransferContext,
    owner: SendFileOwner,
    version = 0,
  ) {
    this.#item = item;
    this.version = version;
    const ref = { transferId: owner.transferId, fileId: item.fileId };
    this.#source = new SendSource(context.sources, ref, () => this.#item, source);
    this.#context = context;
    this.#owner = owner;
  }

  /** As it is offered. */
  get item(): OfferedItem {
    return this.#item;
  }

  /** [TR18] What it was when it was last delivered to this device under this name and date. */
  claimRoot(merkleRoot: Bytes): void {
    this.#item = { ...this.#item, merkleRoot };
  }

  claims(root: Uint8Array): boolean {
    const { merkleRoot } = this.#item;
    // What an earlier life of this document claimed was not written down: it is checked either way.
    if (merkleRoot === undefined) return this.#life === 'restored';
    return equalBytes(merkleRoot, root);
  }

  get fileId(): number {
    return this.item.fileId;
  }

  get size(): number {
    return this.item.size;
  }

  get state(): SendFileState {
    const moves = this.#state === 'waiting' || this.#state === 'transferring';
    return moves && this.pauses.by !== null ? 'paused' : this.#state;
  }

  get needs(): NeedsSender | null {
    return this.#needs;
  }

  get reason(): FailureReason | null {
    return this.#reason;
  }

  /** Neither started, nor over, nor held up. */
  get waits(): boolean {
    return this.state === 'waiting' && !this.#mending;
  }

  /** Its source is being looked for anew. */
  get mending(): boolean {
    return this.#mending;
  }

  /** Waits for its source to be found, by this side or by a person. */
  get heldUp(): boolean {
    return this.#mending || this.#state === 'needs-you';
  }

  get delivered(): boolean {
    return this.#state === 'delivered';
  }

  /** Nothing more will come of it. */
  get over(): boolean {
    return isOver(this.#state);
  }

  /** True between `start` and `stored`: it costs the receiver a handle. */
  get open(): boolean {
    return this.#run !== null;
  }

  /** [TR16] */
  get small(): boolean {
    return this.size <= PACK_FILE_BYTES;
  }

  get alreadyThere(): boolean {
    return this.#alreadyThere;
  }

  get doneBytes(): number {
    if (this.#state === 'delivered' || this.#state === 'verifying') return this.size;
    const content = this.#content;
    if (content === null) return 0;
    const done = this.#run?.sent.size ?? content.held.size;
    return Math.min(this.size, done * content.layout.chunkSize);
  }

  /** What was delivered, for the ledger; null for what went in a pack. */
  get deliveredContent(): SentContent | null {
    if (this.#content === null || this.#root === null) return null;
    return { root: toHex(this.#root), chunkSize: this.#content.layout.chunkSize };
  }

  get yields(): boolean {
    return this.#successor !== null;
  }

  /** [TR19] A later version takes its place, and is written down before: with it, in `records`. */
  yieldTo(successor: SendFile): void {
    this.#successor = successor;
  }

  /** It came to an end before that one could take its place: it is no successor any more. */
  keepPlace(successor: SendFile): void {
    if (this.#successor === successor) this.#successor = null;
  }

  /** Its state as it is written down. */
  get #recorded(): SendFileState {
    if (this.over) return this.#state;
    if (this.yields) return 'replaced';
    // What a person paused is kept with the transfer; how far it came, in the journal.
    return this.#state === 'needs-you' || this.#state === 'verifying' ? 'waiting' : this.#state;
  }

  /** What is written down of it, in one step: a crash must not leave two versions that both go. */
  records(): StoredFile[] {
    return [this.record(), ...(this.#successor?.records() ?? [])];
  }

  record(): StoredFile {
    const { fileId, path, size, mime, modified } = this.item;
    return {
      fileId,
      path,
      safePath: safePath(path),
      size,
      mime,
      modified,
      state: this.#recorded,
      root: this.#root === null || !this.delivered ? null : toHex(this.#root),
      ...(this.#alreadyThere && { alreadyThere: true as const }),
      ...(this.#reason !== null && { reason: this.#reason }),
      ...(this.pauses.mine && { paused: true as const }),
      ...(this.version > 0 && { version: this.version }),
    };
  }

  snapshot(): FileSnapshot {
    const { fileId, path, size } = this.item;
    return {
      fileId,
      path: safePath(path),
      size,
      doneBytes: this.doneBytes,
      state: this.state,
      ...(this.pauses.by !== null && { pausedBy: this.pauses.by }),
      ...(this.#reason !== null && { reason: this.#reason }),
      ...(this.#needs !== null && { needs: this.#needs }),
      ...(this.#alreadyThere && { alreadyThere: true as const }),
    };
  }

  /** One of an earlier life of this document. */
  async restore(stored: StoredFile): Promise<void> {
    const { state } = stored;
    this.#life = 'restored';
    if (isOver(state)) this.#state = state;
    if (stored.root !== null) this.#root = fromHex(stored.root);
    this.#reason = stored.reason ?? null;
    this.#alreadyThere = stored.alreadyThere === true;
    this.pauses.set('me', stored.paused === true);
    if (this.over || this.small) return;
    // Only what was begun has a journal; thousands that were not are not looked for.
    if (state !== 'transferring') return;
    const file = this.#journalFile();
    const content = await readJournal(file, this.size);
    if (content !== null) this.#content = SendContent.adopt(content, file);
  }

  /** Whether `source` answers at once. */
  get readable(): boolean {
    return this.#source.readable;
  }

  get isOpening(): boolean {
    return this.#source.opening;
  }

  /** @throws SourceError */
  source(): Promise<Source> {
    return this.#source.get();
  }

  /** Its source was looked for and is the same file as before. */
  adoptSource(source: Source): void {
    this.#source.adopt(source);
    this.#mending = false;
    if (this.#state === 'needs-you') this.#state = 'waiting';
    this.#needs = null;
  }

  /** [TR3] Draws salt and tag and tells the receiver; chunks may be pulled from now on. */
  start(link: SessionLink): void {
    const { transferId } = this.#owner;
    const { fileId } = this;
    const content = this.#contentFor(link);
    const salt = this.#context.random(32);
    const run = new SendRun({ link, transferId, fileId, content, salt });
    this.#run = run;
    if (this.#life === 'fresh') this.#life = 'begun';
    this.#affirmed = false;
    this.#state = 'transferring';
    ignoreFailure(this.#learnLeaves(run));
    this.#finishIfSent(run);
  }

  /** The next chunk to go, or null. */
  next(): ChunkJob | null {
    const run = this.#run;
    if (run === null || this.state !== 'transferring') return null;
    const index = run.pull();
    return index === null ? null : this.#job(run, index);
  }

  /**
   * [TR9] The receiver found these wrong on its disk.
   *
   * @throws SessionError
   */
  resend(chunks: readonly number[]): void {
    const run = this.#run;
    // It crossed with the end of the file here.
    if (run === null && (this.over || this.state !== 'verifying')) return;
    if (run === null) throw new SessionError('out-of-state', 'resend');
    run.resend(chunks);
    this.#state = 'transferring';
    this.#owner.onAgain(this);
  }

  /** A page of what the receiver kept from an earlier session. @throws SessionError */
  have({ chunkSize, from, bitmap }: Extract<ToSender, { type: 'have' }>): void {
    if (this.over) return;
    if (this.#run !== null || this.small) throw new SessionError('out-of-state', 'have');
    // One that forgot after a crash takes the receiver's word for how it was cut.
    const content = (this.#content ??= SendContent.fresh(
      this.size,
      chunkSize,
      this.#journalFile(),
    ));
    // The `start` that cut it anew never arrived: the receiver's is void.
    if (content.layout.chunkSize !== chunkSize) return;
    if (!content.held.addPage(from, bitmap)) throw new SessionError('wrong-length', 'have');
  }

  /**
   * [TR11] The receiver has verified the file. `unknown`: not all of it left, as far as is known
   * here: see `isContent`.
   *
   * @throws SessionError
   */
  stored(root: Uint8Array): 'delivered' | 'unknown' {
    if (this.#life === 'fresh') throw new SessionError('out-of-state', 'stored');
    const known = this.#root ?? this.#knownRoot();
    if (known !== null) {
      if (!equalBytes(known, root)) throw new SessionError('bad-leaves', 'another root');
      this.#root = known;
      // An earlier life told the root and did not write it down; the receiver compared it then.
    } else if (this.#life === 'restored' && this.#run === null) this.#root = Uint8Array.from(root);
    else return 'unknown';
    this.#alreadyThere = this.#affirmed;
    this.#deliver();
    return 'delivered';
  }

  /** A repeated `stored` or `there` for this delivered file: false where it is another claim. */
  confirm(root: Uint8Array): boolean {
    this.#confirmed = true;
    return this.#root === null || equalBytes(this.#root, root);
  }

  /** A new session: what the receiver has is what it says it has. */
  doubt(): void {
    this.#confirmed = false;
  }

  /** The receiver knows nothing of what was taken for delivered: true where it goes again. */
  revive(): boolean {
    if (!this.delivered || this.#confirmed) return false;
    this.#successor = null;
    this.#state = 'waiting';
    this.#alreadyThere = false;
    return true;
  }

  // In a pack ([TR16]).

  /** It is read for a pack, or on its way in one. */
  packed(): void {
    if (this.#life === 'fresh') this.#life = 'begun';
    this.#state = 'transferring';
  }

  /** [TR6] What it hashes to now; false where it was something else when it was first read. */
  recordRoot(root: Bytes): boolean {
    if (this.#root !== null) return equalBytes(this.#root, root);
    this.#root = root;
    return true;
  }

  packSent(): void {
    if (this.#state === 'transferring') this.#state = 'verifying';
  }

  /** Its pack came to nothing, or the receiver does not have it: false when once too often. */
  unpacked(missing: boolean): boolean {
    if (this.#state !== 'transferring' && this.#state !== 'verifying') return true;
    this.#state = 'waiting';
    if (missing) this.#packTries++;
    return this.#packTries <= MAX_TRIES_PER_CHUNK;
  }

  packStored(root: Bytes): void {
    if (this.over) return;
    this.#root = root;
    this.#deliver();
  }

  /**
   * Reads and hashes all of it: whether it is what the receiver says it has, and then it is
   * delivered. Null where the file ended or was held up meanwhile.
   *
   * @param alreadyThere [TR18] from an earlier transfer: then the receiver has to hear of it, and
   *   to write it down, before it is delivered
   * @throws SourceError
   */
  async isContent(root: Uint8Array, alreadyThere: boolean): Promise<boolean | null> {
    if (this.over || this.#run !== null) return null;
    const known = this.#content;
    this.#state = 'verifying';
    for (const chunkSize of new Set([known?.layout.chunkSize ?? CHUNK_SIZES[2], ...CHUNK_SIZES])) {
      const content = SendContent.fresh(this.size, chunkSize, null);
      this.#content = content;
      if (!(await this.#hash(content))) return null;
      if (!equalBytes(content.root(), root)) continue;
      this.#root = content.root();
      this.#affirmed = alreadyThere;
      if (this.#life === 'fresh') this.#life = 'begun';
      if (!alreadyThere) this.#deliver();
      return true;
    }
    this.#content = known;
    this.#state = 'waiting';
    return false;
  }

  async #hash(content: SendContent): Promise<boolean> {
    const { layout } = content;
    const buffer = new Uint8Array(1 + Math.min(layout.chunkSize, this.size));
    for (let index = 0; index < layout.count; index++) {
      const prefixed = buffer.subarray(0, 1 + chunkLength(layout, index));
      await this.#read(content, index, prefixed.subarray(1));
      content.record(index, await leafOf(prefixed), 0);
      if (this.#content !== content || this.#state !== 'verifying') return false;
    }
    return true;
  }

  /** The session went, or the receiver dropped what was under way: what was sent may not be there. */
  detach(): void {
    this.#endRun();
    if (this.over || this.#state === 'needs-you') return;
    this.#state = 'waiting';
    this.#content?.forgetHeld();
  }

  /** Its source is looked for anew: until then nothing of it goes. */
  hold(): void {
    this.#breakOff();
    if (this.over) return;
    this.#mending = true;
    this.#state = 'waiting';
  }

  /** Nothing of it goes until a person has made it readable. */
  need(what: NeedsSender): void {
    this.#breakOff();
    if (this.over) return;
    this.#mending = false;
    this.#state = 'needs-you';
    this.#needs = what;
  }

  setPaused(by: Party, paused: boolean): void {
    this.pauses.set(by, paused);
  }

  /** Ends it; whatever it is, it is not delivered. */
  end(state: 'failed' | 'cancelled' | 'replaced', reason: FailureReason | null = null): void {
    this.#endRun();
    if (this.over) return;
    this.#state = state;
    this.#reason = reason;
    if (state === 'replaced') this.#successor = null;
    this.#letGo();
  }

  /** What is known is written down; resolves when it has its hands off the store. */
  async close(): Promise<void> {
    this.#endRun();
    await this.#content?.save();
    await this.#leaving;
  }

  #contentFor(link: SessionLink): SendContent {
    const limit = link.lanes.maxMessageSize;
    const known = this.#content;
    if (known !== null && fitsMessage(known.layout.chunkSize, limit)) return known;
    const chunkSize = chooseChunkSize(this.size, limit, link.rate);
    if (chunkSize === null) throw new SessionError('message-size');
    if (known !== null) ignoreFailure(known.drop());
    this.#content = SendContent.fresh(this.size, chunkSize, this.#journalFile());
    return this.#content;
  }

  #knownRoot(): Bytes | null {
    const content = this.#content;
    return content?.recorded.full === true ? content.root() : null;
  }

  #job(run: SendRun, index: number): ChunkJob {
    const length = chunkLength(run.content.layout, index);
    const bytes = length + CHUNK_TAG_BYTES;
    return {
      header: { tag: run.tag, fileId: this.fileId, chunkIndex: index },
      bytes,
      live: () => this.#run === run,
      seal: (scratch) => this.#seal(run, index, scratch.subarray(0, 1 + length)),
      sent: () => {
        run.left(index);
        this.#owner.onSent(bytes);
        this.#finishIfSent(run);
      },
      failed: (error) => this.#failed(run, error),
      lost: () => {
        run.lost(index);
        if (this.#state !== 'transferring') this.#state = 'transferring';
        this.#owner.onAgain(this);
      },
    };
  }

  async #seal(run: SendRun, index: number, scratch: Bytes): Promise<Uint8Array> {
    const chunk = scratch.subarray(1);
    const { content } = run;
    await this.#read(content, index, chunk);
    const [leaf, sealed] = await Promise.all([leafOf(scratch), run.cipher.encrypt(index, chunk)]);
    // Discarding `sealed` here is what keeps a nonce from being used for two plaintexts.
    if (!content.record(index, leaf, chunk.length)) throw new ContentChanged();
    return sealed;
  }

  async #read(content: SendContent, index: number, into: Bytes): Promise<void> {
    await this.#source.read(index * content.layout.chunkSize, into);
  }

  /** [TR17] The receiver kept chunks whose leaves a crash took from this side: they are read again. */
  async #learnLeaves(run: SendRun): Promise<void> {
    const { content } = run;
    const { layout } = content;
    const unknown = run.chunksWithoutLeaf();
    if (unknown.length === 0) return;
    run.unknownLeaves = unknown.length;
    const buffer = new Uint8Array(1 + Math.min(layout.chunkSize, this.size));
    try {
      for (const index of unknown) {
        const prefixed = buffer.subarray(0, 1 + chunkLength(layout, index));
        await this.#read(content, index, prefixed.subarray(1));
        const leaf = await leafOf(prefixed);
        if (this.#run !== run) return;
        content.record(index, leaf, prefixed.length - 1);
        run.unknownLeaves--;
      }
      this.#finishIfSent(run);
    } catch (error) {
      this.#failed(run, error);
    }
  }

  #failed(run: SendRun, error: unknown): void {
    if (this.#run !== run) return;
    if (error instanceof ContentChanged) this.#owner.onChanged(this);
    else this.#owner.onUnreadable(this, error);
  }

  #finishIfSent(run: SendRun): void {
    if (this.#run !== run || this.#state !== 'transferring') return;
    if (!run.complete) return;
    this.#state = 'verifying';
    this.#root = run.close() ?? this.#root;
    this.#owner.onAllSent(this);
  }

  #deliver(): void {
    this.#endRun();
    this.#confirmed = true;
    this.#state = 'delivered';
    this.#needs = null;
    this.#letGo();
  }

  #letGo(): void {
    this.#successor?.end('replaced');
    void this.#source.close();
    const content = this.#content;
    if (this.#state !== 'delivered') this.#content = null;
    if (content === null) return;
    const { transferId } = this.#owner;
    // Its journal goes with it; of a transfer that is over nothing is left in the store.
    this.#leaving = content.drop();
    const { sinks } = this.#context;
    ignoreFailure(this.#leaving.then(() => sinks.remove(transferId, this.fileId)));
  }

  /** As `endRun`, and tells the receiver, which has the file open. */
  #breakOff(): void {
    const run = this.#run;
    this.#endRun();
    if (run === null) return;
    // What is under way is dropped there: nobody knows how much of it arrived before.
    this.#content?.forgetHeld();
    run.link.post({ type: 'stop', transferId: this.#owner.transferId, fileId: this.fileId });
  }

  #endRun(): void {
    const run = this.#run;
    if (run === null) return;
    this.#run = null;
    run.end();
  }

  #journalFile() {
    const { sinks, clock } = this.#context;
    return { sinks, clock, transferId: this.#owner.transferId, fileId: this.fileId };
  }
}

function isOver(state: StoredFile['state']): state is SendFileState {
  return (
    state === 'delivered' || state === 'failed' || state === 'cancelled' || state === 'replaced'
  );
}

/** [TR6] The bytes of a chunk are not those that were recorded. */
class ContentChanged extends Error {}
