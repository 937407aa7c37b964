import type { Bytes } from '../crypto/bytes.ts';
import type { ChunkCipher } from '../crypto/chunk-cipher.ts';
import { CHUNK_HEADER_BYTES } from '../protocol/chunk-frame.ts';
import { CHUNK_TAG_BYTES, HASH_BYTES, MAX_PACK_BYTES, MAX_PACK_FILES } from '../protocol/limits.ts';
import { PACKS_READY } from './constants.ts';
import { ignoreFailure, type TransferContext } from './context.ts';
import { SessionError, SourceError } from './errors.ts';
import type { ChunkJob } from './lanes.ts';
import { smallRoot } from './merkle.ts';
import { packLayout } from './packs.ts';
import type { SendFile } from './send-file.ts';
import type { SessionLink } from './session-link.ts';
import type { WaitingFiles } from './waiting-files.ts';

/** What the packs' transfer does with their news. */
export interface PacksOwner {
  readonly transferId: string;
  onSent(bytes: number): void;
  onPackSent(): void;
  onPackStored(files: readonly SendFile[]): void;
  onPackAgain(): void;
  onUnreadable(file: SendFile, error: unknown): void;
  /** [TR6] */
  onChanged(file: SendFile): void;
  onMissing(file: SendFile): void;
}

interface Pack {
  readonly link: SessionLink;
  readonly tag: number;
  readonly files: readonly SendFile[];
  readonly hashes: readonly Bytes[];
  readonly plaintext: Bytes;
  readonly cipher: ChunkCipher;
  state: 'ready' | 'under-way' | 'sent' | 'over';
}

/**
 * [TR16] Small files on their way out, several in one chunk. They are read and hashed ahead of
 * their turn, so that `pack` can say what they must hash to before its chunk leaves.
 */
export class SendPacks {
  readonly #context: TransferContext;
  readonly #owner: PacksOwner;
  readonly #packs = new Map<number, Pack>();
  readonly #ready: Pack[] = [];
  /**
   * Given up in this session, and what of them had left: the receiver may have stored it before it
   * was asked to drop anything, or after it had room again.
   */
  readonly #given = new Map<number, Pick<Pack, 'files' | 'hashes'> | null>();
  /** Being read; another session makes them void. */
  #reading = 0;
  #session = 0;

