import { beforeEach, describe, expect, it } from 'vitest';
import { concat, randomBytes } from '../../../lib/crypto/bytes.ts';
import { smallRoot } from '../../../lib/transfer/merkle.ts';
import { FakeClock } from './memory-stores.ts';
import { RawPeer } from './raw-peer.ts';
import { Device, pattern } from './rig.ts';
import { still } from './steps.ts';

const rootOf = (bytes: Uint8Array) => smallRoot(concat(new Uint8Array(1), bytes));

describe('packs on their way in', () => {
  let device: Device;
  let peer: RawPeer;
  const contents = [pattern(1000), pattern(0), pattern(2000, 2), pattern(65_536, 3)];
  const [a, b, c, d] = contents as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

  beforeEach(async () => {
    device = new Device('bob', new FakeClock());
    await device.engine.start();
    peer = new RawPeer(device);
  });

  it('[TR16] lie in one file of the disk, each where its event says, and are written down at once', async () => {
    const id = await peer.accepted(contents);
    let writes = 0;
    const putFiles = device.store.putFiles.bind(device.store);
    device.store.putFiles = (...parameters) => {
      writes++;
      return putFiles(...parameters);
    };
    await peer.sendPack(id, [
      [2, c],
      [0, a],
      [1, b],
    ]);
    await peer.quiet();
    expect(peer.types()).toEqual(['window', 'accept', 'pack-stored']);
    expect(peer.received.at(-1)).toEqual({
      type: 'pack-stored',
      transferId: id,
      tag: 0,
      missing: [],
    });
    expect([...device.sinks.files.keys()]).toEqual([`${id}/2`]);
    const refs = device.told('file-stored').map(({ fileId, sinkRef }) => [fileId, sinkRef]);
    expect(refs).toEqual([
      [2, { transferId: id, fileId: 2, offset: 0 }],
      [0, { transferId: id, fileId: 2, offset: 2000 }],
      [1, { transferId: id, fileId: 2, offset: 3000 }],
    ]);
    for (const [fileId, bytes] of [a, b, c].entries()) {
      expect(Buffer.compare(device.content(id, fileId) ?? Buffer.of(1), bytes)).toBe(0);
    }
    expect(writes).toBe(1);
    expect(device.sinks.openHandles).toBe(0);
    expect(device.state(id)).toBe('transferring');
    await peer.sendPack(id, [[3, d]]);
    await peer.quiet();
    expect(device.state(id)).toBe('stored');
  });

  it('[TR11] go from the disk when all of one pack are saved', async () => {
    const id = await peer.accepted([a, b, c]);
    await peer.sendPack(id, [
      [0, a],
      [1, b],
    ]);
    await peer.sendPack(id, [[2, c]]);
    await peer.quiet();
    const places = () => [...device.sinks.files.keys()].sort();
    expect(places()).toEqual([`${id}/0`, `${id}/2`]);
    await device.engine.markSaved(id, 0);
    expect(places()).toEqual([`${id}/0`, `${id}/2`]);
    await device.engine.markSaved(id, 1);
    expect(places()).toEqual([`${id}/2`]);
    await device.engine.markSaved(id, 2);
    expect(places()).toEqual([]);
    expect(device.state(id)).toBe('saved');
  });

  it('[TR16] that share a file, since one crossed with a full disk, leave all their files there', async () => {
    const id = await peer.accepted([a, c]);
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const open = device.sinks.open.bind(device.sinks);
    device.sinks.open = async (...file) => {
      await gate;
      return open(...file);
    };
    await peer.sendPack(id, [[0, a]]);
    await peer.quiet();
    // Its chunk is being written when the next one comes.
    await peer.sendPack(id, [
      [0, a],
      [1, c],
    ]);
    await peer.quiet();
    go();
    await peer.quiet();
    const stored = device.told('file-stored');
    expect(stored.map(({ fileId }) => fileId).sort((a, b) => a - b)).toEqual([0, 1]);
    for (const { fileId, size, sinkRef } of stored) {
      const held = device.sinks.content(sinkRef.transferId, sinkRef.fileId) ?? new Uint8Array();
      const bytes = held.subarray(sinkRef.offset, sinkRef.offset + size);
      expect(Buffer.compare(bytes, fileId === 0 ? a : c)).toBe(0);
    }
    expect(device.state(id)).toBe('stored');
    expect(peer.sessionErrors).toEqual([]);
  });

  it('[TR11] stay on the disk until it is written down of the last one that it is saved', async () => {
    const id = await peer.accepted([a, b]);
    await peer.sendPack(id, [
      [0, a],
      [1, b],
    ]);
    await peer.quiet();
    const gates = [0, 1].map(() => {
      let open = (): void => undefined;
      const opened = new Promise<void>((resolve) => (open = resolve));
      return { open, opened };
    });
    const { store } = device;
    const putFiles = store.putFiles.bind(store);
    store.putFiles = async (transferId, files) => {
      await gates[files[0]?.fileId ?? 0]?.opened;
      await putFiles(transferId, files);
    };
    const first = device.engine.markSaved(id, 0);
    await still();
    const second = device.engine.markSaved(id, 1);
    gates[0]?.open();
    await first;
    await still();
    expect(device.sinks.content(id, 0), 'a crash now would have it saved again').toBeDefined();
    gates[1]?.open();
    await second;
    expect(device.sinks.content(id, 0)).toBeUndefined();
  });

  it('[TR16] of empty files have no chunk', async () => {
    const id = await peer.accepted([b, b]);
    await peer.sendPack(id, [
      [0, b],
      [1, b],
    ]);
    await peer.quiet();
    expect(device.state(id)).toBe('stored');
    expect(device.told('file-stored')).toHaveLength(2);
    await device.engine.markSaved(id, 0);
    await device.engine.markSaved(id, 1);
    expect(device.sinks.files.size).toBe(0);
  });

  it('[TR16] a file that does not hash to what was said is missing, the others are stored', async () => {
    const id = await peer.accepted([a, b, c]);
    const hashes = concat(await rootOf(a), await rootOf(b), await rootOf(a));
    const parts = [
      [0, a],
      [1, b],
      [2, c],
    ] as const;
    peer.lane.send(await peer.pack(id, parts, { hashes }));
    await peer.quiet();
    expect(peer.received.at(-1)).toMatchObject({ type: 'pack-stored', tag: 0, missing: [2] });
    expect(device.told('file-stored').map(({ fileId }) => fileId)).toEqual([0, 1]);
    await peer.sendPack(id, [[2, c]]);
    await peer.quiet();
    expect(device.state(id)).toBe('stored');
    expect(Buffer.compare(device.content(id, 2) ?? Buffer.of(), c)).toBe(0);
    expect(peer.sessionErrors).toEqual([]);
  });

  it('[TR9] what the disk gives back wrong is missing', async () => {
    const id = await peer.accepted([a, c]);
    let wrong = 0;
    device.sinks.onWrite = (_key, _offset, bytes) => {
      if (wrong++ > 0) return bytes;
      return bytes.map((byte, at) => (at === 1500 ? byte ^ 1 : byte));
    };
    const parts = [
      [0, a],
      [1, c],
    ] as const;
    await peer.sendPack(id, parts);
    await peer.quiet();
    expect(peer.received.at(-1)).toMatchObject({ type: 'pack-stored', missing: [0, 1] });
    expect(device.told('file-stored')).toEqual([]);
    await peer.sendPack(id, parts);
    await peer.quiet();
    expect(device.state(id)).toBe('stored');
  });

  it('[TR11] are written down before the sender hears of them; what cannot be is not stored', async () => {
    const id = await peer.accepted([a, c]);
    device.store.putFiles = () => Promise.reject(new Error('disk'));
    await peer.sendPack(id, [
      [0, a],
      [1, c],
    ]);
    await peer.quiet();
    expect(peer.types()).not.toContain('pack-stored');
    expect(peer.received.at(-1)).toMatchObject({ type: 'cancel', reason: 'storage-failed' });
    expect(device.told('file-stored')).toEqual([]);
    expect(device.sinks.files.size).toBe(0);
  });

  const breaches: [string, (id: string) => Promise<Uint8Array | void>, string][] = [
    ['with a file that was not offered', (id) => peer.pack(id, [[9, a]]), 'unknown-file'],
    [
      'with a file twice',
      (id) =>
        peer.pack(id, [
          [0, a],
          [0, a],
        ]),
      'bad-manifest',
    ],
    [
      'with fewer hashes than files',
      (id) => peer.pack(id, [[0, a]], { hashes: new Uint8Array(64) }),
      'bad-manifest',
    ],
    ['with a large file', (id) => peer.pack(id, [[4, pattern(65_537)]]), 'wrong-length'],
    [
      'of more than a chunk',
      async (id) => {
        const fileIds = [3, 5, 6, 7];
        const hashes = new Uint8Array(4 * 32);
        peer.post({ type: 'pack', transferId: id, fileIds, salt: randomBytes(32), tag: 0, hashes });
      },
      'wrong-length',
    ],
    [
      'of more than 256 files',
      async (id) => {
        const fileIds = Array.from({ length: 257 }, (_, n) => n);
        const hashes = new Uint8Array(32);
        peer.post({ type: 'pack', transferId: id, fileIds, salt: randomBytes(32), tag: 0, hashes });
      },
      'bad-message',
    ],
    ['with a second chunk', (id) => peer.pack(id, [[0, a]], { index: 1 }), 'unknown-chunk'],
    [
      'whose chunk names another file',
      (id) =>
        peer.pack(
          id,
          [
            [0, a],
            [2, c],
          ],
          { fileId: 2 },
        ),
      'unknown-file',
    ],
    [
      'whose chunk is too short',
      async (id) => (await peer.pack(id, [[0, a]])).subarray(0, -1),
      'wrong-length',
    ],
    [
      'with one bit changed',
      async (id) =>
        (await peer.pack(id, [[0, a]])).map((byte, at) => (at === 99 ? byte ^ 1 : byte)),
      'wrong-tag',
    ],
  ];
  for (const [what, frame, code] of breaches) {
    it(`[TR15] a pack ${what} ends the session`, async () => {
      const id = await peer.accepted([...contents, pattern(65_537), d, d, d]);
      const sent = await frame(id);
      if (sent) peer.lane.send(sent);
      await peer.quiet();
      expect(peer.sessionErrors).toEqual([code]);
      expect(device.told('file-stored')).toEqual([]);
      expect(device.sinks.files.size).toBe(0);
    });
  }

  it('[TR16] told once more after all is stored, or saved, is answered once more', async () => {
    const id = await peer.accepted([a, c]);
    const parts = [
      [0, a],
      [1, c],
    ] as const;
    await peer.sendPack(id, parts);
    await peer.quiet();
    expect(device.state(id)).toBe('stored');
    await peer.sendPack(id, parts);
    await peer.quiet();
    await device.engine.markSaved(id, 0);
    await device.engine.markSaved(id, 1);
    await peer.quiet();
    await peer.sendPack(id, parts);
    peer.start(id, 0, a);
    await peer.quiet();
    const answers = peer.received.filter((message) => message.type === 'pack-stored');
    expect(answers.map(({ tag, missing }) => [tag, missing])).toEqual([
      [0, []],
      [1, []],
      [2, []],
    ]);
    expect(peer.sessionErrors).toEqual([]);
    expect(device.told('file-stored')).toHaveLength(2);
  });

  it('[BP1] a pack before the accept ends the session', async () => {
    const id = peer.offer(contents);
    await peer.quiet();
    await peer.pack(id, [[0, a]]);
    await peer.quiet();
    expect(peer.sessionErrors).toEqual(['out-of-state']);
  });

  it('[TR14] the thirty-third open pack ends the session', async () => {
    const id = await peer.accepted(Array.from({ length: 33 }, () => a));
    for (let fileId = 0; fileId < 33; fileId++) await peer.pack(id, [[fileId, a]]);
    await peer.quiet();
    expect(peer.sessionErrors).toEqual(['over-limit']);
  });
});
