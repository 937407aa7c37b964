import { equalBytes, type Bytes } from '../crypto/bytes.ts';
import type { ChunkCipher } from '../crypto/chunk-cipher.ts';
import { CryptoError } from '../crypto/errors.ts';
import type { ChunkFrame } from '../protocol/chunk-frame.ts';
import {
  CHUNK_TAG_BYTES,
  HASH_BYTES,
  MAX_PACK_BYTES,
  PACK_FILE_BYTES,
} from '../protocol/limits.ts';
import type { ToReceiver } from '../protocol/messages.ts';
import { ignoreFailure, type TransferContext } from './context.ts';
import { SessionError, SinkError } from './errors.ts';
import type { ChunkTaker } from './inbox.ts';
import { smallRoot } from './merkle.ts';
import { packLayout } from './packs.ts';
import type { ReceiveFile } from './receive-file.ts';
import type { SessionLink } from './session-link.ts';

/** What the packs' transfer does with their news. */
export interface ReceivePacksOwner {
  readonly transferId: string;
  /** @throws SessionError `unknown-file` */
  get(fileId: number): ReceiveFile;
  onChunk(bytes: number): void;
  /** Verified on the disk and to be written down; then `tell` may be called. */
  onPackStored(files: readonly ReceiveFile[], tell: () => void): Promise<void>;
  onNoRoom(): void;
  onStorageFailed(): void;
}

type PackMessage = Extract<ToReceiver, { type: 'pack' }>;

interface Part {
  readonly file: ReceiveFile;
  readonly offset: number;
  readonly root: Bytes;
}

/** [TR16] Packs of small files on their way in: each is one chunk and lies in one file of the disk. */
export class ReceivePacks {
  readonly #context: TransferContext;
  readonly #owner: ReceivePacksOwner;
  readonly #packs = new Set<Pack>();
  /** Dropped ones that may still have hands on the disk: what is written next waits for them. */
  #leaving: Promise<unknown> = Promise.resolve();

