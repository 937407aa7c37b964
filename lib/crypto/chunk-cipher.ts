/** Bulk encryption of one file's chunks, by WebCrypto: PROTOCOL.md section TR. */
import { TAG_LENGTH } from './aead.ts';
import { copyBytes, toOwnBuffer, wipe, type Bytes } from './bytes.ts';
import { CryptoError } from './errors.ts';
import { chunkGroup, chunkNonce, deriveFileKey, type FileKeyContext } from './file-keys.ts';

/** What a sealed chunk is longer than the chunk. */
export const CHUNK_OVERHEAD = TAG_LENGTH;

interface GroupKey {
  group: number;
  /** A promise, so that chunks asked for at once share one import. */
  key: Promise<CryptoKey>;
  prefix: Bytes;
}

/**
 * One file under one salt. It knows which chunk is the last and how long each must be, so that a
 * chunk can neither be cut nor moved. Whether a chunk may be sealed again under the same salt is
 * the engine's rule (its leaf must be the one recorded first).
 */
export class ChunkCipher {
  /** Chunks of the whole file; 0 for an empty one. */
  readonly chunkCount: number;
  readonly #context: FileKeyContext;
  #current: GroupKey | undefined;
  #state: 'open' | 'destroyed' = 'open';

  /**
   * @param context copied.
   * @throws CryptoError `out-of-range` for a size or chunk size that makes no file, or more chunks
   *   than a u32 counts.
   */
  constructor(context: FileKeyContext) {
    const { size, chunkSize } = context;
    if (!Number.isSafeInteger(size) || size < 0) throw new CryptoError('out-of-range', 'size');
    if (!Number.isSafeInteger(chunkSize) || chunkSize < 1) {
      throw new CryptoError('out-of-range', 'chunk size');
    }
    this.chunkCount = Math.ceil(size / chunkSize);
    if (this.chunkCount > 0xffff_ffff) throw new CryptoError('out-of-range', 'too many chunks');
    this.#context = {
      ...context,
      fileRoot: copyBytes(context.fileRoot),
      salt: copyBytes(context.salt),
      transferId: copyBytes(context.transferId),
    };
  }

  /** Plaintext bytes of a chunk. @throws CryptoError `out-of-range`. */
  chunkLength(chunkIndex: number): number {
    this.#assertIndex(chunkIndex);
    const { size, chunkSize } = this.#context;
    return chunkIndex === this.chunkCount - 1 ? size - chunkIndex * chunkSize : chunkSize;
  }

  /**
   * `plaintext` must stay as it is until the promise settles: what was hashed as the leaf and what is
   * sealed under this nonce have to be the same bytes.
   *
   * @throws CryptoError `out-of-range`, `bad-length`, `bad-state`.
   */
  async encrypt(chunkIndex: number, plaintext: Uint8Array): Promise<Bytes> {
    if (plaintext.length !== this.chunkLength(chunkIndex)) throw new CryptoError('bad-length');
    const { key, iv } = await this.#parameters(chunkIndex);
    const data = toOwnBuffer(plaintext);
    return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, data));
  }

  /** @throws CryptoError `out-of-range`, `bad-length`, `bad-tag`, `bad-state`. */
  async decrypt(chunkIndex: number, ciphertext: Uint8Array): Promise<Bytes> {
    if (ciphertext.length !== this.chunkLength(chunkIndex) + CHUNK_OVERHEAD) {
      throw new CryptoError('bad-length', 'chunk');
    }
    const { key, iv } = await this.#parameters(chunkIndex);
    const data = toOwnBuffer(ciphertext);
    try {
      return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, data));
    } catch (cause) {
      throw new CryptoError('bad-tag', undefined, { cause });
    }
  }

  destroy(): void {
    this.#state = 'destroyed';
    this.#current = undefined;
    wipe(this.#context.fileRoot);
  }

  async #parameters(chunkIndex: number): Promise<{ key: CryptoKey; iv: Bytes }> {
    if (this.#state === 'destroyed') throw new CryptoError('bad-state', 'cipher destroyed');
    const group = chunkGroup(chunkIndex);
    // One group at a time: chunks come nearly in order, a group is 4 GiB at the smallest size.
    if (this.#current?.group !== group) this.#current = this.#importGroup(group);
    const { key, prefix } = this.#current;
    const iv = chunkNonce(prefix, chunkIndex, chunkIndex === this.chunkCount - 1);
    return { key: await key, iv };
  }

  #importGroup(group: number): GroupKey {
    const { key, prefix } = deriveFileKey({ ...this.#context, group });
    // importKey copies its input before it returns, so the raw key can go at once.
    const imported = crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']);
    wipe(key);
    return { group, key: imported, prefix };
  }

  #assertIndex(chunkIndex: number): void {
    if (!Number.isInteger(chunkIndex) || chunkIndex < 0 || chunkIndex >= this.chunkCount) {
      throw new CryptoError('out-of-range', 'chunk index');
    }
  }
}
