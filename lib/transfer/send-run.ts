import type { Bytes } from '../crypto/bytes.ts';
import type { ChunkCipher } from '../crypto/chunk-cipher.ts';
import { HASH_BYTES, MAX_LEAVES_PER_MESSAGE, MAX_TRIES_PER_CHUNK } from '../protocol/limits.ts';
import { Bitmap } from './bitmap.ts';
import { LEAVES_STEP } from './constants.ts';
import { SessionError } from './errors.ts';
import type { SendContent } from './send-content.ts';
import type { SessionLink } from './session-link.ts';

export interface SendRunOptions {
  readonly link: SessionLink;
  readonly transferId: string;
  readonly fileId: number;
  readonly content: SendContent;
  /** 32 fresh random bytes ([TR3]). */
  readonly salt: Bytes;
}

/** One `start` of a file in one session: which chunks went, go again, or were never pulled. */
export class SendRun {
  readonly link: SessionLink;
  readonly tag: number;
  readonly cipher: ChunkCipher;
  readonly content: SendContent;
  readonly sent: Bitmap;
  readonly #transferId: string;
  readonly #fileId: number;
  /** Held by the receiver, or pulled at least once: what has to go again is in `#again`. */
  readonly #pulled: Bitmap;
  /** No chunk before this one is still to be pulled for the first time. */
  #cursor = 0;
  /** Asked for again, or lost with a lane. */
  readonly #again: number[] = [];
  readonly #tries = new Map<number, number>();
  #underWay = 0;
  /** Leaves that were told in this run. */
  #told = 0;
  /** Chunks that the receiver holds and whose leaf is not known here, being read or to be read. */
  unknownLeaves = 0;
  /** `file-end` goes once, also where chunks go again. */
  #closing: 'due' | 'told' = 'due';

  /** Tells the receiver; chunks may be pulled from now on. */
  constructor({ link, transferId, fileId, content, salt }: SendRunOptions) {
    const { layout, held } = content;
    this.link = link;
    this.tag = link.openFile();
    this.cipher = link.outgoingCipher({ transferId, fileId, layout, salt });
    this.content = content;
    this.#transferId = transferId;
    this.#fileId = fileId;
    this.sent = new Bitmap(layout.count);
    this.sent.addPage(0, held.page(0, Infinity));
    this.#pulled = new Bitmap(layout.count);
    this.#pulled.addPage(0, held.page(0, Infinity));
    const { tag } = this;
    link.post({ type: 'start', transferId, fileId, salt, tag, chunkSize: layout.chunkSize });
  }

  /** The index of the next chunk to go, or null. */
  pull(): number | null {
    let index: number | null = this.#again.shift() ?? null;
    if (index === null) {
      index = this.#pulled.firstMissing(this.#cursor);
      this.#cursor = index === null ? this.#pulled.count : index + 1;
      if (index === null) return null;
      this.#pulled.add(index);
    }
    this.#underWay++;
    return index;
  }

  /** The chunk was handed to a lane. */
  left(index: number): void {
    this.#underWay--;
    this.sent.add(index);
    this.tellLeaves(LEAVES_STEP);
  }

  /** The chunk went with its lane. */
  lost(index: number): void {
    // Still under way when it was never handed over; otherwise it had been counted as sent.
    if (this.sent.has(index)) this.sent.delete(index);
    else this.#underWay--;
    this.#again.push(index);
  }

  /** [TR9] The receiver found these wrong on its disk. @throws SessionError */
  resend(chunks: readonly number[]): void {
    if (this.#closing !== 'told') throw new SessionError('out-of-state', 'resend');
    for (const index of chunks) {
      if (index >= this.sent.count) throw new SessionError('unknown-chunk');
      const tries = (this.#tries.get(index) ?? 0) + 1;
      if (tries > MAX_TRIES_PER_CHUNK) throw new SessionError('over-limit', 'resend');
      this.#tries.set(index, tries);
      if (!this.sent.has(index)) throw new SessionError('out-of-state', 'asked for twice');
      this.sent.delete(index);
      this.#again.push(index);
    }
  }

  /** Held by the receiver, and read by nobody here yet ([TR17]). */
  chunksWithoutLeaf(): number[] {
    const { layout, recorded } = this.content;
    const unknown: number[] = [];
    for (let index = 0; index < layout.count; index++) {
      if (this.sent.has(index) && !recorded.has(index)) unknown.push(index);
    }
    return unknown;
  }

  /** Whether all of it left and all of its leaves are known. */
  get complete(): boolean {
    return this.sent.full && this.#underWay === 0 && this.unknownLeaves === 0;
  }

  /** The rest of the leaves, and the root that they make. Null where it was told before. */
  close(): Bytes | null {
    if (this.#closing === 'told') return null;
    this.#closing = 'told';
    this.tellLeaves(1);
    const merkleRoot = this.content.root();
    const transferId = this.#transferId;
    this.link.post({ type: 'file-end', transferId, fileId: this.#fileId, merkleRoot });
    return merkleRoot;
  }

  /** [TR8] In order and without gaps, as soon as there are `least` more of them. */
  tellLeaves(least: number): void {
    const { known, leaves } = this.content;
    if (known - this.#told < least) return;
    const transferId = this.#transferId;
    const fileId = this.#fileId;
    while (this.#told < known) {
      const from = this.#told;
      this.#told = Math.min(known, from + MAX_LEAVES_PER_MESSAGE);
      const hashes = leaves.slice(from * HASH_BYTES, this.#told * HASH_BYTES);
      this.link.post({ type: 'leaves', transferId, fileId, from, hashes });
    }
  }

  end(): void {
    this.cipher.destroy();
    this.link.lanes.acknowledge(this.tag);
    this.link.closeFile();
  }
}
