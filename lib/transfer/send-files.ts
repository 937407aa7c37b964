import type { Bytes } from '../crypto/bytes.ts';
import { MAX_FILES, MAX_VERSIONS } from '../protocol/limits.ts';
import type { OfferedItem } from '../protocol/messages.ts';
import { safePath } from '../protocol/names.ts';
import { SNAPSHOT_FILES, SOURCES_AHEAD } from './constants.ts';
import { ignoreFailure, type TransferContext } from './context.ts';
import { SessionError, SourceError } from './errors.ts';
import type { ChunkJob } from './lanes.ts';
import type { OpenedSource, Source } from './ports.ts';
import type { FileSnapshot, StoredFile } from './records.ts';
import { SendFile, type SendFileOwner } from './send-file.ts';
import { SendPacks, type PacksOwner } from './send-packs.ts';
import type { SessionLink } from './session-link.ts';
import type { FailureReason, NeedsSender } from './states.ts';
import { WaitingFiles } from './waiting-files.ts';

/** What the files' transfer does with their news. */
export interface SendFilesOwner {
  readonly transferId: string;
  readonly deviceId: string;
  /** Chunks of so many bytes of ciphertext left. */
  onSent(bytes: number): void;
  /** It begins, or begins again, in this session. */
  onStarted(file: SendFile): void;
  /** States of files changed: what the transfer's is may follow. */
  onFiles(): void;
  /** These are delivered, or otherwise over: written down. */
  onSettled(files: readonly SendFile[]): void;
  /** [TR19] Resolves when these records are written, or cannot be. */
  onReplacing(records: readonly StoredFile[]): Promise<void>;
  /** [TR19] */
  onReplaced(file: SendFile, by: SendFile): void;
  /** One file cannot be sent: the receiver is told. */
  onFileFailed(file: SendFile, reason: FailureReason): void;
}

/** All files of one outgoing transfer: which chunk goes next, and what becomes of a lost source. */
export class SendFiles implements SendFileOwner, PacksOwner {
  readonly #context: TransferContext;
  readonly #owner: SendFilesOwner;
  readonly #files = new Map<number, SendFile>();
  readonly #small = new WaitingFiles([]);
  readonly #large = new WaitingFiles([]);
  readonly #open = new Set<SendFile>();
  readonly #packs: SendPacks;
  /** What the receiver says it has of files that could not be read yet to find out. */
  readonly #claims = new Map<SendFile, { readonly root: Bytes; readonly alreadyThere: boolean }>();
  #nextId = 0;
  #opening = 0;
  #link: SessionLink | null = null;
  // Kept as they change: a transfer may have thousands of files.
  #delivered = 0;

  constructor(context: TransferContext, owner: SendFilesOwner) {
    this.#context = context;
    this.#owner = owner;
    this.#packs = new SendPacks(context, this);
  }

  get transferId(): string {
    return this.#owner.transferId;
  }

  get all(): IterableIterator<SendFile> {
    return this.#files.values();
  }