  constructor(context: TransferContext, owner: ReceivePacksOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /** @throws SessionError */
  start(link: SessionLink, message: PackMessage): void {
    const leaving = this.#leaving;
    const pack = new Pack(link, message, this.#context, this.#owner, leaving, () => {
      this.#packs.delete(pack);
    });
    // The sender had begun an earlier one before it heard that what is under way is dropped.
    for (const earlier of [...this.#packs]) {
      if (!earlier.awaits(message.fileIds)) continue;
      earlier.drop();
      this.#packs.delete(earlier);
    }
    this.#packs.add(pack);
    pack.begin();
  }

  /** The session went, or there is no room: nothing of them is kept. */
  detach(): void {
    const writing = [this.#leaving, ...[...this.#packs].map((pack) => pack.writing)];
    this.#leaving = Promise.allSettled(writing);
    for (const pack of this.#packs) pack.drop();
    this.#packs.clear();
  }

  /** Resolves when none that was dropped touches the disk any more. */
  async idle(): Promise<void> {
    await this.#leaving;
  }
}

class Pack implements ChunkTaker {
  readonly #link: SessionLink;
  readonly #tag: number;
  readonly #parts: readonly Part[];
  /** Its files that wait for this pack: others came in an earlier one, which is being stored. */
  readonly #own = new Set<ReceiveFile>();
  readonly #size: number;
  readonly #cipher: ChunkCipher;
  readonly #context: TransferContext;
  readonly #owner: ReceivePacksOwner;
  readonly #ended: () => void;
  readonly #before: Promise<unknown>;
  /** Settles when its hands are off the disk. */
  writing: Promise<unknown> = Promise.resolve();
  #state: 'open' | 'taken' | 'over' = 'open';

  /** @throws SessionError */
  constructor(
    link: SessionLink,
    { transferId, fileIds, hashes, salt, tag }: PackMessage,
    context: TransferContext,
    owner: ReceivePacksOwner,
    before: Promise<unknown>,
    ended: () => void,
  ) {
    if (hashes.length !== fileIds.length * HASH_BYTES || new Set(fileIds).size < fileIds.length) {
      throw new SessionError('bad-manifest', 'pack');
    }
    let offset = 0;
    const parts: Part[] = [];
    for (const [at, fileId] of fileIds.entries()) {
      const file = owner.get(fileId);
      const { size } = file.item;
      if (size > PACK_FILE_BYTES) throw new SessionError('wrong-length', 'no small file');
      parts.push({ file, offset, root: hashes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES) });
      offset += size;
    }
    if (offset > MAX_PACK_BYTES) throw new SessionError('wrong-length', 'pack');
    this.#link = link;
    this.#tag = tag;
    this.#parts = parts;
    this.#size = offset;
    this.#context = context;
    this.#owner = owner;
    this.#ended = ended;
    this.#before = before;
    const layout = packLayout(offset);
    this.#cipher = link.incomingCipher({ transferId, fileId: fileIds[0] ?? 0, layout, salt });
  }

  /** Whether its chunk is still to come and any of these files is in it. */
  awaits(fileIds: readonly number[]): boolean {
    return this.#state === 'open' && this.#parts.some(({ file }) => fileIds.includes(file.fileId));
  }

  begin(): void {
    for (const { file } of this.#parts) {
      if (!file.waits) continue;
      file.packed();
      this.#own.add(file);
    }
    if (this.#size > 0) return this.#link.inbox.expect(this.#tag, this);
    this.#link.inbox.discard(this.#tag);
    this.#state = 'taken';
    ignoreFailure(this.#store(new Uint8Array(0)));
  }

  /** @throws SessionError */
  async take(frame: ChunkFrame): Promise<void> {
    if (frame.fileId !== this.#parts[0]?.file.fileId) throw new SessionError('unknown-file');
    if (frame.chunkIndex !== 0) throw new SessionError('unknown-chunk');
    if (frame.ciphertext.length !== this.#size + CHUNK_TAG_BYTES) {
      throw new SessionError('wrong-length');
    }
    // Sent again because a lane died: the first one counts.
    if (this.#state !== 'open') return;
    this.#state = 'taken';
    let plaintext: Bytes;
    try {
      plaintext = await this.#cipher.decrypt(0, frame.ciphertext);
    } catch (error) {
      if (this.#over) return;
      throw error instanceof CryptoError ? new SessionError('wrong-tag') : error;
    }
    if (this.#over) return;
    this.#owner.onChunk(frame.ciphertext.length);
    await this.#store(plaintext);
  }

  /** Nothing of it is wanted any more. */
  drop(): void {
    if (this.#over) return;
    this.#state = 'over';
    this.#cipher.destroy();
    this.#link.inbox.drain(this.#tag);
    for (const file of this.#own) file.unpacked();
  }

  get #over(): boolean {
    return this.#state === 'over';
  }

  async #store(plaintext: Bytes): Promise<void> {
    const missing = new Set<ReceiveFile>();
    const wanted: Part[] = [];
    for (const part of this.#parts) {
      const { file } = part;
      if (file.settled) continue;
      if (!this.#own.has(file)) missing.add(file);
      else if (file.state !== 'transferring' && file.state !== 'paused') continue;
      else if (await isWhole(part, plaintext)) wanted.push(part);
      else missing.add(file);
    }
    // Dropped while it was hashed: whoever clears up after it waits only for what is being written.
    if (this.#over) return;
    // A text's or a file's place is the pack: one file of the disk for all of them.
    const place = wanted[0]?.file.fileId;
    if (place !== undefined) {
      try {
        const written = this.#write(place, plaintext, wanted);
        this.writing = written;
        if (!(await written)) {
          for (const { file } of wanted.splice(0)) missing.add(file);
        }
      } catch (error) {
        if (this.#over) return;
        const full = error instanceof SinkError && error.code === 'no-space';
        return full ? this.#owner.onNoRoom() : this.#owner.onStorageFailed();
      }
    }
    if (this.#over) return;
    this.#end();
    const stored: ReceiveFile[] = [];
    for (const { file, offset, root } of wanted) {
      // Cancelled while it was written: its bytes go with the pack's.
      if (file.settled || place === undefined) continue;
      file.packStored(root, { fileId: place, offset });
      stored.push(file);
    }
    for (const file of missing) if (this.#own.has(file)) file.unpacked();
    const { transferId } = this.#owner;
    if (place !== undefined && stored.length === 0) {
      ignoreFailure(this.#context.sinks.remove(transferId, place));
    }
    const tag = this.#tag;
    const ids = [...missing].map((file) => file.fileId);
    await this.#owner.onPackStored(stored, () => {
      this.#link.post({ type: 'pack-stored', transferId, tag, missing: ids });
    });
  }

  /** [TR9] Written, and read back from the disk. @throws SinkError */
  async #write(place: number, plaintext: Bytes, wanted: readonly Part[]): Promise<boolean> {
    await this.#before;
    const { sinks } = this.#context;
    // Written whole at once: no length is kept free for it beforehand.
    const sink = await sinks.open(this.#owner.transferId, place, 0);
    try {
      await sink.write(0, plaintext);
      await sink.flush();
      const back = new Uint8Array(plaintext.length);
      if ((await sink.read(0, back)) !== back.length) return false;
      // The bytes were right when they were written: the same bytes are right now.
      return wanted.every(({ file, offset }) => {
        const { size } = file.item;
        return equalBytes(
          back.subarray(offset, offset + size),
          plaintext.subarray(offset, offset + size),
        );
      });
    } finally {
      await sink.close();
    }
  }

  #end(): void {
    this.#state = 'over';
    this.#cipher.destroy();
    this.#link.inbox.finish(this.#tag);
    this.#ended();
  }
}

async function isWhole({ file, offset, root }: Part, plaintext: Bytes): Promise<boolean> {
  const prefixed = new Uint8Array(1 + file.item.size);
  prefixed.set(plaintext.subarray(offset, offset + file.item.size), 1);
  return equalBytes(await smallRoot(prefixed), root);
}
