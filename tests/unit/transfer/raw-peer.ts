import { ChunkCipher } from '../../../lib/crypto/chunk-cipher.ts';
import { ControlOpener, ControlSealer } from '../../../lib/crypto/control-seal.ts';
import { concat, fromHex, randomBytes } from '../../../lib/crypto/bytes.ts';
import { CHUNK_HEADER_BYTES, writeChunkHeader } from '../../../lib/protocol/chunk-frame.ts';
import { MAX_PACK_BYTES, type ChunkSize } from '../../../lib/protocol/limits.ts';
import {
  decodeControl,
  encodeControl,
  type ControlMessage,
} from '../../../lib/protocol/messages.ts';
import { leafOf, merkleRoot, smallRoot } from '../../../lib/transfer/merkle.ts';
import { flush, type MemoryChannel } from './memory-channel.ts';
import { attach, newId, newWire, settle, type Device, type Wire } from './rig.ts';

/** A peer that says whatever a test wants, with the right keys, to one real engine. */
export class RawPeer {
  readonly device: Device;
  readonly wire: Wire;
  readonly received: ControlMessage[] = [];
  readonly frames: Uint8Array[] = [];
  closed = false;
  readonly #sealer: ControlSealer;
  #tag = 0;

  constructor(device: Device, deviceId = 'mallory') {
    this.device = device;
    this.wire = newWire();
    const { keys, pcId } = this.wire;
    // The engine has the initiator's end.
    this.#sealer = new ControlSealer({ controlKey: keys.control, pcId, dir: 'r2i' });
    const opener = new ControlOpener({ controlKey: keys.control, pcId, dir: 'i2r' });
    this.control.onMessage = (frame) => this.received.push(decodeControl(opener.open(frame)));
    this.lane.onMessage = (frame) => this.frames.push(frame);
    this.control.onClose = () => {
      this.closed = true;
    };
    attach(device, deviceId, this.wire, 0);
  }

  get control(): MemoryChannel {
    return this.wire.control[1];
  }

  get lane(): MemoryChannel {
    const lane = this.wire.lanes[0];
    if (lane === undefined) throw new Error('no lane');
    return lane[1];
  }

  get sessionErrors(): string[] {
    return this.device.told('session-error').map(({ code }) => code);
  }

  post(...messages: ControlMessage[]): void {
    for (const message of messages) this.postBytes(encodeControl(message));
  }

  postJson(json: unknown): void {
    this.postBytes(new TextEncoder().encode(JSON.stringify(json)));
  }

