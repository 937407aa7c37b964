import { describe, expect, it } from 'vitest';
import { concat } from '../../../lib/crypto/bytes.ts';
import { JOURNAL_MS } from '../../../lib/transfer/constants.ts';
import { SinkError } from '../../../lib/transfer/errors.ts';
import { leafOf, merkleRoot } from '../../../lib/transfer/merkle.ts';
import { FakeClock } from './memory-stores.ts';
import { RawPeer } from './raw-peer.ts';
import { Device, item, pattern, Rig } from './rig.ts';
import { accepted, fileState, reconnect, same, still } from './steps.ts';

/** The disk is read back while chunks still come: whatever happens meanwhile ([TR9]). */

const CHUNK = 65_536;

/** Reads of Bob's files wait while `hold`. */
function slowReads(bob: Device) {
  const open = bob.sinks.open.bind(bob.sinks);
  const waiting: (() => void)[] = [];
  let underWay = 0;
  const reads = {
    hold: false,
    /** How many were under way whenever a file was closed. */
    atClose: [] as number[],
    get waiting() {
      return waiting.length;
    },
    release(count = Infinity) {
      for (const go of waiting.splice(0, count)) go();
    },
  };
  bob.sinks.open = async (...file) => {
    const sink = await open(...file);
    return {
      ...sink,
      read: async (at, into) => {
        underWay++;
        try {
          const read = await sink.read(at, into);
          if (reads.hold) await new Promise<void>((resolve) => waiting.push(resolve));
          return read;
        } finally {
          underWay--;
        }
      },
      close: async () => {
        reads.atClose.push(underWay);
        await sink.close();
      },
    };
  };
  return reads;
}

async function receiver() {
  const clock = new FakeClock();
  const bob = new Device('bob', clock);
  await bob.engine.start();
  return { clock, bob, peer: new RawPeer(bob) };
}

async function leavesOf(bytes: Uint8Array) {
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) {
    leaves.push(await leafOf(concat(new Uint8Array(1), bytes.subarray(at, at + CHUNK))));
  }
  return concat(...leaves);
}

/**
 * A file of three chunks, all there: in an earlier run the leaf of the second one was another, so that
 * it will be asked for again at the end.
 */
async function changedLeaf(bob: Device, peer: RawPeer) {
  const good = pattern(3 * CHUNK);
  const other = good.slice().fill(7, CHUNK, 2 * CHUNK);
  const id = await peer.accepted([good]);
  const leaves = async (bytes: Uint8Array) => {
    const hashes = await leavesOf(bytes);
    peer.post({ type: 'leaves', transferId: id, fileId: 0, from: 0, hashes });
  };
  const first = peer.start(id, 0, good);
  await first.chunk(0);
  await first.chunk(1);
  await leaves(other);
  await peer.quiet();
  peer.post({ type: 'stop', transferId: id, fileId: 0 });
  await peer.quiet();
  const second = peer.start(id, 0, good);
  await leaves(good);
  await second.chunk(2);
  await peer.quiet();
  return {
    end: async () => {
      const root = merkleRoot(await leavesOf(good));
      peer.post({ type: 'file-end', transferId: id, fileId: 0, merkleRoot: root });
      await peer.quiet();
      expect(peer.types()).toContain('resend');
    },
    /** It comes once more, and what is written this time is not what came. */
    again: async () => {
      bob.sinks.onWrite = (_, at, bytes) => (at === CHUNK ? other.slice(CHUNK, 2 * CHUNK) : bytes);
      await second.chunk(1);
      await peer.quiet();
    },
  };
}

