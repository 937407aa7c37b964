import { describe, expect, it } from 'vitest';
import { OFFER_LIFE_MS } from '../../../lib/protocol/limits.ts';
import {
  HIGH_WATERMARK,
  HISTORY_FILES,
  ROOM_CHECK_MS,
  SNAPSHOT_FILES,
} from '../../../lib/transfer/constants.ts';
import { flush } from './memory-channel.ts';
import { MemorySource } from './memory-stores.ts';
import { item, newId, pattern, Rig, settle } from './rig.ts';
import { accepted, delivered, offered, same } from './steps.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

describe('a transfer', () => {
  it('[TR11] goes from the offer to delivered on one side and stored on the other', async () => {
    const rig = await Rig.create();
    rig.connect();
    const bytes = pattern(3_000_000);
    const id = await delivered(rig, [item('a/b.bin', bytes, 'image/png')]);
    const { alice, bob } = rig;
    expect(same(bob.sinks.content(id, 0), bytes)).toBe(true);
    expect(alice.states(id)).toEqual([
      'waiting-for-device',
      'waiting-for-accept',
      'transferring',
      'verifying',
      'delivered',
    ]);
    expect(bob.states(id)).toEqual(['offered', 'transferring', 'verifying', 'stored']);
    expect(bob.told('file-stored')).toEqual([
      {
        type: 'file-stored',
        transferId: id,
        deviceId: 'alice',
        kind: 'files',
        fileId: 0,
        safePath: 'a/b.bin',
        mime: 'image/png',
        size: 3_000_000,
        sinkRef: { transferId: id, fileId: 0, offset: 0 },
      },
    ]);
    for (const device of [alice, bob]) {
      const { startedAt, firstByteAt, storedAt, doneBytes, doneFiles } = device.snapshot(id);
      expect([startedAt, firstByteAt, storedAt].every((at) => at === rig.clock.now())).toBe(true);
      expect([doneBytes, doneFiles]).toEqual([3_000_000, 1]);
    }
    expect(bob.told('first-byte')).toEqual([
      { type: 'first-byte', transferId: id, at: rig.clock.now() },
    ]);
  });

  for (const size of [0, 1, 65_535, 65_536, 65_537, 1_048_577]) {
    it(`[TR7] of ${size} bytes arrives as it was`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const bytes = pattern(size);
      const id = await delivered(rig, [item('x', bytes)]);
      expect(same(rig.bob.content(id, 0), bytes)).toBe(true);
    });
  }

  it('works both ways at once over one session', async () => {
    const rig = await Rig.create();
    rig.connect();
    const [a, b] = [newId(), newId()];
    const bytes = pattern(500_000);
    rig.alice.engine.send('bob', { transferId: a, kind: 'files', items: [item('a', bytes)] });
    rig.bob.engine.send('alice', { transferId: b, kind: 'image', items: [item('b', bytes)] });
    await rig.quiet();
    await rig.bob.engine.decide(a, { type: 'accept' });
    await rig.alice.engine.decide(b, { type: 'accept' });
    await rig.run(() => rig.alice.state(a) === 'delivered' && rig.bob.state(b) === 'delivered');
    expect(same(rig.alice.sinks.content(b, 0), bytes)).toBe(true);
  });

  it('[TR14] of 300 files keeps few open at a time and delivers all', async () => {
    const rig = await Rig.create();
    rig.connect();
    let most = 0;
    rig.bob.sinks.onWrite = (_key, _offset, bytes) => {
      const open = [...rig.bob.sinks.files.values()].filter((file) => file.open > 0).length;
      most = Math.max(most, open);
      return bytes;
    };
    const items = Array.from({ length: 300 }, (_, i) => item(`d/${i}`, pattern(i % 7, i)));
    const id = await delivered(rig, items);
    expect(rig.bob.told('file-stored')).toHaveLength(300);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(32);
    expect(same(rig.bob.content(id, 6), pattern(6, 6))).toBe(true);
    expect(rig.bob.snapshot(id).files).toHaveLength(SNAPSHOT_FILES);
    // What is over is kept in short.
    const { files, doneFiles, doneBytes, totalBytes } = rig.alice.snapshot(id);
    expect([files.length, doneFiles, doneBytes]).toEqual([HISTORY_FILES, 300, totalBytes]);
    expect(rig.alice.store.transfers.get(id)?.files).toHaveLength(HISTORY_FILES);
  });

  it('[BP2][BP3] names from the peer come out safe and different', async () => {
    const rig = await Rig.create();
    rig.connect();
    await delivered(rig, [
      item('../…/con.txt\u202egnp.exe', utf8('a')),
      item('same', utf8('b')),
      item('SAME', utf8('c')),
    ]);
    // Small files may be stored in any order.
    const stored = rig.bob.told('file-stored').sort((a, b) => a.fileId - b.fileId);
    expect(stored.map(({ safePath }) => safePath)).toEqual([
      '…/_con.txtgnp.exe',
      'same',
      'SAME (2)',
    ]);
    expect(rig.bob.told('offer-received')[0]?.names).toEqual([
      '…/_con.txtgnp.exe',
      'same',
      'SAME (2)',
    ]);
  });

  it('[TR10] never has more in a lane than the high mark and what is being sealed', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', pattern(12_000_000))]);
    const [lane] = rig.wire.lanes[0] ?? [];
    if (lane === undefined) throw new Error('no lane');
    // The lane stands still, control goes on: the sender has to stop by itself.
    await settle(
      () => flush(...rig.wire.control),
      () => false,
      'quiet',
    );
    expect(lane.bufferedAmount).toBeGreaterThanOrEqual(HIGH_WATERMARK);
    expect(lane.bufferedAmount).toBeLessThan(HIGH_WATERMARK + 6 * 250_000);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(lane.maxBuffered).toBeLessThan(HIGH_WATERMARK + 6 * 250_000);
  });

  it('[TR10] a disk that stands still holds the sender back', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = newId();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const original = rig.bob.sinks.open.bind(rig.bob.sinks);
    rig.bob.sinks.open = async (...parameters) => {
      const sink = await original(...parameters);
      return {
        ...sink,
        write: async (offset, bytes) => {
          await gate;
          await sink.write(offset, bytes);
        },
      };
    };
    const source = new MemorySource(pattern(20_000_000));
    const items = [{ path: 'x', mime: '', modified: 0, source }];
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items });
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.quiet();
    expect(rig.alice.snapshot(id).doneBytes).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect(source.reads).toBeLessThan(72);
    open();
    await rig.run(() => rig.alice.state(id) === 'delivered');
  });

  it('[TR2] uses smaller chunks where the transport takes no larger ones', async () => {
    const rig = await Rig.create({ maxMessageSize: 65_536 + 30 });
    rig.connect();
    const bytes = pattern(2_000_000);
    const id = await delivered(rig, [item('x', bytes)]);
    expect(same(rig.bob.sinks.content(id, 0), bytes)).toBe(true);
  });

  it('[TR2] a transport that takes not even those ends the session', async () => {
    const rig = await Rig.create({ maxMessageSize: 65_536 });
    rig.connect();
    expect(rig.alice.told('session-error')[0]?.code).toBe('message-size');
  });

  it('tells progress at most four times a second', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', pattern(5_000_000))]);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    // Time stood still: the states, the first byte, and nothing else.
    expect(rig.alice.told('transfer-changed').length).toBeLessThanOrEqual(6);
    expect(rig.bob.told('transfer-changed').length).toBeLessThanOrEqual(6);
  });
});