  postBytes(plaintext: Uint8Array): void {
    this.control.send(this.#sealer.seal(plaintext));
  }

  /** Of everything but pings, which come when they come. */
  types(): string[] {
    return this.received.map(({ type }) => type).filter((type) => type !== 'ping');
  }

  async quiet(): Promise<void> {
    const channels = [...this.wire.control, ...this.wire.lanes.flat()];
    await settle(
      () => flush(...channels),
      () => false,
      'quiet',
    );
  }

  /** Offers files of these contents; answers what is needed to send them. */
  offer(contents: readonly Uint8Array[], path = 'f'): string {
    const transferId = newId();
    const items = contents.map((bytes, fileId) => ({
      fileId,
      path: `${path}${fileId}`,
      size: bytes.length,
      mime: 'application/octet-stream',
      modified: 0,
    }));
    this.post(
      {
        type: 'offer-begin',
        transferId,
        kind: 'files',
        count: items.length,
        totalBytes: contents.reduce((sum, bytes) => sum + bytes.length, 0),
      },
      { type: 'offer-items', transferId, items },
      { type: 'offer-end', transferId },
    );
    return transferId;
  }

  /** Offers and has it accepted. */
  async accepted(contents: readonly Uint8Array[]): Promise<string> {
    const transferId = this.offer(contents);
    await this.quiet();
    await this.device.engine.decide(transferId, { type: 'accept' });
    await this.quiet();
    return transferId;
  }

  start(transferId: string, fileId: number, bytes: Uint8Array, chunkSize: ChunkSize = 65_536) {
    const tag = this.#tag++;
    const file = new RawFile(this, { transferId, fileId, bytes, chunkSize, tag });
    this.post({ type: 'start', transferId, fileId, salt: file.salt, tag, chunkSize });
    return file;
  }

  /** [TR16] Announces a pack of these files and answers its one chunk's frame. */
  async pack(
    transferId: string,
    files: readonly (readonly [fileId: number, bytes: Uint8Array])[],
    change: { hashes?: Uint8Array<ArrayBuffer>; index?: number; fileId?: number } = {},
  ): Promise<Uint8Array> {
    const tag = this.#tag++;
    const salt = randomBytes(32);
    const fileIds = files.map(([fileId]) => fileId);
    const content = concat(...files.map(([, bytes]) => bytes));
    const roots = files.map(([, bytes]) => smallRoot(concat(new Uint8Array(1), bytes)));
    const { hashes = concat(...(await Promise.all(roots))) } = change;
    this.post({ type: 'pack', transferId, fileIds, salt, tag, hashes });
    const cipher = new ChunkCipher({
      fileRoot: this.wire.keys.fileRoot,
      salt,
      dir: 'r2i',
      transferId: fromHex(transferId),
      fileId: fileIds[0] ?? 0,
      size: content.length,
      chunkSize: MAX_PACK_BYTES,
    });
    if (content.length === 0) return new Uint8Array(0);
    const sealed = await cipher.encrypt(0, content);
    const frame = new Uint8Array(CHUNK_HEADER_BYTES + sealed.length);
    const { index: chunkIndex = 0, fileId = fileIds[0] ?? 0 } = change;
    writeChunkHeader(frame, { tag, fileId, chunkIndex });
    frame.set(sealed, CHUNK_HEADER_BYTES);
    return frame;
  }

  /** As an honest peer sends it. */
  async sendPack(
    transferId: string,
    files: readonly (readonly [fileId: number, bytes: Uint8Array])[],
  ): Promise<void> {
    const frame = await this.pack(transferId, files);
    if (frame.length > 0) this.lane.send(frame);
  }

  /** Sends a whole file as an honest peer does. */
  async sendFile(transferId: string, fileId: number, bytes: Uint8Array): Promise<void> {
    const file = this.start(transferId, fileId, bytes);
    for (let index = 0; index < file.count; index++) await file.chunk(index);
    await file.end();
  }

  /** Expects the session to have ended with this code, and the peer to have been told. */
  endedWith(): string | undefined {
    return this.sessionErrors.at(-1);
  }
}

export class RawFile {
  readonly salt = randomBytes(32);
  readonly tag: number;
  readonly count: number;
  readonly transferId: string;
  readonly fileId: number;
  readonly #peer: RawPeer;
  readonly #bytes: Uint8Array;
  readonly #chunkSize: number;
  readonly #cipher: ChunkCipher;

  constructor(
    peer: RawPeer,
    options: {
      transferId: string;
      fileId: number;
      bytes: Uint8Array;
      chunkSize: ChunkSize;
      tag: number;
    },
  ) {
    const { transferId, fileId, bytes, chunkSize, tag } = options;
    this.#peer = peer;
    this.tag = tag;
    this.transferId = transferId;
    this.fileId = fileId;
    this.#bytes = bytes;
    this.#chunkSize = chunkSize;
    this.#cipher = new ChunkCipher({
      fileRoot: peer.wire.keys.fileRoot,
      salt: this.salt,
      dir: 'r2i',
      transferId: fromHex(transferId),
      fileId,
      size: bytes.length,
      chunkSize,
    });
    this.count = this.#cipher.chunkCount;
  }

  plain(index: number): Uint8Array {
    return this.#bytes.subarray(index * this.#chunkSize, (index + 1) * this.#chunkSize);
  }

  async frame(index: number, header: { tag?: number; fileId?: number; index?: number } = {}) {
    const sealed = await this.#cipher.encrypt(index, this.plain(index));
    const frame = new Uint8Array(CHUNK_HEADER_BYTES + sealed.length);
    const { tag = this.tag, fileId = this.fileId, index: chunkIndex = index } = header;
    writeChunkHeader(frame, { tag, fileId, chunkIndex });
    frame.set(sealed, CHUNK_HEADER_BYTES);
    return frame;
  }

  async chunk(index: number): Promise<void> {
    this.#peer.lane.send(await this.frame(index));
  }

  async leaves(): Promise<Uint8Array<ArrayBuffer>> {
    const hashes: Uint8Array[] = [];
    for (let index = 0; index < this.count; index++) {
      hashes.push(await leafOf(concat(new Uint8Array(1), this.plain(index))));
    }
    return concat(...hashes);
  }

  async end(): Promise<void> {
    const { transferId, fileId } = this;
    const hashes = await this.leaves();
    if (hashes.length > 0) this.#peer.post({ type: 'leaves', transferId, fileId, from: 0, hashes });
    this.#peer.post({ type: 'file-end', transferId, fileId, merkleRoot: merkleRoot(hashes) });
  }
}