describe('the disk is read back behind the writing', () => {
  const interruptions = {
    'the session goes': async (rig: Rig) => {
      rig.cut();
      await still();
      reconnect(rig);
    },
    'the disk is full for a while': async (rig: Rig, id: string) => {
      rig.bob.sinks.free = 0;
      await rig.quiet();
      expect(rig.bob.state(id)).toBe('needs-room');
      rig.bob.sinks.free = 1e15;
      rig.bob.engine.resume(id);
    },
    'it is paused': async (rig: Rig, id: string) => {
      rig.bob.engine.pause(id);
      await rig.quiet();
      rig.bob.engine.resume(id);
    },
    'the receiver cancels': async (rig: Rig, id: string) => void rig.bob.engine.cancel(id),
    'the sender cancels': async (rig: Rig, id: string) => rig.alice.engine.cancel(id),
    'the engine is shut down': async (rig: Rig) => void rig.bob.engine.shutdown(),
  };
  for (const [what, interrupt] of Object.entries(interruptions)) {
    it(`[TR9] ${what} meanwhile: no file is closed under a read, and nothing is lost`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const bytes = pattern(60 * 245_760);
      const reads = slowReads(rig.bob);
      const id = await accepted(rig, [item('x', bytes)]);
      await rig.run(() => rig.bob.snapshot(id).doneBytes >= 40 * 245_760);
      reads.hold = true;
      rig.clock.advance(JOURNAL_MS);
      await still();
      expect(reads.waiting).toBeGreaterThan(0);
      await interrupt(rig, id);
      await rig.quiet();
      reads.hold = false;
      reads.release();
      await rig.quiet();
      if (!/cancel|shut/u.test(what)) {
        await rig.run(() => rig.alice.state(id) === 'delivered');
        await rig.quiet();
        expect(same(rig.bob.content(id, 0), bytes)).toBe(true);
      } else if (what.includes('cancel')) expect(rig.bob.sinks.files.size).toBe(0);
      expect(reads.atClose.every((count) => count === 0)).toBe(true);
      expect(rig.bob.sinks.openHandles).toBe(0);
      const errors = [...rig.alice.told('session-error'), ...rig.bob.told('session-error')];
      expect(errors.filter(({ code }) => code !== 'channel-closed')).toEqual([]);
    });
  }

  it('[TR9] and not while the end is looked at: each chunk once, and nothing read at the close', async () => {
    const { clock, bob, peer } = await receiver();
    const reads = slowReads(bob);
    const bytes = pattern(4 * CHUNK);
    const id = await peer.accepted([bytes]);
    const file = peer.start(id, 0, bytes);
    reads.hold = true;
    const before = bob.sinks.reads;
    for (let index = 0; index < 4; index++) await file.chunk(index);
    await file.end();
    await peer.quiet();
    expect(fileState(bob, id, 0)).toBe('verifying');
    clock.advance(JOURNAL_MS);
    await peer.quiet();
    expect(reads.waiting).toBe(4);
    reads.hold = false;
    reads.release();
    await peer.quiet();
    expect(peer.types()).toContain('stored');
    expect(bob.sinks.reads - before).toBe(4);
    expect(reads.atClose).toEqual([0]);
  });

  it('[TR9] a chunk that is asked for again while it is read has to be read again', async () => {
    const { clock, bob, peer } = await receiver();
    const reads = slowReads(bob);
    const { end, again } = await changedLeaf(bob, peer);
    reads.hold = true;
    clock.advance(JOURNAL_MS);
    await peer.quiet();
    expect(reads.waiting).toBeGreaterThan(0);
    await end();
    reads.hold = false;
    reads.release();
    await peer.quiet();
    await again();
    expect(peer.types()).not.toContain('stored');
    expect(peer.types().filter((type) => type === 'resend')).toHaveLength(2);
  });

  it('[TR9] what was asked for again while a flush was under way is read again when it came', async () => {
    const { clock, bob, peer } = await receiver();
    let gate: Promise<void> | null = null;
    const open = bob.sinks.open.bind(bob.sinks);
    bob.sinks.open = async (...file) => {
      const sink = await open(...file);
      return {
        ...sink,
        flush: async () => {
          await gate;
          await sink.flush();
        },
      };
    };
    const { end, again } = await changedLeaf(bob, peer);
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    clock.advance(JOURNAL_MS);
    await peer.quiet();
    await end();
    gate = null;
    resolve();
    await peer.quiet();
    await again();
    expect(peer.types()).not.toContain('stored');
  });

  it('[TR9] what was removed between two sessions is no file with holes', async () => {
    const rig = await Rig.create();
    rig.connect();
    const bytes = pattern(60 * 245_760);
    const id = await accepted(rig, [item('x', bytes)]);
    await rig.run(() => rig.bob.snapshot(id).doneBytes >= 40 * 245_760);
    rig.clock.advance(JOURNAL_MS);
    await still();
    rig.cut();
    await still();
    expect(rig.bob.sinks.openHandles).toBe(0);
    await rig.bob.sinks.remove(id);
    reconnect(rig);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(same(rig.bob.content(id, 0), bytes)).toBe(true);
  });

  it('[TR9] a read that failed once leaves no wrong chunk behind it unseen', async () => {
    const { clock, bob, peer } = await receiver();
    const count = 32;
    const bytes = pattern(count * CHUNK);
    bob.sinks.onWrite = (_, at, chunk) => {
      if (at !== 9 * CHUNK) return chunk;
      const spoilt = chunk.slice();
      spoilt[0] = 1 + (spoilt[0] ?? 0);
      return spoilt;
    };
    const open = bob.sinks.open.bind(bob.sinks);
    let failures = 0;
    bob.sinks.open = async (...file) => {
      const sink = await open(...file);
      return {
        ...sink,
        read: (at, into) => {
          if (at === 0 && failures++ === 0) throw new SinkError('sink-failed');
          return sink.read(at, into);
        },
      };
    };
    const id = await peer.accepted([bytes]);
    const file = peer.start(id, 0, bytes);
    for (let index = 0; index < count - 1; index++) await file.chunk(index);
    const hashes = await leavesOf(bytes);
    peer.post({ type: 'leaves', transferId: id, fileId: 0, from: 0, hashes });
    await peer.quiet();
    await file.chunk(count - 1);
    // The flush comes with the last chunk, and the end right behind it.
    peer.post({ type: 'file-end', transferId: id, fileId: 0, merkleRoot: merkleRoot(hashes) });
    clock.advance(JOURNAL_MS);
    await peer.quiet();
    expect(failures).toBeGreaterThan(0);
    expect(peer.types()).not.toContain('stored');
    expect(peer.types()).toContain('resend');
  });
});
