import { MAX_FILES, MAX_VERSIONS } from '../protocol/limits.ts';
import type { EitherWay, OfferedItem, ToReceiver, ToSender } from '../protocol/messages.ts';
import { PathClaims } from '../protocol/names.ts';
import { SNAPSHOT_FILES } from './constants.ts';
import type { TransferContext } from './context.ts';
import { SessionError } from './errors.ts';
import { toldToSender } from './failures.ts';
import { sameItem, type Offer } from './offer.ts';
import { ReceiveFile, type ReceiveFileOwner } from './receive-file.ts';
import { ReceivePacks, type ReceivePacksOwner } from './receive-packs.ts';
import { Recording } from './recording.ts';
import type { FileSnapshot, StoredFile } from './records.ts';
import type { SessionLink } from './session-link.ts';
import type { FailureReason } from './states.ts';

/** What becomes of one file is its transfer's business. */
export interface ReceiveFilesOwner extends ReceiveFileOwner {
  onPackStored(files: readonly ReceiveFile[], tell: () => void): Promise<void>;
  onStorageFailed(): void;
}

/** All files of one incoming transfer, by their ids. */
export class ReceiveFiles implements ReceivePacksOwner {
  readonly #context: TransferContext;
  readonly #owner: ReceiveFilesOwner;
  readonly #files = new Map<number, ReceiveFile>();
  readonly #packs: ReceivePacks;
  readonly #claims = new PathClaims();
  /** What is verified and not yet written down. */
  readonly recording = new Recording();

  constructor(context: TransferContext, owner: ReceiveFilesOwner) {
    this.#context = context;
    this.#owner = owner;
    this.#packs = new ReceivePacks(context, this);
  }

  get transferId(): string {
    return this.#owner.transferId;
  }

  get all(): IterableIterator<ReceiveFile> {
    return this.#files.values();
  }

