import { beforeEach, describe, expect, it } from 'vitest';
import { ChunkCipher } from '../../../lib/crypto/chunk-cipher.ts';
import { concat, fromHex } from '../../../lib/crypto/bytes.ts';
import { decodeChunkFrame } from '../../../lib/protocol/chunk-frame.ts';
import { MAX_PACK_BYTES } from '../../../lib/protocol/limits.ts';
import type { ControlMessage } from '../../../lib/protocol/messages.ts';
import { smallRoot } from '../../../lib/transfer/merkle.ts';
import { FakeClock } from './memory-stores.ts';
import { RawPeer } from './raw-peer.ts';
import { Device, item, newId, pattern } from './rig.ts';

type PackMessage = Extract<ControlMessage, { type: 'pack' }>;

const rootOf = (bytes: Uint8Array) => smallRoot(concat(new Uint8Array(1), bytes));

describe('packs on their way out', () => {
  let device: Device;
  let peer: RawPeer;

  beforeEach(async () => {
    device = new Device('alice', new FakeClock());
    await device.engine.start();
    peer = new RawPeer(device);
  });

  async function sent(contents: readonly Uint8Array[], credit = 100_000_000): Promise<string> {
    const transferId = newId();
    const items = contents.map((bytes, n) => item(`f${n}`, bytes));
    device.send('mallory', { transferId, kind: 'files', items });
    await peer.quiet();
    peer.post({ type: 'window', credit }, { type: 'accept', transferId });
    await peer.quiet();
    return transferId;
  }

  const packs = () =>
    peer.received.filter((message): message is PackMessage => message.type === 'pack');

  /** Answers a pack. */
  async function store({ transferId, tag }: PackMessage, missing: number[] = []): Promise<void> {
    peer.post({ type: 'pack-stored', transferId, tag, missing });
    await peer.quiet();
  }

  async function opened({ transferId, fileIds, salt }: PackMessage, size: number, at = 0) {
    const frame = decodeChunkFrame(peer.frames[at] ?? new Uint8Array(0));
    const cipher = new ChunkCipher({
      fileRoot: peer.wire.keys.fileRoot,
      salt,
      dir: 'i2r',
      transferId: fromHex(transferId),
      fileId: fileIds[0] ?? 0,
      size,
      chunkSize: MAX_PACK_BYTES,
    });
    return { frame, plaintext: await cipher.decrypt(0, frame.ciphertext) };
  }

  it('[TR16][TR4] are one chunk under the keys of a file with the first one’s id, and say what is in it', async () => {
    const contents = [pattern(10), new Uint8Array(0), pattern(65_536, 3)];
    const transferId = await sent(contents);
    const [pack] = packs();
    if (pack === undefined) throw new Error('no pack');
    expect(pack.fileIds).toEqual([0, 1, 2]);
    expect(pack.tag).toBe(0);
    const roots = await Promise.all(contents.map(rootOf));
    expect(Buffer.compare(pack.hashes, concat(...roots))).toBe(0);
    expect(peer.frames).toHaveLength(1);
    const { frame, plaintext } = await opened(pack, 65_546);
    expect([frame.tag, frame.fileId, frame.chunkIndex]).toEqual([0, 0, 0]);
    expect(Buffer.compare(plaintext, concat(...contents))).toBe(0);
    const types = peer.types();
    expect(types.filter((type) => ['start', 'leaves', 'file-end'].includes(type))).toEqual([]);
    expect(device.state(transferId)).toBe('verifying');
    await store(pack);
    expect(device.state(transferId)).toBe('delivered');
    expect(peer.received.at(-1)).toEqual({ type: 'done', transferId });
  });

  it('[TR16] of empty files need no chunk, no credit and no answer but the one', async () => {
    const transferId = await sent([new Uint8Array(0), new Uint8Array(0)], 0);
    expect(peer.frames).toEqual([]);
    const [pack] = packs();
    if (pack === undefined) throw new Error('no pack');
    expect(pack.fileIds).toEqual([0, 1]);
    await store(pack);
    expect(device.state(transferId)).toBe('delivered');
    expect(device.snapshot(transferId).wireBytes).toBe(0);
  });

  it('[TR16] have at most 256 files and what fits one chunk; larger files go by themselves', async () => {
    await sent(Array.from({ length: 257 }, () => pattern(1)));
    const lengths = packs().map(({ fileIds }) => fileIds.length);
    expect(lengths.toSorted((a, b) => b - a)).toEqual([256, 1]);
    peer = new RawPeer(device, 'eve');
    const transferId = newId();
    const sizes = [65_536, 65_536, 65_536, 65_536, 65_537];
    const items = sizes.map((size, n) => item(`f${n}`, pattern(size)));
    device.send('eve', { transferId, kind: 'files', items });
    await peer.quiet();
    peer.post({ type: 'window', credit: 10_000_000 }, { type: 'accept', transferId });
    await peer.quiet();
    expect(packs().map(({ fileIds }) => fileIds)).toEqual([[0, 1, 2], [3]]);
    const starts = peer.received.filter((message) => message.type === 'start');
    expect(starts.map(({ fileId }) => fileId)).toEqual([4]);
  });

  it('[TR10] wait for credit as any chunk', async () => {
    await sent([pattern(1000)], 1015);
    expect(packs()).toHaveLength(1);
    expect(peer.frames).toEqual([]);
    peer.post({ type: 'window', credit: 1016 });
    await peer.quiet();
    expect(peer.frames).toHaveLength(1);
  });

  it('[TR3] what is missing goes again, and alone, under another salt and tag', async () => {
    const contents = [pattern(10), pattern(20, 2), pattern(30, 3)];
    const transferId = await sent(contents);
    const [first] = packs();
    if (first === undefined) throw new Error('no pack');
    await store(first, [1]);
    const second = packs()[1];
    if (second === undefined) throw new Error('not again');
    expect(second.fileIds).toEqual([1]);
    expect([first.tag, second.tag]).toEqual([0, 1]);
    expect(Buffer.compare(first.salt, second.salt)).not.toBe(0);
    const { plaintext } = await opened(second, 20, 1);
    expect(Buffer.compare(plaintext, contents[1] ?? new Uint8Array(0))).toBe(0);
    await store(second);
    expect(device.state(transferId)).toBe('delivered');
  });

  it('[TR9] a file that is missing a fourth time fails, by itself', async () => {
    const transferId = await sent([pattern(10), pattern(20)]);
    for (let round = 0; round < 4; round++) {
      const pack = packs()[round];
      if (pack === undefined) throw new Error(`no pack ${round}`);
      await store(pack, [1]);
    }
    expect(packs()).toHaveLength(4);
    expect(peer.received).toContainEqual({
      type: 'cancel',
      transferId,
      fileId: 1,
      reason: 'verify-failed',
    });
    const { state, files } = device.snapshot(transferId);
    expect(state).toMatchObject({ type: 'failed', reason: 'verify-failed' });
    expect(files.map((file) => [file.fileId, file.state, file.reason])).toEqual([
      [1, 'failed', 'verify-failed'],
      [0, 'delivered', undefined],
    ]);
  });

  const breaches: [string, (pack: PackMessage) => ControlMessage, string][] = [
    [
      'of a tag that is none',
      ({ transferId }) => ({ type: 'pack-stored', transferId, tag: 7, missing: [] }),
      'unknown-tag',
    ],
    [
      'with a missing file of another pack',
      ({ transferId, tag }) => ({ type: 'pack-stored', transferId, tag, missing: [9] }),
      'unknown-file',
    ],
    [
      'with more missing files than there are',
      ({ transferId, tag }) => ({ type: 'pack-stored', transferId, tag, missing: [0, 1] }),
      'unknown-file',
    ],
  ];
  for (const [what, message, code] of breaches) {
    it(`[TR15] pack-stored ${what} ends the session`, async () => {
      const transferId = await sent([pattern(10)]);
      const [pack] = packs();
      if (pack === undefined) throw new Error('no pack');
      peer.post(message(pack));
      await peer.quiet();
      expect(peer.sessionErrors).toEqual([code]);
      expect(device.state(transferId)).toBe('failed');
    });
  }

  it('[TR16] pack-stored before its chunk left ends the session', async () => {
    await sent([pattern(10)], 0);
    const [pack] = packs();
    if (pack === undefined) throw new Error('no pack');
    await store(pack);
    expect(peer.sessionErrors).toEqual(['out-of-state']);
  });

  it('[TR16] told twice, pack-stored ends the session', async () => {
    await sent([pattern(10), pattern(100_000)]);
    const [pack] = packs();
    if (pack === undefined) throw new Error('no pack');
    await store(pack);
    expect(peer.sessionErrors).toEqual([]);
    await store(pack);
    expect(peer.sessionErrors).toEqual(['unknown-tag']);
  });
});
