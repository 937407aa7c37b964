import { beforeEach, describe, expect, it } from 'vitest';
import { randomBytes } from '../../../lib/crypto/bytes.ts';
import { CREDIT_WINDOW, EARLY_CHUNK_MS } from '../../../lib/transfer/constants.ts';
import type { ControlMessage } from '../../../lib/protocol/messages.ts';
import { FakeClock } from './memory-stores.ts';
import { RawPeer } from './raw-peer.ts';
import { Device, newId, pattern } from './rig.ts';

/** An engine that receives, and a peer with the right keys that sends what it must not. */
describe('a hostile sender', () => {
  let device: Device;
  let peer: RawPeer;
  const bytes = pattern(200_000);

  beforeEach(async () => {
    device = new Device('bob', new FakeClock());
    await device.engine.start();
    peer = new RawPeer(device);
  });

  async function ends(code: string): Promise<void> {
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([code]);
    expect(peer.closed, 'its channels are closed').toBe(true);
    expect(peer.received.at(-1)).toEqual({ type: 'error', code });
    expect(device.told('file-stored')).toEqual([]);
    for (const file of device.sinks.files.values()) expect(file.open, 'no handle is left').toBe(0);
  }

  it('an honest one, for comparison, gets its file stored', async () => {
    const id = await peer.accepted([bytes]);
    await peer.sendFile(id, 0, bytes);
    await peer.quiet();
    expect(peer.types()).toEqual(['window', 'accept', 'stored']);
    expect(peer.sessionErrors).toEqual([]);
    expect(Buffer.compare(device.sinks.content(id, 0) ?? Buffer.of(), bytes)).toBe(0);
  });

  it('[CT2] a control frame that does not open ends the session', async () => {
    peer.control.send(randomBytes(100));
    await ends('bad-seal');
  });

  it('[CT2] a control frame told twice ends the session', async () => {
    peer.post({ type: 'ping', nonce: 1 });
    const [frame] = peer.control.outbox;
    if (frame !== undefined) peer.control.send(frame);
    await ends('bad-seal');
  });

  it('[CT3] what is no message ends the session', async () => {
    peer.postJson({ type: 'accept-all' });
    await ends('bad-message');
  });

  it('[CT3] a plaintext over 64 KiB ends the session', async () => {
    peer.postBytes(new Uint8Array(65_537).fill(0x20));
    await ends('bad-message');
  });

  it('[CT3] a pong nobody asked for ends the session', async () => {
    peer.post({ type: 'pong', nonce: 7 });
    await ends('out-of-state');
  });

  it('answers a ping', async () => {
    peer.post({ type: 'ping', nonce: 7 });
    await peer.quiet();
    expect(peer.received).toContainEqual({ type: 'pong', nonce: 7 });
  });

  const item = { fileId: 0, path: 'a', size: 5, mime: '', modified: 0 };
  const begin = (transferId: string, count: number, totalBytes: number) =>
    ({ type: 'offer-begin', transferId, kind: 'files', count, totalBytes }) as const;
  const manifests: [string, (id: string) => ControlMessage[], string][] = [
    [
      'fewer items than its count',
      (id) => [begin(id, 2, 5), { type: 'offer-items', transferId: id, items: [item] }],
      'bad-manifest',
    ],
    [
      'more items than its count',
      (id) => [
        begin(id, 1, 10),
        { type: 'offer-items', transferId: id, items: [item, { ...item, fileId: 1 }] },
      ],
      'bad-manifest',
    ],
    [
      'fewer bytes than its total',
      (id) => [begin(id, 1, 6), { type: 'offer-items', transferId: id, items: [item] }],
      'bad-manifest',
    ],
    [
      'more bytes than its total',
      (id) => [begin(id, 1, 4), { type: 'offer-items', transferId: id, items: [item] }],
      'bad-manifest',
    ],
    [
      'fileIds that do not ascend',
      (id) => [
        begin(id, 2, 10),
        { type: 'offer-items', transferId: id, items: [{ ...item, fileId: 1 }, item] },
      ],
      'bad-manifest',
    ],
    ['no begin', () => [], 'unknown-transfer'],
  ];
  for (const [what, messages, code] of manifests) {
    it(`[TR1] an offer with ${what} ends the session, and nobody is asked`, async () => {
      const id = newId();
      peer.post(...messages(id), { type: 'offer-end', transferId: id });
      await ends(code);
      expect(device.told('offer-received')).toEqual([]);
      expect(device.store.transfers.size).toBe(0);
    });
  }

  it('[TR1] an offer within an offer ends the session', async () => {
    peer.post(begin(newId(), 1, 5), begin(newId(), 1, 5));
    await ends('out-of-state');
  });

  it('[TR13] a text of two items, of another type or over 1 MiB ends the session', async () => {
    const id = newId();
    peer.post(
      { type: 'offer-begin', transferId: id, kind: 'text', count: 1, totalBytes: 5 },
      { type: 'offer-items', transferId: id, items: [{ ...item, mime: 'text/html' }] },
      { type: 'offer-end', transferId: id },
    );
    await ends('bad-manifest');
  });

  it('[TR14] the ninth transfer under way ends the session', async () => {
    for (let i = 0; i < 8; i++) peer.offer([bytes]);
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    peer.offer([bytes]);
    await ends('over-limit');
    expect(device.told('offer-received')).toHaveLength(8);
  });

  it('[TR1] an id of another device’s transfer ends the session', async () => {
    const id = peer.offer([bytes]);
    await peer.quiet();
    const other = new RawPeer(device, 'eve');
    other.post(begin(id, 1, 5));
    await other.quiet();
    expect(device.told('session-error')).toMatchObject([{ deviceId: 'eve', code: 'bad-manifest' }]);
    expect(device.state(id)).toBe('offered');
  });

  it('[TR12] the same offer again is harmless, another one under its id ends the session', async () => {
    const id = peer.offer([bytes]);
    await peer.quiet();
    const again = (path: string): ControlMessage[] => [
      begin(id, 1, bytes.length),
      {
        type: 'offer-items',
        transferId: id,
        items: [
          { fileId: 0, path, size: bytes.length, mime: 'application/octet-stream', modified: 0 },
        ],
      },
      { type: 'offer-end', transferId: id },
    ];
    peer.post(...again('f0'));
    await peer.quiet();
    expect(device.told('offer-received')).toHaveLength(1);
    expect(peer.sessionErrors).toEqual([]);
    peer.post(...again('other'));
    await ends('bad-manifest');
  });

  it('[TR12] an offer told again in the same session changes nothing', async () => {
    const id = await peer.accepted([bytes]);
    peer.post(
      begin(id, 1, bytes.length),
      {
        type: 'offer-items',
        transferId: id,
        items: [
          {
            fileId: 0,
            path: 'f0',
            size: bytes.length,
            mime: 'application/octet-stream',
            modified: 0,
          },
        ],
      },
      { type: 'offer-end', transferId: id },
    );
    await peer.quiet();
    expect(peer.types()).toEqual(['window', 'accept']);
    expect(device.state(id)).toBe('transferring');
  });

  for (const type of ['start', 'leaves', 'file-end', 'done', 'pause'] as const) {
    it(`[TR15] ${type} of an unknown transfer ends the session`, async () => {
      peer.post(speak(type, newId()));
      await ends('unknown-transfer');
    });
    it(`[BP1] ${type} before the accept ends the session`, async () => {
      const id = peer.offer([bytes]);
      await peer.quiet();
      peer.post(speak(type, id));
      await ends('out-of-state');
    });
  }

  for (const type of ['accept', 'have', 'resend', 'stored'] as const) {
    it(`[CT3] ${type}, which only a receiver says, ends the session`, async () => {
      const id = await peer.accepted([bytes]);
      peer.post(speak(type, id));
      await ends('unknown-transfer');
    });
  }

  it('[TR15] a file that was not offered ends the session', async () => {
    const id = await peer.accepted([bytes]);
    peer.start(id, 1, bytes);
    await ends('unknown-file');
  });

  it('[TR3] a tag out of turn ends the session', async () => {
    const id = await peer.accepted([bytes]);
    peer.post({ ...speak('start', id), tag: 1 } as ControlMessage);
    await ends('unknown-tag');
  });

  it('[TR3] a second start of an open file takes the place of the first', async () => {
    const id = await peer.accepted([bytes]);
    const first = peer.start(id, 0, bytes);
    await first.chunk(0);
    await peer.quiet();
    const second = peer.start(id, 0, bytes);
    // Of the first one still under way: dropped.
    await first.chunk(1);
    for (const index of [1, 2, 3]) await second.chunk(index);
    await second.end();
    await peer.quiet();
    expect(peer.types()).toEqual(['window', 'accept', 'stored']);
    expect(Buffer.compare(device.content(id, 0) ?? Buffer.of(), bytes)).toBe(0);
    expect(peer.sessionErrors).toEqual([]);
  });

  it('[TR3] a start of what is stored already is dropped', async () => {
    const id = await peer.accepted([bytes, bytes]);
    await peer.sendFile(id, 0, bytes);
    await peer.quiet();
    const other = pattern(bytes.length, 7);
    await peer.sendFile(id, 0, other);
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    expect(peer.types()).toEqual(['window', 'accept', 'stored']);
    expect(Buffer.compare(device.content(id, 0) ?? Buffer.of(), bytes)).toBe(0);
    await peer.sendFile(id, 1, bytes);
    await peer.quiet();
    expect(device.state(id)).toBe('stored');
  });

  it('[TR15] a chunk of a tag far from any ends the session', async () => {
    const id = await peer.accepted([bytes]);
    const file = peer.start(id, 0, bytes);
    await peer.quiet();
    peer.lane.send(await file.frame(0, { tag: 1000 }));
    await ends('unknown-tag');
  });

  it('[TR15] a chunk whose start never comes ends the session in time', async () => {
    const id = await peer.accepted([bytes]);
    const file = peer.start(id, 0, bytes);
    await peer.quiet();
    peer.lane.send(await file.frame(0, { tag: 1 }));
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    device.clock.advance(EARLY_CHUNK_MS);
    // No breach: control may be lost, and a new session finds out.
    expect(peer.sessionErrors).toEqual(['channel-closed']);
  });

  it('[TR15] a chunk may run ahead of its start', async () => {
    const id = await peer.accepted([bytes]);
    await peer.sendFile(id, 0, bytes);
    while (peer.lane.deliver());
    await peer.quiet();
    expect(peer.types()).toContain('stored');
  });

  it('[TR15] a chunk past the file’s end ends the session', async () => {
    const id = await peer.accepted([bytes]);
    const file = peer.start(id, 0, bytes);
    peer.lane.send(await file.frame(0, { index: 4 }));
    await ends('unknown-chunk');
  });

  it('[TR15] a chunk that names another file than its tag ends the session', async () => {
    const id = await peer.accepted([bytes, bytes]);
    const file = peer.start(id, 0, bytes);
    peer.lane.send(await file.frame(0, { fileId: 1 }));
    await ends('unknown-file');
  });

  it('[TR15] a chunk of a wrong length ends the session', async () => {
    const id = await peer.accepted([bytes]);
    const file = peer.start(id, 0, bytes);
    peer.lane.send((await file.frame(0)).subarray(0, -1));
    await ends('wrong-length');
  });

  it('[TR5] a chunk of another place ends the session', async () => {
    const id = await peer.accepted([bytes]);
    const file = peer.start(id, 0, bytes);
    peer.lane.send(await file.frame(1, { index: 0 }));
    await ends('wrong-tag');
  });

  it('[TR5] a chunk with one bit changed ends the session', async () => {
    const id = await peer.accepted([bytes]);
    const file = peer.start(id, 0, bytes);
    const frame = await file.frame(0);
    frame[50] = (frame[50] ?? 0) ^ 1;
    peer.lane.send(frame);
    await ends('wrong-tag');
  });

  it('[TR2] a lane frame that is none ends the session', async () => {
    peer.lane.send(new Uint8Array(40));
    await ends('bad-frame');
  });

  it('[TR10] more than the credit ends the session', async () => {
    const big = pattern(CREDIT_WINDOW + 3_000_000);
    device.sinks.onWrite = () => {
      throw new Error('the disk is never reached: everything arrives at once');
    };
    const id = await peer.accepted([big]);
    const file = peer.start(id, 0, big);
    const frames: Uint8Array[] = [];
    for (let index = 0; index < file.count; index++) frames.push(await file.frame(index));
    for (const frame of frames) peer.lane.send(frame);
    while (peer.lane.deliver());
    await ends('over-credit');
  });

  it('[TR8] leaves out of turn end the session', async () => {
    const id = await peer.accepted([bytes]);
    const file = peer.start(id, 0, bytes);
    peer.post({ type: 'leaves', transferId: id, fileId: 0, from: 1, hashes: await file.leaves() });
    await ends('bad-leaves');
  });

  it('[TR8] file-end before all leaves ends the session', async () => {
    const id = await peer.accepted([bytes]);
    peer.start(id, 0, bytes);
    peer.post({ type: 'file-end', transferId: id, fileId: 0, merkleRoot: new Uint8Array(32) });
    await ends('bad-leaves');
  });

  it('[TR8] leaves that do not hash to the root end the session', async () => {
    const id = await peer.accepted([bytes]);
    const file = peer.start(id, 0, bytes);
    for (let index = 0; index < file.count; index++) await file.chunk(index);
    const hashes = await file.leaves();
    peer.post(
      { type: 'leaves', transferId: id, fileId: 0, from: 0, hashes },
      { type: 'file-end', transferId: id, fileId: 0, merkleRoot: new Uint8Array(32) },
    );
    await ends('bad-leaves');
  });

  it('[BP1] done before everything was stored ends the session', async () => {
    const id = await peer.accepted([bytes]);
    peer.post({ type: 'done', transferId: id });
    await ends('out-of-state');
  });

  it('[TR14] the thirty-third open file ends the session', async () => {
    const small = pattern(10);
    const id = await peer.accepted(Array.from({ length: 33 }, () => small));
    for (let fileId = 0; fileId < 33; fileId++) peer.start(id, fileId, small);
    await ends('over-limit');
  });

  it('[TR9] leaves of other content than the chunks: asked again three times, then given up', async () => {
    const id = await peer.accepted([bytes]);
    const file = peer.start(id, 0, bytes);
    const { merkleRoot } = await import('../../../lib/transfer/merkle.ts');
    const hashes = await file.leaves();
    hashes[40] = (hashes[40] ?? 0) ^ 1;
    for (let index = 0; index < file.count; index++) await file.chunk(index);
    peer.post(
      { type: 'leaves', transferId: id, fileId: 0, from: 0, hashes },
      { type: 'file-end', transferId: id, fileId: 0, merkleRoot: merkleRoot(hashes) },
    );
    for (let round = 1; round <= 3; round++) {
      await peer.quiet();
      expect(peer.received.filter(({ type }) => type === 'resend')).toHaveLength(round);
      expect(peer.received.at(-1)).toMatchObject({ type: 'resend', fileId: 0, chunks: [1] });
      await file.chunk(1);
    }
    await peer.quiet();
    expect(peer.received.at(-1)).toMatchObject({ type: 'cancel', reason: 'verify-failed' });
    expect(device.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'verify-failed' });
    expect(device.sinks.files.size, 'nothing half-written is left').toBe(0);
  });

  it('[BP1] what was stored before the breach stays, what was not goes', async () => {
    const id = await peer.accepted([bytes, bytes]);
    await peer.sendFile(id, 0, bytes);
    await peer.quiet();
    const file = peer.start(id, 1, bytes);
    await file.chunk(0);
    await peer.quiet();
    peer.lane.send(await file.frame(1, { index: 2 }));
    await peer.quiet();
    expect(peer.sessionErrors).toEqual(['wrong-tag']);
    expect(device.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'protocol-error' });
    expect(device.told('file-stored').map(({ fileId }) => fileId)).toEqual([0]);
    expect([...device.sinks.files.keys()]).toEqual([`${id}/0`]);
    await device.engine.markSaved(id, 0);
    expect(device.sinks.files.size).toBe(0);
  });

  it('a file started after it was cancelled here is dropped, and the session goes on', async () => {
    const id = await peer.accepted([bytes]);
    const file = peer.start(id, 0, bytes);
    await file.chunk(0);
    await device.engine.cancel(id);
    await peer.quiet();
    expect(peer.received.at(-1)).toMatchObject({ type: 'cancel', reason: 'cancelled' });
    const next = await peer.accepted([bytes]);
    await peer.sendFile(next, 0, bytes);
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    expect(device.state(next)).toBe('stored');
    expect(device.state(id)).toBe('cancelled');
  });

  function speak(
    type:
      'start' | 'leaves' | 'file-end' | 'done' | 'pause' | 'accept' | 'have' | 'resend' | 'stored',
    transferId: string,
  ): ControlMessage {
    const hash = new Uint8Array(32);
    switch (type) {
      case 'start':
        return { type, transferId, fileId: 0, salt: hash, tag: 0, chunkSize: 65_536 };
      case 'leaves':
        return { type, transferId, fileId: 0, from: 0, hashes: hash };
      case 'file-end':
      case 'stored':
        return { type, transferId, fileId: 0, merkleRoot: hash };
      case 'have':
        return {
          type,
          transferId,
          fileId: 0,
          chunkSize: 65_536,
          from: 0,
          bitmap: new Uint8Array(1),
        };
      case 'resend':
        return { type, transferId, fileId: 0, chunks: [0] };
      default:
        return { type, transferId };
    }
  }
});
