import { afterEach, describe, expect, it, vi } from 'vitest';
import { ChunkCipher } from '../../../lib/crypto/chunk-cipher.ts';
import { MAX_OPEN_FILES } from '../../../lib/protocol/limits.ts';
import { ROOM_CHECK_MS } from '../../../lib/transfer/constants.ts';
import { item, newId, pattern, Rig } from './rig.ts';
import {
  accepted,
  fileState,
  offeredWith,
  reconnect,
  same,
  slowly,
  still,
  watchFrames,
} from './steps.ts';

/** Lets Bob's disk write only when the answer is called; `reached` says that it is waiting. */
function holdDisk(rig: Rig): { release: () => void; reached: () => boolean } {
  const { sinks } = rig.bob;
  const open = sinks.open.bind(sinks);
  let release = (): void => undefined;
  let waiting = 0;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  sinks.open = async (...parameters) => {
    const sink = await open(...parameters);
    return {
      ...sink,
      write: async (offset, bytes) => {
        waiting++;
        await gate;
        await sink.write(offset, bytes);
      },
    };
  };
  return { release, reached: () => waiting > 0 };
}

const small = (count: number, size = 100) =>
  Array.from({ length: count }, (_, n) => item(`f${n}`, pattern(size, n + 1)));

afterEach(() => {
  vi.restoreAllMocks();
});