  /** Those of the transfer as it is now: a replaced one is not. */
  get current(): ReceiveFile[] {
    return [...this.#files.values()].filter(({ state }) => state !== 'replaced');
  }

  /** Of what is to come: what a person took out of it is not. */
  get totalBytes(): number {
    const coming = this.current.filter(({ state }) => state !== 'cancelled');
    return coming.reduce((sum, file) => sum + file.item.size, 0);
  }

  get doneBytes(): number {
    return this.current.reduce((sum, file) => sum + file.doneBytes, 0);
  }

  get stored(): number {
    let count = 0;
    for (const file of this.#files.values()) if (file.stored) count++;
    return count;
  }

  /** Bytes that are still to come. */
  get missingBytes(): number {
    let bytes = 0;
    for (const file of this.#files.values()) {
      if (!file.settled) bytes += file.item.size - file.doneBytes;
    }
    return bytes;
  }

  add(item: OfferedItem, safePath?: string, version = 0): ReceiveFile {
    const path = safePath ?? this.#claims.claim(item.path);
    // One that is restored has its path: nothing else may get it.
    if (safePath !== undefined) this.#claims.claim(safePath);
    const file = new ReceiveFile(item, path, version, this.#context, this.#owner);
    this.#files.set(item.fileId, file);
    return file;
  }

  find(fileId: number): ReceiveFile | undefined {
    return this.#files.get(fileId);
  }

  /** @throws SessionError `unknown-file` */
  get(fileId: number): ReceiveFile {
    const file = this.#files.get(fileId);
    if (file === undefined) throw new SessionError('unknown-file');
    return file;
  }

  records(): StoredFile[] {
    return [...this.#files.values()].map((file) => file.record());
  }

  /** What a view shows of all of them. */
  summary(): { title?: string; alreadyThere?: number } {
    let title: string | undefined;
    let alreadyThere = 0;
    for (const file of this.#files.values()) {
      const { state } = file;
      if (state === 'replaced') continue;
      title ??= file.safePath;
      if (file.alreadyThere) alreadyThere++;
    }
    return { ...(title !== undefined && { title }), ...(alreadyThere > 0 && { alreadyThere }) };
  }

  /** First those whose only copy is here, then what is not stored, then what is saved. */
  snapshots(): FileSnapshot[] {
    const listed: ReceiveFile[] = [];
    const rank = (file: ReceiveFile) => (file.state === 'saved' ? 2 : file.stored ? 0 : 1);
    for (const wanted of [0, 1, 2]) {
      for (const file of this.#files.values()) {
        if (listed.length >= SNAPSHOT_FILES) break;
        if (file.state !== 'replaced' && rank(file) === wanted) listed.push(file);
      }
    }
    return listed.sort((a, b) => a.fileId - b.fileId).map((file) => file.snapshot());
  }

  /**
   * [TR12], [TR19] The offer told again: each item is one of these, or a later version of one.
   * Answers the pairs that were replaced; nothing is changed where it is another offer.
   *
   * @throws SessionError `bad-manifest`
   */
  reconcile(offer: Offer): { old: ReceiveFile; item: OfferedItem }[] {
    const offered = new Map(offer.items.map((item) => [item.fileId, item]));
    const fresh: OfferedItem[] = [];
    for (const item of offer.items) {
      const file = this.#files.get(item.fileId);
      if (file === undefined) fresh.push(item);
      else if (!sameItem(file.item, item) || file.state === 'replaced') throw otherOffer();
    }
    const gone = this.current.filter((file) => !offered.has(file.fileId));
    return fresh.map((item) => {
      // The last version: an older one that was stored before it was replaced is still here.
      const at = gone.findLastIndex((file) => file.item.path === item.path);
      const [old] = at < 0 ? [] : gone.splice(at, 1);
      if (old === undefined) throw otherOffer();
      if (old.version + 1 >= MAX_VERSIONS) throw new SessionError('over-limit', 'versions');
      return { old, item };
    });
  }

  /** [TR19] @throws SessionError `bad-manifest` */
  assertReplaceable(old: ReceiveFile, item: OfferedItem): void {
    const taken = this.#files.has(item.fileId) || item.fileId >= MAX_FILES;
    if (old.version + 1 >= MAX_VERSIONS) throw new SessionError('over-limit', 'versions');
    if (
      taken ||
      old.state === 'replaced' ||
      item.path !== old.item.path ||
      item.mime !== old.item.mime
    ) {
      throw new SessionError('bad-manifest', 'replace');
    }
  }

  /** The new version, in the place of the old one. */
  replace(old: ReceiveFile, item: OfferedItem): ReceiveFile {
    const path = old.stored ? undefined : old.safePath;
    const by = this.add(item, path, old.version + 1);
    by.pauses.set('me', old.pauses.mine);
    return by;
  }

  startPack(link: SessionLink, message: Extract<ToReceiver, { type: 'pack' }>): void {
    this.#packs.start(link, message);
  }

  *held(): Generator<ToSender> {
    for (const file of this.#files.values()) yield* file.held();
  }

  /** What is stored for good, whatever becomes of the rest ([TR11]). */
  *kept(): Generator<ToSender> {
    for (const file of this.#files.values()) {
      if (file.stored && !this.recording.has(file)) yield* file.held();
    }
  }

  /** What a person here did to single files, as the sender is told of it with the accept. */
  *fates(): Generator<Extract<EitherWay, { type: 'cancel' | 'pause' }>> {
    const { transferId } = this;
    for (const file of this.current) {
      const { fileId, state } = file;
      if (state === 'cancelled') {
        yield { type: 'cancel', transferId, fileId, reason: 'cancelled' };
      } else if (state === 'failed') {
        const reason = toldToSender(file.reason ?? 'verify-failed');
        yield { type: 'cancel', transferId, fileId, reason };
      } else if (file.pauses.mine) yield { type: 'pause', transferId, fileId };
    }
  }

  /**
   * Ends what is not stored, at once. Resolves when its bytes are gone; what is stored stays
   * ([BP1]).
   *
   * @param reason null where a person ended it
   * @param written asked then; resolves when the end is written down: a restart goes on with what
   *   is not, and needs its bytes
   */
  async giveUpAll(reason: FailureReason | null, written: () => Promise<void>): Promise<void> {
    this.halt();
    const partial = this.current.filter((file) => !file.settled);
    const state = reason === null ? 'cancelled' : 'failed';
    await Promise.all([...partial.map((file) => file.giveUp(state, reason)), this.idle()]);
    await written();
    const { sinks } = this.#context;
    const kept = this.places();
    if (kept.size === 0) return sinks.remove(this.transferId);
    for (const { fileId } of partial) {
      if (!kept.has(fileId)) await sinks.remove(this.transferId, fileId);
    }
  }

  /** Nothing more is taken until the sender starts again; the session lasts. */
  halt(): void {
    this.#packs.detach();
    for (const file of this.#files.values()) file.detach();
  }

  /** The session went. */
  detach(): void {
    this.#packs.detach();
    for (const file of this.#files.values()) file.forgetSession();
  }

  /** Whether the file of the disk that holds this one has nothing else that is needed. */
  lastOf(file: ReceiveFile): number | null {
    const { place } = file;
    if (place === null) return file.fileId;
    for (const other of this.#files.values()) {
      if (other.place?.fileId !== place.fileId) continue;
      if (other.needed) return null;
    }
    return place.fileId;
  }

  /** Files of the disk that hold something which is stored, and not saved for good. */
  places(): Set<number> {
    const places = new Set<number>();
    for (const file of this.#files.values()) {
      if (file.needed) places.add(file.place?.fileId ?? file.fileId);
    }
    return places;
  }

  /** Resolves when nothing touches the disk any more, and what is verified is written down. */
  async idle(): Promise<void> {
    await this.#packs.idle();
    await Promise.all([...this.#files.values()].map((file) => file.idle()));
    await this.recording.idle();
  }

  // What the packs tell.

  onChunk(bytes: number): void {
    this.#owner.onChunk(bytes);
  }

  onPackStored(files: readonly ReceiveFile[], tell: () => void): Promise<void> {
    return this.#owner.onPackStored(files, tell);
  }

  onNoRoom(): void {
    this.#owner.onNoRoom();
  }

  onStorageFailed(): void {
    this.#owner.onStorageFailed();
  }
}

function otherOffer(): SessionError {
  return new SessionError('bad-manifest', 'another offer under the same id');
}
