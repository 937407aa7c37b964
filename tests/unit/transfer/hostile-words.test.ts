import { beforeEach, describe, expect, it } from 'vitest';
import { concat } from '../../../lib/crypto/bytes.ts';
import type { ControlMessage } from '../../../lib/protocol/messages.ts';
import { merkleRoot, smallRoot } from '../../../lib/transfer/merkle.ts';
import { FakeClock } from './memory-stores.ts';
import { RawPeer } from './raw-peer.ts';
import { Device, item, newId, pattern } from './rig.ts';

/** What a peer with the right keys may say about what is there, missing, stopped or full. */
const BYTES = pattern(200_000);
const SMALL = pattern(100);

describe('a receiver that says what is not so', () => {
  let device: Device;
  let peer: RawPeer;

  beforeEach(async () => {
    device = new Device('alice', new FakeClock());
    await device.engine.start();
    peer = new RawPeer(device);
  });

  async function offered(contents: readonly Uint8Array[]): Promise<string> {
    const transferId = newId();
    const items = contents.map((bytes, n) => item(`f${n}`, bytes));
    device.send('mallory', { transferId, kind: 'files', items });
    await peer.quiet();
    return transferId;
  }

  async function sent(contents: readonly Uint8Array[]): Promise<string> {
    const transferId = await offered(contents);
    peer.post({ type: 'window', credit: 10_000_000 }, { type: 'accept', transferId });
    await peer.quiet();
    return transferId;
  }

  function have(transferId: string, bits: number[], more = {}): ControlMessage {
    const bitmap = new Uint8Array(bits);
    return { type: 'have', transferId, fileId: 0, chunkSize: 65_536, from: 0, bitmap, ...more };
  }

  const lies: [string, readonly Uint8Array[], (id: string) => ControlMessage, string][] = [
    ['has chunks of a small file', [SMALL], (id) => have(id, [0x80]), 'out-of-state'],
    ['has chunks past the end', [BYTES], (id) => have(id, [0xf0, 0x80]), 'wrong-length'],
    ['has chunks at an odd place', [BYTES], (id) => have(id, [0x80], { from: 3 }), 'wrong-length'],
    ['has spare bits', [BYTES], (id) => have(id, [0xf1]), 'wrong-length'],
    ['has a file that is none', [BYTES], (id) => have(id, [0x80], { fileId: 4 }), 'unknown-file'],
  ];
  for (const [what, contents, message, code] of lies) {
    it(`[TR15] ${what}: the session ends`, async () => {
      peer.post(message(await offered(contents)));
      await peer.quiet();
      expect(peer.sessionErrors).toEqual([code]);
    });
  }

  it('[TR11] that has everything and then stores something else delivers nothing', async () => {
    const transferId = await offered([BYTES]);
    peer.post(have(transferId, [0xf0]), { type: 'accept', transferId });
    await peer.quiet();
    expect(peer.frames).toEqual([]);
    expect(device.state(transferId)).toBe('verifying');
    peer.post({ type: 'stored', transferId, fileId: 0, merkleRoot: new Uint8Array(32) });
    await peer.quiet();
    expect(peer.sessionErrors).toEqual(['bad-leaves']);
    expect(device.state(transferId)).toBe('failed');
  });

  it('[TR12] chunks of another cut than the file has are not counted', async () => {
    const transferId = await offered([BYTES]);
    peer.post(have(transferId, [0x80]), have(transferId, [0xc0], { chunkSize: 131_072 }));
    peer.post({ type: 'window', credit: 10_000_000 }, { type: 'accept', transferId });
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    expect(peer.frames).toHaveLength(3);
  });

  it('[TR11] that a packed file is stored as another one ends the session', async () => {
    const transferId = await sent([SMALL]);
    peer.post({ type: 'stored', transferId, fileId: 0, merkleRoot: new Uint8Array(32) });
    await peer.quiet();
    expect(peer.sessionErrors).toEqual(['bad-leaves']);
  });

  it('[TR11] nothing is delivered twice, whichever way it is told', async () => {
    const transferId = await sent([SMALL, BYTES]);
    const root = await smallRoot(concat(new Uint8Array(1), SMALL));
    const [pack] = peer.received.filter((message) => message.type === 'pack');
    if (pack === undefined) throw new Error('no pack');
    peer.post(
      { type: 'stored', transferId, fileId: 0, merkleRoot: root },
      { type: 'pack-stored', transferId, tag: pack.tag, missing: [] },
      { type: 'stored', transferId, fileId: 0, merkleRoot: root },
    );
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    expect(device.snapshot(transferId)).toMatchObject({
      state: { type: 'verifying' },
      doneFiles: 1,
    });
  });

  it('full and not full, over and over, costs nothing but what it asks for', async () => {
    const transferId = await sent([BYTES, SMALL]);
    for (let round = 0; round < 20; round++) {
      peer.post({ type: 'pause', transferId, reason: 'no-space' });
      peer.post(have(transferId, [0xe0]), { type: 'resume', transferId });
      await peer.quiet();
    }
    expect(peer.sessionErrors).toEqual([]);
    expect(peer.frames.length).toBeLessThanOrEqual(4 + 1 + 20 * 2);
    expect(device.state(transferId)).toBe('verifying');
    const end = peer.received.findLast((message) => message.type === 'file-end');
    const pack = peer.received.findLast((message) => message.type === 'pack');
    if (end === undefined || pack === undefined) throw new Error('not sent');
    peer.post(
      { type: 'stored', transferId, fileId: 0, merkleRoot: end.merkleRoot },
      { type: 'pack-stored', transferId, tag: pack.tag, missing: [] },
    );
    await peer.quiet();
    expect(device.state(transferId)).toBe('delivered');
  });

  it('[TR16] of a pack that was given up meanwhile is believed: its chunk had left', async () => {
    const transferId = await sent([SMALL]);
    const [pack] = peer.received.filter((message) => message.type === 'pack');
    if (pack === undefined) throw new Error('no pack');
    peer.post(
      { type: 'pause', transferId, reason: 'no-space' },
      { type: 'pack-stored', transferId, tag: pack.tag, missing: [] },
    );
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    expect(device.state(transferId)).toBe('delivered');
  });

  it('[TR20] that it wants again what nobody sent is not heard', async () => {
    peer.post({ type: 'again', transferId: newId() });
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    expect(device.told('retry-asked')).toEqual([]);
  });
});