describe('deciding', () => {
  it('[TR12] an offer is written down before anyone is asked', async () => {
    const rig = await Rig.create();
    rig.connect();
    const release = rig.bob.store.holdWrites();
    const id = newId();
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', utf8('x'))] });
    await rig.quiet();
    expect(rig.bob.told('offer-received')).toEqual([]);
    release();
    await rig.quiet();
    expect(rig.bob.store.transfers.get(id)?.head.state.type).toBe('offered');
    expect(rig.bob.told('offer-received')).toMatchObject([
      { transferId: id, deviceId: 'alice', kind: 'files', count: 1, totalBytes: 1, names: ['x'] },
    ]);
  });

  it('[TR12] an offer that cannot be written down is not asked about', async () => {
    const rig = await Rig.create();
    rig.connect();
    rig.bob.store.create = () => Promise.reject(new Error('disk'));
    const id = newId();
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', utf8('x'))] });
    await rig.quiet();
    expect(rig.bob.told('offer-received')).toEqual([]);
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'declined', reason: 'gone' });
  });

  it('declining tells the sender, and nothing is opened', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await offered(rig, [item('x', utf8('x'))]);
    await rig.bob.engine.decide(id, { type: 'decline', reason: 'declined' });
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'declined', reason: 'declined' });
    expect(rig.bob.state(id)).toBe('declined');
    expect(rig.bob.sinks.files.size).toBe(0);
  });

  it('[TR12] answering twice is harmless', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await offered(rig, [item('x', pattern(100_000))]);
    const { engine } = rig.bob;
    await Promise.all([
      engine.decide(id, { type: 'accept' }),
      engine.decide(id, { type: 'accept' }),
    ]);
    await engine.decide(id, { type: 'decline', reason: 'declined' });
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await engine.decide(id, { type: 'accept' });
    await rig.quiet();
    expect(rig.bob.state(id)).toBe('stored');
    expect(rig.alice.told('session-error')).toEqual([]);
  });

  it('[TR12] an offer expires after ten minutes', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await offered(rig, [item('x', utf8('x'))]);
    rig.clock.advance(OFFER_LIFE_MS - 1);
    expect(rig.bob.state(id)).toBe('offered');
    rig.clock.advance(1);
    await rig.quiet();
    expect(rig.bob.state(id)).toBe('expired');
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'declined', reason: 'expired' });
    await rig.bob.engine.decide(id, { type: 'accept' });
    expect(rig.bob.state(id)).toBe('expired');
  });

  it('what does not fit the disk is told as accepted once there is room', async () => {
    const rig = await Rig.create();
    rig.connect();
    rig.bob.sinks.free = 999;
    const bytes = pattern(1000);
    const id = await accepted(rig, [item('x', bytes)]);
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'needs-room' });
    expect(rig.alice.state(id)).toBe('waiting-for-accept');
    rig.clock.advance(ROOM_CHECK_MS);
    await rig.quiet();
    expect(rig.bob.state(id), 'there is none yet').toBe('needs-room');
    rig.bob.sinks.free = 1000;
    rig.clock.advance(ROOM_CHECK_MS);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(same(rig.bob.content(id, 0), bytes)).toBe(true);
  });
});
