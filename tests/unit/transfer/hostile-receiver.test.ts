import { beforeEach, describe, expect, it } from 'vitest';
import { concat } from '../../../lib/crypto/bytes.ts';
import { decodeChunkFrame } from '../../../lib/protocol/chunk-frame.ts';
import type { ControlMessage } from '../../../lib/protocol/messages.ts';
import { merkleRoot } from '../../../lib/transfer/merkle.ts';
import { FakeClock, MemorySource } from './memory-stores.ts';
import { RawPeer } from './raw-peer.ts';
import { Device, newId, pattern } from './rig.ts';

/** An engine that sends, and a peer with the right keys that answers what it must not. */
describe('a hostile receiver', () => {
  let device: Device;
  let peer: RawPeer;
  const bytes = pattern(200_000);

  beforeEach(async () => {
    device = new Device('alice', new FakeClock());
    await device.engine.start();
    peer = new RawPeer(device);
  });

  async function offered(): Promise<string> {
    const transferId = newId();
    const source = new MemorySource(bytes);
    const items = [{ path: 'x', mime: '', modified: 0, source }];
    device.engine.send('mallory', { transferId, kind: 'files', items });
    await peer.quiet();
    return transferId;
  }

  /** Accepted, with credit for everything, and everything sent. */
  async function sent(): Promise<string> {
    const transferId = await offered();
    peer.post({ type: 'window', credit: 10_000_000 }, { type: 'accept', transferId });
    await peer.quiet();
    expect(device.state(transferId)).toBe('verifying');
    return transferId;
  }

  function root(): Uint8Array<ArrayBuffer> {
    const end = peer.received.find((message) => message.type === 'file-end');
    if (end === undefined) throw new Error('no file-end');
    return end.merkleRoot;
  }

  async function ends(code: string): Promise<void> {
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([code]);
    expect(peer.closed).toBe(true);
    for (const { state } of device.engine.snapshots()) {
      expect(['failed', 'declined', 'cancelled']).toContain(state.type);
    }
  }

  it('an honest one, for comparison, makes it delivered', async () => {
    const transferId = await sent();
    peer.post({ type: 'stored', transferId, fileId: 0, merkleRoot: root() });
    await peer.quiet();
    expect(device.state(transferId)).toBe('delivered');
    expect(peer.received.at(-1)).toEqual({ type: 'done', transferId });
  });

  it('[TR10] without credit not a byte of a file leaves', async () => {
    const transferId = await offered();
    peer.post({ type: 'accept', transferId });
    await peer.quiet();
    expect(peer.frames).toEqual([]);
    peer.post({ type: 'window', credit: 65_552 });
    await peer.quiet();
    expect(peer.frames).toHaveLength(1);
    peer.post({ type: 'window', credit: 65_552 + 65_551 });
    await peer.quiet();
    expect(peer.frames).toHaveLength(1);
  });

  it('[TR10] credit that is taken back ends the session', async () => {
    peer.post({ type: 'window', credit: 100 }, { type: 'window', credit: 99 });
    await ends('out-of-state');
  });

  it('[TR11] stored with another root ends the session, and nothing counts as delivered', async () => {
    const transferId = await sent();
    peer.post({ type: 'stored', transferId, fileId: 0, merkleRoot: new Uint8Array(32) });
    await ends('bad-leaves');
  });

  const early: [string, (transferId: string) => ControlMessage, string][] = [
    [
      'stored',
      (transferId) => ({
        type: 'stored',
        transferId,
        fileId: 0,
        merkleRoot: new Uint8Array(32),
      }),
      'out-of-state',
    ],
    [
      'have',
      (transferId) => ({
        type: 'have',
        transferId,
        fileId: 0,
        chunkSize: 65_536,
        from: 0,
        bitmap: new Uint8Array([0xf8]),
      }),
      'wrong-length',
    ],
    [
      'stored of an unknown file',
      (transferId) => ({
        type: 'stored',
        transferId,
        fileId: 1,
        merkleRoot: new Uint8Array(32),
      }),
      'unknown-file',
    ],
  ];
  for (const [what, message, code] of early) {
    it(`[BP1] ${what} before anything was sent ends the session`, async () => {
      peer.post(message(await offered()));
      await ends(code);
    });
  }

  it('[BP1] have after the accept ends the session', async () => {
    const transferId = await sent();
    peer.post({
      type: 'have',
      transferId,
      fileId: 0,
      chunkSize: 65_536,
      from: 0,
      bitmap: new Uint8Array(1),
    });
    await ends('out-of-state');
  });

  it('[TR15] in a session that goes on, having chunks past the end ends the session', async () => {
    const transferId = await offered();
    // Credit for one chunk of four.
    peer.post({ type: 'window', credit: 65_552 }, { type: 'accept', transferId });
    await peer.quiet();
    expect(peer.frames).toHaveLength(1);
    peer.control.cut();
    await peer.quiet();
    const honest = new RawPeer(device);
    await honest.quiet();
    honest.post({
      type: 'have',
      transferId,
      fileId: 0,
      chunkSize: 65_536,
      from: 0,
      bitmap: new Uint8Array([0x80]),
    });
    honest.post({ type: 'window', credit: 1_000_000 }, { type: 'accept', transferId });
    await honest.quiet();
    expect(honest.frames).toHaveLength(3);
    expect(honest.sessionErrors).toEqual(['channel-closed']);
    honest.control.cut();
    device.events.length = 0;
    peer = new RawPeer(device);
    await peer.quiet();
    peer.post({
      type: 'have',
      transferId,
      fileId: 0,
      chunkSize: 65_536,
      from: 0,
      bitmap: new Uint8Array([0xf8]),
    });
    await ends('wrong-length');
  });

  it('[TR17] what it has and this side does not remember is read for its leaf, not sent', async () => {
    const transferId = await offered();
    peer.control.cut();
    await peer.quiet();
    peer = new RawPeer(device);
    await peer.quiet();
    const bitmap = new Uint8Array([0xa0]);
    peer.post({ type: 'have', transferId, fileId: 0, chunkSize: 65_536, from: 0, bitmap });
    peer.post({ type: 'window', credit: 10_000_000 }, { type: 'accept', transferId });
    await peer.quiet();
    const indexes = peer.frames.map((frame) => decodeChunkFrame(frame).chunkIndex);
    // Sealed beside each other: either may be done first.
    expect(indexes.toSorted((a, b) => a - b)).toEqual([1, 3]);
    const leaves = peer.received.filter((message) => message.type === 'leaves');
    const hashes = concat(...leaves.map((message) => message.hashes));
    expect(Buffer.compare(merkleRoot(hashes), root())).toBe(0);
    expect(hashes.length).toBe(4 * 32);
    peer.post({ type: 'stored', transferId, fileId: 0, merkleRoot: root() });
    await peer.quiet();
    expect(device.state(transferId)).toBe('delivered');
  });

  it('[TR9] a resend of what was not sent changes nothing', async () => {
    const transferId = await offered();
    peer.post({ type: 'resend', transferId, fileId: 0, chunks: [0] });
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    expect(peer.frames).toEqual([]);
    expect(device.state(transferId)).toBe('waiting-for-accept');
  });

  it('[BP1] a decline after the accept ends the session', async () => {
    const transferId = await sent();
    peer.post({ type: 'decline', transferId, reason: 'declined' });
    await ends('out-of-state');
  });

  it('[TR15] a resend of a chunk past the end ends the session', async () => {
    const transferId = await sent();
    peer.post({ type: 'resend', transferId, fileId: 0, chunks: [4] });
    await ends('unknown-chunk');
  });

  it('[TR9] a chunk asked for twice at once ends the session', async () => {
    const transferId = await sent();
    peer.post({ type: 'resend', transferId, fileId: 0, chunks: [1, 1] });
    await ends('out-of-state');
  });

  it('[TR9] a chunk asked for a fourth time ends the session', async () => {
    const transferId = await sent();
    for (let round = 0; round < 3; round++) {
      peer.post({ type: 'resend', transferId, fileId: 0, chunks: [2] });
      await peer.quiet();
      expect(device.state(transferId)).toBe('verifying');
    }
    expect(peer.frames).toHaveLength(4 + 3);
    peer.post({ type: 'resend', transferId, fileId: 0, chunks: [2] });
    await ends('over-limit');
  });

  it('[TR5] a chunk sent again under its salt is the same ciphertext', async () => {
    const transferId = await sent();
    const first = peer.frames.map((frame) => Buffer.from(frame).toString('hex'));
    peer.post({ type: 'resend', transferId, fileId: 0, chunks: [2] });
    await peer.quiet();
    expect(first).toContain(Buffer.from(peer.frames.at(-1) ?? []).toString('hex'));
  });

  it('[TR3] every start draws another salt, and tags count up', async () => {
    const a = await sent();
    peer.post({ type: 'stored', transferId: a, fileId: 0, merkleRoot: root() });
    await peer.quiet();
    await sent();
    const starts = peer.received.filter((message) => message.type === 'start');
    expect(starts.map(({ tag }) => tag)).toEqual([0, 1]);
    expect(new Set(starts.map(({ salt }) => Buffer.from(salt).toString('hex'))).size).toBe(2);
  });

  it('[TR8] leaves and root come after the last chunk, in order', async () => {
    await sent();
    const types = peer.types().filter((type) => !type.startsWith('offer') && type !== 'window');
    expect(types).toEqual(['start', 'leaves', 'file-end']);
  });

  it('[BP1] a chunk from a receiver ends the session', async () => {
    await sent();
    peer.lane.send(new Uint8Array(100).fill(2));
    await ends('bad-frame');
  });

  it('[TR1] one’s own transfer thrown back ends the session', async () => {
    const transferId = await offered();
    peer.post({ type: 'offer-begin', transferId, kind: 'files', count: 1, totalBytes: 1 });
    await ends('bad-manifest');
  });

  it('[BP1] an error from the peer ends the session', async () => {
    await sent();
    peer.post({ type: 'error', code: 'bad-leaves' });
    await ends('peer-error');
    expect(peer.types()).not.toContain('error');
  });

  it('what crosses a cancel is no error', async () => {
    const transferId = await sent();
    await device.engine.cancel(transferId);
    peer.post(
      { type: 'stored', transferId, fileId: 0, merkleRoot: root() },
      { type: 'resend', transferId, fileId: 0, chunks: [0] },
      { type: 'pause', transferId },
      { type: 'cancel', transferId, reason: 'cancelled' },
    );
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    expect(device.snapshot(transferId).state).toEqual({ type: 'cancelled', by: 'me' });
    await device.engine.remove(transferId);
    peer.post({ type: 'pause', transferId });
    await peer.quiet();
    expect(peer.sessionErrors, 'not even once it is forgotten').toEqual([]);
  });

  it('[CT2] nothing a person wrote crosses the wire in clear', async () => {
    const transferId = newId();
    const source = new MemorySource(new TextEncoder().encode('a plain secret'.repeat(10)));
    const items = [{ path: 'name-of-file.txt', mime: 'text/plain', modified: 0, source }];
    const seen: Uint8Array[] = [];
    for (const end of [peer.wire.control[0], ...peer.wire.lanes.map(([own]) => own)]) {
      const send = end.send.bind(end);
      end.send = (frame) => {
        seen.push(frame.slice());
        send(frame);
      };
    }
    const note = 'the note beside it';
    device.engine.send('mallory', { transferId, kind: 'files', note, items });
    await peer.quiet();
    peer.post({ type: 'window', credit: 10_000_000 }, { type: 'accept', transferId });
    await peer.quiet();
    const wire = Buffer.concat(seen);
    expect(wire.length).toBeGreaterThan(140);
    for (const secret of ['plain secret', 'name-of-file', 'note beside', 'offer-begin']) {
      expect(wire.includes(secret), secret).toBe(false);
    }
  });
});