describe('packs and what happens meanwhile', () => {
  it('[BP1] a pack that cannot be sealed ends the session and its transfers, with a reason', async () => {
    const rig = await Rig.create();
    rig.connect();
    const failure = new DOMException('no', 'OperationError');
    vi.spyOn(ChunkCipher.prototype, 'encrypt').mockRejectedValue(failure);
    const id = await accepted(rig, small(3));
    await rig.run(() => rig.alice.state(id) === 'failed');
    expect(rig.alice.told('session-error')).toMatchObject([{ code: 'internal' }]);
    expect(rig.bob.state(id)).toBe('failed');
  });

  it('[TR14][TR16] no more than 32 files and packs are ever open, large ones between small ones too', async () => {
    const rig = await Rig.create();
    rig.connect();
    const disk = holdDisk(rig);
    const ids = [newId(), newId()];
    for (const transferId of ids) {
      // Each file of 60,000 bytes but four fills a pack; the large ones want places as well.
      const items = [
        ...Array.from({ length: 100 }, (_, n) => item(`s${n}`, pattern(60_000, n))),
        ...Array.from({ length: 12 }, (_, n) => item(`l${n}`, pattern(70_000, n))),
      ];
      rig.alice.send('bob', { transferId, kind: 'files', items });
    }
    await rig.quiet();
    for (const id of ids) await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.quiet();
    expect(rig.alice.told('session-error')).toEqual([]);
    expect(rig.bob.told('session-error'), `more than ${MAX_OPEN_FILES}`).toEqual([]);
    disk.release();
    await rig.run(() => ids.every((id) => rig.alice.state(id) === 'delivered'));
  });

  for (const side of ['alice', 'bob'] as const) {
    it(`[TR16] a file that ${side} cancels while its pack is being written takes nothing else with it`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const disk = holdDisk(rig);
      const id = await accepted(rig, small(3));
      await rig.run(disk.reached);
      // The first names the pack's file on the disk.
      await rig[side].engine.cancel(id, 0);
      await rig.quiet();
      disk.release();
      await rig.run(() => rig.alice.state(id) === 'delivered');
      await rig.quiet();
      expect(rig.bob.state(id)).toBe('stored');
      expect([0, 1, 2].map((fileId) => fileState(rig.bob, id, fileId))).toEqual([
        'cancelled',
        'stored',
        'stored',
      ]);
      expect(rig.alice.snapshot(id)).toMatchObject({ doneFiles: 2 });
      for (const fileId of [1, 2]) {
        expect(same(rig.bob.content(id, fileId), pattern(100, fileId + 1))).toBe(true);
        await rig.bob.engine.markSaved(id, fileId);
      }
      expect(rig.bob.state(id)).toBe('saved');
      expect(rig.bob.sinks.files.size).toBe(0);
      for (const device of [rig.alice, rig.bob]) expect(device.told('session-error')).toEqual([]);
    });
  }

  it('[TR16] the first file of a pack, cancelled once its bytes are on the disk, leaves the others theirs', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { sinks } = rig.bob;
    const open = sinks.open.bind(sinks);
    let cancelled: Promise<void> | null = null;
    const id = (await offeredWith(rig, small(3))).id;
    sinks.open = async (...parameters) => {
      const sink = await open(...parameters);
      return {
        ...sink,
        close: async () => {
          await sink.close();
          // The handle is free: a removal would succeed from here on.
          cancelled ??= rig.bob.engine.cancel(id, 0);
          await cancelled;
        },
      };
    };
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(cancelled).not.toBeNull();
    for (const fileId of [1, 2]) {
      expect(same(rig.bob.content(id, fileId), pattern(100, fileId + 1))).toBe(true);
    }
  });

  it('[TR20] a paused file stays out of packs until it is resumed', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id } = await offeredWith(rig, small(3));
    rig.alice.engine.pause(id, 1);
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.quiet();
    expect(rig.bob.told('file-stored').map(({ fileId }) => fileId)).toEqual([0, 2]);
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'paused', by: 'me' });
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'paused', by: 'peer' });
    rig.alice.engine.resume(id, 1);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(same(rig.bob.content(id, 1), pattern(100, 2))).toBe(true);
  });

  for (const side of ['alice', 'bob'] as const) {
    it(`[TR20] a file that ${side} pauses while it is in a pack arrives with it`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const disk = holdDisk(rig);
      const id = await accepted(rig, small(2));
      await rig.run(disk.reached);
      rig[side].engine.pause(id, 1);
      await rig.quiet();
      disk.release();
      await rig.run(() => rig.alice.state(id) === 'delivered');
      await rig.quiet();
      expect(rig.bob.state(id)).toBe('stored');
      expect(rig.bob.told('session-error')).toEqual([]);
    });
  }

  it('[TR12] packs that a lost session interrupts come again, and each file is stored once', async () => {
    for (let cut = 0; cut < 30; cut += 3) {
      const rig = await Rig.create();
      rig.connect();
      const items = small(40, 20_000);
      const id = await accepted(rig, items);
      for (let frames = 0; frames < cut; frames++) {
        for (const channel of rig.channels) channel.deliver();
        await new Promise((resolve) => setImmediate(resolve));
      }
      rig.cut();
      reconnect(rig);
      await rig.run(() => rig.alice.state(id) === 'delivered');
      await rig.quiet();
      const stored = rig.bob.told('file-stored').map(({ fileId }) => fileId);
      expect(
        stored.sort((a, b) => a - b),
        `cut ${cut}`,
      ).toEqual([...items.keys()]);
      for (const fileId of items.keys()) {
        expect(same(rig.bob.content(id, fileId), pattern(20_000, fileId + 1))).toBe(true);
        await rig.bob.engine.markSaved(id, fileId);
      }
      expect(rig.bob.sinks.files.size).toBe(0);
      const codes = [...rig.alice.told('session-error'), ...rig.bob.told('session-error')];
      expect(codes.every(({ code }) => code === 'channel-closed')).toBe(true);
    }
  });

  it('[TR12] what was stored of a pack before the session went does not come again', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, small(10, 60_000));
    await slowly(rig, () => rig.bob.told('file-stored').length > 0);
    const had = rig.bob.told('file-stored').length;
    rig.cut();
    await still();
    reconnect(rig);
    const frames = watchFrames(rig);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(had).toBeLessThan(10);
    expect(frames.bytes).toBe((10 - had) * 60_000 + 16 * frames.count);
  });

  it('[TR16] a small file that cannot be read fails alone', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await offeredWith(rig, small(3));
    const [, second] = originals;
    if (second) second.trouble = 'source-unreadable';
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.quiet();
    expect(rig.bob.told('file-stored').map(({ fileId }) => fileId)).toEqual([0, 2]);
    for (const device of [rig.alice, rig.bob]) {
      expect(device.snapshot(id).state).toMatchObject({ reason: 'source-unreadable' });
      expect(device.told('session-error')).toEqual([]);
    }
    expect(fileState(rig.alice, id, 1)).toBe('failed');
    await rig.bob.engine.markSaved(id, 0);
    await rig.bob.engine.markSaved(id, 2);
    expect(rig.bob.sinks.files.size).toBe(0);
  });

  it('a disk that is full in the middle of a pack keeps what is stored and goes on when there is room', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, small(10, 60_000));
    // Two packs of four, and not the rest.
    rig.bob.sinks.free = 500_000;
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'needs-room' });
    expect(rig.alice.snapshot(id).state).toEqual({
      type: 'paused',
      by: 'peer',
      reason: 'no-space',
    });
    expect(rig.bob.told('file-stored').length).toBeGreaterThanOrEqual(4);
    rig.bob.sinks.free = 1_000_000;
    rig.clock.advance(ROOM_CHECK_MS);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(rig.bob.told('file-stored')).toHaveLength(10);
    for (let fileId = 0; fileId < 10; fileId++) {
      expect(same(rig.bob.content(id, fileId), pattern(60_000, fileId + 1))).toBe(true);
    }
    expect(rig.bob.told('session-error')).toEqual([]);
  });
});