describe('a sender that says what is not so', () => {
  let device: Device;
  let peer: RawPeer;

  beforeEach(async () => {
    device = new Device('bob', new FakeClock());
    await device.engine.start();
    peer = new RawPeer(device);
  });

  it('[TR18] another root than was claimed to be there ends the session', async () => {
    const root = new Uint8Array(32).fill(7);
    const hex = Buffer.from(root).toString('hex');
    const saved = { transferId: newId(), fileId: 0 };
    await device.ledger.putReceived('mallory', hex, BYTES.length, saved);
    const transferId = newId();
    const mime = 'application/octet-stream';
    const size = BYTES.length;
    const one = { fileId: 0, path: 'x', size, mime, modified: 0, merkleRoot: root };
    peer.post(
      { type: 'offer-begin', transferId, kind: 'files', count: 1, totalBytes: size },
      { type: 'offer-items', transferId, items: [one] },
      { type: 'offer-end', transferId },
    );
    await peer.quiet();
    expect(device.told('offer-received')).toMatchObject([{ known: [{ fileId: 0, saved }] }]);
    await device.engine.decide(transferId, { type: 'accept', alreadyHere: [0] });
    await peer.quiet();
    expect(peer.types()).toEqual(['window', 'there', 'accept']);
    peer.post({
      type: 'file-end',
      transferId,
      fileId: 0,
      merkleRoot: merkleRoot(new Uint8Array(0)),
    });
    await peer.quiet();
    expect(peer.sessionErrors).toEqual(['bad-leaves']);
    expect(device.state(transferId)).toBe('failed');
  });

  it('[TR8] leaves and an end of what was not started end the session', async () => {
    for (const word of ['leaves', 'file-end'] as const) {
      const other = new RawPeer(device, `eve-${word}`);
      const transferId = await other.accepted([BYTES]);
      other.post(
        word === 'leaves'
          ? { type: 'leaves', transferId, fileId: 0, from: 0, hashes: new Uint8Array(128) }
          : { type: 'file-end', transferId, fileId: 0, merkleRoot: new Uint8Array(32) },
      );
      await other.quiet();
      expect(other.endedWith()).toBe('out-of-state');
    }
  });

  it('stopping and starting over and over leaves one file and no handle', async () => {
    const id = await peer.accepted([BYTES]);
    for (let round = 0; round < 40; round++) {
      const file = peer.start(id, 0, BYTES);
      await file.chunk(round % 4);
      peer.post({ type: 'stop', transferId: id, fileId: 0 });
      await peer.quiet();
    }
    expect(peer.sessionErrors).toEqual([]);
    expect(device.sinks.openHandles).toBe(0);
    expect([...device.sinks.files.keys()]).toEqual([`${id}/0`]);
    await peer.sendFile(id, 0, BYTES);
    await peer.quiet();
    expect(Buffer.compare(device.content(id, 0) ?? Buffer.of(), BYTES)).toBe(0);
  });

  it('[TR6] that starts a file anew with other content gets that, whole', async () => {
    const other = pattern(BYTES.length, 9);
    const id = await peer.accepted([BYTES]);
    const file = peer.start(id, 0, BYTES);
    for (const index of [0, 1, 2]) await file.chunk(index);
    const leaves = await file.leaves();
    peer.post({ type: 'leaves', transferId: id, fileId: 0, from: 0, hashes: leaves });
    await peer.quiet();
    const again = peer.start(id, 0, other);
    for (let index = 0; index < again.count; index++) await again.chunk(index);
    await again.end();
    await peer.quiet();
    // What was there of the first one is asked for again.
    const asked = peer.received.filter((message) => message.type === 'resend');
    for (const { chunks } of asked) for (const index of chunks) await again.chunk(index);
    await peer.quiet();
    expect(asked.flatMap(({ chunks }) => chunks).sort((a, b) => a - b)).toEqual([0, 1, 2]);
    expect(Buffer.compare(device.content(id, 0) ?? Buffer.of(), other)).toBe(0);
  });

  it('[TR14] of files that it starts and stops no more than 32 are open', async () => {
    const id = await peer.accepted(Array.from({ length: 40 }, () => BYTES));
    for (let fileId = 0; fileId < 32; fileId++) peer.start(id, fileId, BYTES);
    peer.post({ type: 'stop', transferId: id, fileId: 0 });
    peer.start(id, 32, BYTES);
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    peer.start(id, 33, BYTES);
    await peer.quiet();
    expect(peer.sessionErrors).toEqual(['over-limit']);
  });
});