  constructor(context: TransferContext, owner: PacksOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /** The next pack to go, or null. Begins to read ahead out of `waiting`. */
  next(waiting: WaitingFiles, link: SessionLink): ChunkJob | null {
    while (this.#reading + this.#ready.length < PACKS_READY) {
      if (!link.roomForFile) break;
      const taken = takePack(waiting, link.lanes.maxMessageSize);
      if (taken.length === 0) break;
      for (const file of taken) file.packed();
      ignoreFailure(this.#read(taken, link));
    }
    const pack = this.#ready.shift();
    return pack === undefined ? null : this.#job(pack);
  }

  /**
   * The receiver has the files of a pack, but for `missing`.
   *
   * @throws SessionError
   */
  stored(tag: number, missing: readonly number[]): void {
    const pack = this.#packs.get(tag);
    if (pack === undefined) return this.#storedAfterAll(tag, missing);
    if (pack.state !== 'sent') throw new SessionError('out-of-state', 'pack-stored');
    const ids = new Set(missing);
    const stored: SendFile[] = [];
    for (const [at, file] of pack.files.entries()) {
      const root = pack.hashes[at];
      if (ids.delete(file.fileId)) {
        if (!file.unpacked(true)) this.#owner.onMissing(file);
      } else if (root !== undefined && !file.over) {
        file.packStored(root);
        stored.push(file);
      }
    }
    if (ids.size > 0) throw new SessionError('unknown-file', 'not of this pack');
    this.#end(pack);
    this.#owner.onPackStored(stored);
  }

  /** The session went, or (`lasts`) the receiver drops what is under way in it. */
  detach(lasts: boolean): void {
    this.#session++;
    this.#reading = 0;
    this.#ready.length = 0;
    if (!lasts) this.#given.clear();
    for (const pack of [...this.#packs.values()]) {
      const { tag, files, hashes } = pack;
      const left = pack.state === 'sent';
      this.#end(pack);
      if (lasts) this.#given.set(tag, left ? { files, hashes } : null);
      for (const file of pack.files) file.unpacked(false);
    }
  }

  #storedAfterAll(tag: number, missing: readonly number[]): void {
    const given = this.#given.get(tag);
    if (given === undefined) throw new SessionError('unknown-tag', 'pack');
    const stored: SendFile[] = [];
    for (const [at, file] of given?.files.entries() ?? []) {
      const root = given?.hashes[at];
      if (root === undefined || file.over || missing.includes(file.fileId)) continue;
      file.packStored(root);
      stored.push(file);
    }
    this.#owner.onPackStored(stored);
  }

  async #read(files: readonly SendFile[], link: SessionLink): Promise<void> {
    const session = this.#session;
    this.#reading++;
    // Its place among the open files, so that what is started meanwhile does not take it.
    link.holdPlace();
    const read = await Promise.all(files.map((file) => this.#readOne(file)));
    link.closeFile();
    // Detached meanwhile: they wait again, or are read for another pack.
    if (this.#session !== session) return;
    this.#reading--;
    const good = read.filter((one): one is Part => one !== null && !one.file.over);
    if (good.length > 0) this.#announce(good, link);
    link.lanes.pump();
  }

  async #readOne(file: SendFile): Promise<Part | null> {
    try {
      const source = await file.source();
      // The leaf's zero byte in front: hashed without a copy. One byte more than there should be:
      // an empty file that has grown shows no other way.
      const buffer = new Uint8Array(1 + file.size + 1);
      const read = await source.read(0, buffer.subarray(1));
      if (read !== file.size) throw new SourceError('source-changed', 'another length');
      const prefixed = buffer.subarray(0, 1 + file.size);
      const root = await smallRoot(prefixed);
      if (file.recordRoot(root)) return { file, bytes: prefixed.subarray(1), root };
      this.#owner.onChanged(file);
      return null;
    } catch (error) {
      this.#owner.onUnreadable(file, error);
      return null;
    }
  }

  #announce(parts: readonly Part[], link: SessionLink): void {
    const { transferId } = this.#owner;
    const size = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const plaintext = new Uint8Array(size);
    let at = 0;
    for (const { bytes } of parts) {
      plaintext.set(bytes, at);
      at += bytes.length;
    }
    const salt = this.#context.random(32);
    const fileIds = parts.map(({ file }) => file.fileId);
    const hashes = new Uint8Array(parts.length * HASH_BYTES);
    for (const [i, { root }] of parts.entries()) hashes.set(root, i * HASH_BYTES);
    const tag = link.openFile();
    const pack: Pack = {
      link,
      tag,
      files: parts.map(({ file }) => file),
      hashes: parts.map(({ root }) => root),
      plaintext,
      cipher: link.outgoingCipher({
        transferId,
        fileId: fileIds[0] ?? 0,
        layout: packLayout(size),
        salt,
      }),
      state: 'ready',
    };
    this.#packs.set(tag, pack);
    link.post({ type: 'pack', transferId, fileIds, salt, tag, hashes });
    if (size > 0) this.#ready.push(pack);
    else this.#sent(pack);
  }

  #job(pack: Pack): ChunkJob {
    const bytes = pack.plaintext.length + CHUNK_TAG_BYTES;
    pack.state = 'under-way';
    return {
      header: { tag: pack.tag, fileId: pack.files[0]?.fileId ?? 0, chunkIndex: 0 },
      bytes,
      live: () => pack.state !== 'over',
      seal: () => pack.cipher.encrypt(0, pack.plaintext),
      sent: () => {
        this.#owner.onSent(bytes);
        this.#sent(pack);
      },
      // Its bytes are in memory: it is the crypto that failed, and would fail for the next one.
      failed: (error) => pack.link.fail(error),
      lost: () => {
        if (pack.state === 'over') return;
        pack.state = 'ready';
        this.#ready.push(pack);
        for (const file of pack.files) if (file.state === 'verifying') file.packed();
        this.#owner.onPackAgain();
      },
    };
  }

  #sent(pack: Pack): void {
    pack.state = 'sent';
    for (const file of pack.files) file.packSent();
    this.#owner.onPackSent();
  }

  #end(pack: Pack): void {
    pack.state = 'over';
    this.#packs.delete(pack.tag);
    pack.cipher.destroy();
    pack.link.lanes.acknowledge(pack.tag);
    pack.link.closeFile();
  }
}

interface Part {
  readonly file: SendFile;
  readonly bytes: Bytes;
  readonly root: Bytes;
}

/** Files that fit together into one chunk and one message. */
function takePack(waiting: WaitingFiles, maxMessageSize: number): SendFile[] {
  const room = Math.min(MAX_PACK_BYTES, maxMessageSize - CHUNK_HEADER_BYTES - CHUNK_TAG_BYTES);
  const taken: SendFile[] = [];
  let bytes = 0;
  while (taken.length < MAX_PACK_FILES) {
    const file = waiting.peek();
    if (file === null || bytes + file.size > room) break;
    waiting.take();
    taken.push(file);
    bytes += file.size;
  }
  return taken;
}