  /** Those that are offered: a replaced one is not. */
  get current(): SendFile[] {
    return [...this.#files.values()].filter(({ state }) => state !== 'replaced');
  }

  get delivered(): number {
    return this.#delivered;
  }

  get bytesLeft(): number {
    let bytes = 0;
    for (const file of this.#files.values()) if (!file.over) bytes += file.size - file.doneBytes;
    return bytes;
  }

  /** Every one: of one that was cancelled the receiver may not have heard. */
  get allDelivered(): boolean {
    for (const file of this.#files.values()) {
      if (!file.delivered && file.state !== 'replaced') return false;
    }
    return true;
  }

  get doneBytes(): number {
    let bytes = 0;
    for (const file of this.#files.values()) if (file.state !== 'replaced') bytes += file.doneBytes;
    return bytes;
  }

  add(item: OfferedItem, source: Source | null, version = 0): SendFile {
    return this.#register(new SendFile(item, source, this.#context, this, version));
  }

  #register(file: SendFile): SendFile {
    this.#files.set(file.fileId, file);
    this.#nextId = Math.max(this.#nextId, file.fileId + 1);
    (file.small ? this.#small : this.#large).add(file);
    return file;
  }

  /** After files were restored. */
  count(): void {
    this.#delivered = [...this.#files.values()].filter((file) => file.delivered).length;
  }

  /** @throws SessionError `unknown-file` */
  get(fileId: number): SendFile {
    const file = this.#files.get(fileId);
    if (file === undefined) throw new SessionError('unknown-file');
    return file;
  }

  find(fileId: number): SendFile | undefined {
    return this.#files.get(fileId);
  }

  /** What a view shows of all of them. */
  summary(): { title?: string; alreadyThere?: number } {
    let title: string | undefined;
    let alreadyThere = 0;
    for (const file of this.#files.values()) {
      const { state } = file;
      if (state === 'replaced') continue;
      title ??= safePath(file.item.path);
      if (file.alreadyThere) alreadyThere++;
    }
    return { ...(title !== undefined && { title }), ...(alreadyThere > 0 && { alreadyThere }) };
  }

  /** The first that are not done, or, when all are, the first of all. */
  snapshots(): FileSnapshot[] {
    const listed: SendFile[] = [];
    for (const file of this.#files.values()) {
      if (listed.length >= SNAPSHOT_FILES) break;
      if (!file.over) listed.push(file);
    }
    for (const file of this.#files.values()) {
      if (listed.length >= SNAPSHOT_FILES) break;
      if (file.over && file.state !== 'replaced') listed.push(file);
    }
    return listed.sort((a, b) => a.fileId - b.fileId).map((file) => file.snapshot());
  }

  attach(link: SessionLink): void {
    this.#link = link;
    this.#claims.clear();
    for (const file of this.#files.values()) file.doubt();
    this.#rewind();
  }

  /** The session went (`lasts` false), or the receiver drops what is under way in it. */
  detach(lasts: boolean): void {
    if (!lasts) this.#link = null;
    this.#open.clear();
    this.#packs.detach(lasts);
    for (const file of this.#files.values()) {
      file.detach();
      // The other side's word ends with its session.
      if (!lasts) file.setPaused('peer', false);
    }
    this.#rewind();
  }

  /**
   * The receiver has accepted, and said what it has: what was taken for delivered and is not among
   * that goes again. Answers those files.
   */
  reviveForgotten(): SendFile[] {
    const revived = [...this.#files.values()].filter((file) => file.revive());
    this.#delivered -= revived.length;
    if (revived.length > 0) this.#rewind();
    return revived;
  }

  /** Something waits again. */
  again(): void {
    this.#rewind();
    this.#link?.lanes.pump();
  }

  nextChunk(link: SessionLink): ChunkJob | null {
    for (const file of this.#open) {
      const job = file.next();
      if (job !== null) return job;
    }
    const pack = this.#packs.next(this.#small, link);
    if (pack !== null) return pack;
    for (let file = this.#large.peek(); file !== null && link.roomForFile;) {
      if (!file.readable) {
        this.#openAhead();
        return null;
      }
      this.#large.take();
      this.#open.add(file);
      file.start(link);
      this.#owner.onStarted(file);
      const job = file.next();
      if (job !== null) {
        this.#openAhead();
        return job;
      }
      file = this.#large.peek();
    }
    return null;
  }

  /** @throws SessionError */
  packStored(tag: number, missing: readonly number[]): void {
    this.#packs.stored(tag, missing);
  }

  /**
   * The receiver says that it has stored this file. @throws SessionError
   *
   * @returns false where that has to be found out by reading the file
   */
  stored(file: SendFile, root: Uint8Array): void {
    if (file.over) {
      if (file.delivered && !file.confirm(root)) throw new SessionError('bad-leaves', 'root');
      return;
    }
    if (file.stored(root) === 'delivered') this.#settle([file]);
    else this.claim(file, root, false);
  }

  /**
   * [TR18], or a file that an earlier life of this document sent: read, and compared.
   *
   * @throws SessionError
   */
  claim(file: SendFile, root: Uint8Array, alreadyThere: boolean): void {
    const claimed = Uint8Array.from(root);
    if (file.delivered) {
      // Compared in an earlier session, which the receiver's word for it did not outlast.
      if (!file.confirm(claimed)) throw new SessionError('bad-leaves', 'root');
      return this.#affirm(file, claimed);
    }
    this.#claims.set(file, { root: claimed, alreadyThere });
    file.isContent(claimed, alreadyThere).then(
      (same) => {
        if (same !== null) this.#claims.delete(file);
        if (same === true) {
          if (alreadyThere) this.#affirm(file, claimed);
          else this.#settle([file]);
        } else if (same === false) {
          // What the receiver has stored is another version; what it had before, only a namesake.
          if (alreadyThere) this.again();
          else this.onChanged(file);
        }
        this.#owner.onFiles();
      },
      (error: unknown) => this.onUnreadable(file, error),
    );
  }

  /** A person looks for the sources of those that need one. Resolves when all were tried. */
  async reopen(): Promise<void> {
    const needing = [...this.#files.values()].filter(({ state }) => state === 'needs-you');
    for (const file of needing) {
      file.hold();
      await this.#mend(file, 'lost');
    }
  }

  /**
   * Whether the first file that is to go can be read: it says what the others need as well.
   *
   * @param begun whether the receiver may have some of it
   */
  async probe(begun: boolean): Promise<void> {
    const first = [...this.#files.values()].find((file) => !file.over);
    if (first === undefined) return;
    try {
      await first.source();
    } catch (error) {
      // Nobody can help, and the receiver may have it by now: it fails when it is to be sent.
      if (begun && error instanceof SourceError && error.code === 'source-unreadable') return;
      this.onUnreadable(first, error);
    }
  }

  endAll(state: 'failed' | 'cancelled', reason: FailureReason | null): void {
    this.#open.clear();
    this.#packs.detach(true);
    for (const file of this.#files.values()) file.end(state, reason);
    this.#link = null;
  }

  async close(): Promise<void> {
    this.#packs.detach(false);
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }

  // What the files and packs tell.

  onSent(bytes: number): void {
    this.#owner.onSent(bytes);
  }

  onAllSent(): void {
    this.#owner.onFiles();
  }

  onAgain(): void {
    this.#owner.onFiles();
  }

  onPackSent(): void {
    this.#owner.onFiles();
  }

  onPackAgain(): void {
    this.#owner.onFiles();
  }

  onPackStored(files: readonly SendFile[]): void {
    this.#rewind();
    this.#settle(files);
  }

  onMissing(file: SendFile): void {
    this.#fail(file, 'verify-failed');
  }

  onChanged(file: SendFile): void {
    this.#take(file);
    void this.#mend(file, 'changed');
  }

  onUnreadable(file: SendFile, error: unknown): void {
    // Found out twice, by two that read it: it is looked for once.
    if (file.mending) return;
    this.#take(file);
    const code = error instanceof SourceError ? error.code : 'source-unreadable';
    if (code === 'needs-permission') this.#need(file, 'allow-file');
    else if (code === 'choose-again') this.#need(file, 'choose-file');
    else void this.#mend(file, 'unreadable');
  }

  #take(file: SendFile): void {
    this.#open.delete(file);
    file.hold();
    this.#owner.onFiles();
  }

  /** Finds the source anew; another version of the file starts under another id ([TR19]). */
  async #mend(file: SendFile, why: 'changed' | 'unreadable' | 'lost'): Promise<void> {
    let opened: OpenedSource;
    try {
      const { transferId } = this;
      opened = await this.#context.sources.open({ transferId, fileId: file.fileId });
    } catch (error) {
      const code = error instanceof SourceError ? error.code : 'source-unreadable';
      if (code === 'needs-permission') return this.#need(file, 'allow-file');
      if (code === 'choose-again') return this.#need(file, 'choose-file');
      return this.#fail(file, 'source-unreadable');
    }
    const { source, modified } = opened;
    if (file.over) return void source.close?.();
    const same = source.size === file.size && modified === file.item.modified;
    if (!same || why === 'changed') return this.#replace(file, opened);
    if (why === 'unreadable' && file.mends++ > 0) {
      await source.close?.();
      return this.#need(file, 'choose-file');
    }
    file.adoptSource(source);
    // What the receiver said of it is still to be found out.
    const claim = this.#claims.get(file);
    if (claim !== undefined) this.claim(file, claim.root, claim.alreadyThere);
    this.#owner.onFiles();
    this.again();
  }

  #need(file: SendFile, what: NeedsSender): void {
    file.need(what);
    this.#owner.onFiles();
    this.#link?.lanes.pump();
  }

  async #replace(file: SendFile, { source, modified }: OpenedSource): Promise<void> {
    if (file.version + 1 >= MAX_VERSIONS || this.#nextId >= MAX_FILES) {
      void source.close?.();
      return this.#fail(file, 'source-changed');
    }
    if (file.yields) return void source.close?.();
    const { path, mime } = file.item;
    const fileId = this.#nextId++;
    const item = { fileId, path, mime, size: source.size, modified };
    const by = new SendFile(item, source, this.#context, this, file.version + 1);
    by.pauses.set('me', file.pauses.mine);
    file.yieldTo(by);
    // Written down before anyone hears of it: a restart must not give the id to another version.
    await this.#owner.onReplacing(file.records());
    this.#replaced(file, by);
  }

  #replaced(file: SendFile, by: SendFile): void {
    if (by.over) {
      // The file came to an end meanwhile: the record says so again, also of a transfer that is over.
      ignoreFailure(this.#owner.onReplacing([file.record(), by.record()]));
      file.keepPlace(by);
      if (file.over) this.#owner.onSettled([file]);
      // The receiver had forgotten it, so it goes once more: as what its source is by now.
      else if (!file.yields) void this.#mend(file, 'changed');
      return;
    }
    if (by.pauses.mine !== file.pauses.mine) {
      by.pauses.set('me', file.pauses.mine);
      ignoreFailure(this.#owner.onReplacing([by.record()]));
    }
    this.#register(by);
    file.end('replaced');
    const { transferId } = this;
    const { fileId } = by;
    ignoreFailure(
      this.#context.sources.move({ transferId, fileId: file.fileId }, { transferId, fileId }),
    );
    this.#owner.onReplaced(file, by);
    this.again();
  }

  /** [TR18] The receiver was right: it has what this file is. */
  #affirm({ fileId }: SendFile, merkleRoot: Bytes): void {
    const { transferId } = this;
    this.#link?.post({ type: 'file-end', transferId, fileId, merkleRoot });
  }

  #fail(file: SendFile, reason: FailureReason): void {
    if (file.over) return;
    file.end('failed', reason);
    this.#owner.onFileFailed(file, reason);
    this.#settle([file]);
  }

  #settle(files: readonly SendFile[]): void {
    for (const file of files) {
      this.#open.delete(file);
      if (file.delivered) this.#delivered++;
    }
    this.#owner.onSettled(files);
    this.#link?.lanes.pump();
  }

  #openAhead(): void {
    for (const file of this.#files.values()) {
      if (this.#opening >= SOURCES_AHEAD) return;
      if (file.small || file.readable || !file.waits || file.isOpening) continue;
      this.#opening++;
      void file
        .source()
        .catch((error: unknown) => this.onUnreadable(file, error))
        .finally(() => {
          this.#opening--;
          this.#link?.lanes.pump();
        });
    }
  }

  #rewind(): void {
    this.#small.rewind();
    this.#large.rewind();
  }
}
