import { describe, expect, it } from 'vitest';
import { JOURNAL_MS, LEAVES_STEP } from '../../../lib/transfer/constants.ts';
import { readJournal } from '../../../lib/transfer/journal.ts';
import { flush } from './memory-channel.ts';
import type { MemoryOriginal } from './memory-stores.ts';
import { attach, item, newWire, pattern, Rig, settle, type Device } from './rig.ts';
import {
  accepted,
  killed,
  offered,
  offeredWith,
  reconnect,
  restarted,
  same,
  slowly,
  still,
  watchFrames,
} from './steps.ts';

/** Of a file of at most 1 MiB ([TR2]). */
const CHUNK = 65_536;
const COUNT = 16;
const BYTES = pattern(COUNT * CHUNK);

/** So many chunks of a file are on Bob's disk; nothing moves. */
async function part(chunks: number, bytes = BYTES, chunkSize = CHUNK) {
  const rig = await Rig.create();
  rig.connect();
  const { id, originals } = await offeredWith(rig, [item('x', bytes)]);
  await rig.bob.engine.decide(id, { type: 'accept' });
  await arrive(rig, chunks, () => rig.bob.snapshot(id).doneBytes === chunks * chunkSize);
  await still();
  const [original] = originals;
  if (original === undefined) throw new Error('no original');
  return { rig, id, original };
}

/** Lets so many chunks through, and all of control. */
async function arrive(rig: Rig, chunks: number, done: () => boolean): Promise<void> {
  let left = chunks;
  await settle(() => {
    let moved = flush(...rig.wire.control);
    for (const [lane] of rig.wire.lanes) {
      for (; left > 0 && lane.deliver(); left--) moved++;
    }
    return moved;
  }, done);
}

/** So many chunks Bob's journal says are there. */
async function journaled(device: Device, id: string, size = BYTES.length): Promise<number[]> {
  const { sinks, clock } = device;
  const found = await readJournal({ sinks, clock, transferId: id, fileId: 0 }, size);
  const indexes = Array.from({ length: found?.bits.count ?? 0 }, (_, n) => n);
  return indexes.filter((n) => found?.bits.has(n));
}

const reads = (original: MemoryOriginal) =>
  original.opened.reduce((sum, source) => sum + source.reads, 0);

async function finish(rig: Rig, id: string, alice: Device, bob: Device) {
  reconnect(rig, alice, bob);
  const frames = watchFrames(rig);
  await rig.run(() => alice.state(id) === 'delivered');
  await rig.quiet();
  expect(same(bob.content(id, 0), BYTES)).toBe(true);
  for (const device of [alice, bob]) {
    const codes = device.told('session-error').map(({ code }) => code);
    expect(codes.every((code) => code === 'channel-closed')).toBe(true);
  }
  return frames;
}

describe('a receiver that was killed', () => {
  for (const chunks of [1, 4, 8]) {
    it(`[TR17] with ${chunks} of ${COUNT} chunks gets the others, and only these`, async () => {
      const { rig, id } = await part(chunks);
      rig.clock.advance(JOURNAL_MS);
      await still();
      const had = rig.bob.snapshot(id).doneBytes / CHUNK;
      rig.cut();
      const bob = await killed(rig.bob, 'lost');
      expect(bob.snapshot(id)).toMatchObject({
        state: { type: 'paused', by: 'connection' },
        doneBytes: had * CHUNK,
      });
      expect(bob.told('need-session')).toEqual([{ type: 'need-session', deviceId: 'alice' }]);
      const frames = await finish(rig, id, rig.alice, bob);
      expect(frames.count).toBe(COUNT - had);
    });
  }

  it('[TR17] has lost at most a second of it', async () => {
    const { rig, id } = await part(5);
    rig.clock.advance(JOURNAL_MS);
    await still();
    await arrive(rig, 4, () => rig.bob.snapshot(id).doneBytes === 9 * CHUNK);
    rig.cut();
    const bob = await killed(rig.bob, 'lost');
    expect(bob.snapshot(id).doneBytes).toBe(5 * CHUNK);
    const frames = await finish(rig, id, rig.alice, bob);
    expect(frames.count).toBe(COUNT - 5);
  });

  it('[TR17] never claims a chunk that is not on its disk, wherever it was killed', async () => {
    let claims = 0;
    for (let step = 0; step < 24; step++) {
      const { rig, id } = await part(2 + (step % 3));
      rig.clock.advance(JOURNAL_MS);
      // In the middle of flush and journal.
      for (let n = 0; n < step; n++) await Promise.resolve();
      rig.cut();
      let x = step + 1;
      const dice = () => {
        x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
        return x / 2 ** 32;
      };
      rig.bob.sinks.crash(dice);
      const disk = rig.bob.sinks.content(id, 0) ?? new Uint8Array(0);
      for (const index of await journaled(rig.bob, id)) {
        claims++;
        const [from, to] = [index * CHUNK, (index + 1) * CHUNK];
        expect(same(disk.slice(from, to), BYTES.slice(from, to)), `step ${step}`).toBe(true);
      }
    }
    expect(claims).toBeGreaterThan(10);
  });

  it('[TR9] looks at what is on its disk while the rest comes, as far as it has leaves', async () => {
    const chunkSize = 245_760;
    const [count, there] = [60, LEAVES_STEP + 8];
    const bytes = pattern(count * chunkSize);
    const { rig, id } = await part(there, bytes, chunkSize);
    const { sinks } = rig.bob;
    rig.clock.advance(JOURNAL_MS);
    await still();
    expect(sinks.reads).toBe(LEAVES_STEP);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(sinks.reads).toBe(count);
    expect(same(rig.bob.content(id, 0), bytes)).toBe(true);
  });

  it('[TR9] asks again for what its disk lost although it was flushed', async () => {
    const { rig, id } = await part(6);
    rig.clock.advance(JOURNAL_MS);
    await still();
    rig.cut();
    const bob = await killed(rig.bob);
    const disk = bob.sinks.files.get(`${id}/0`);
    // Chunks leave in either order: one of those that are there.
    const [, lost = 0] = await journaled(bob, id);
    disk?.bytes.fill(0, lost * CHUNK, (lost + 1) * CHUNK);
    const had = bob.snapshot(id).doneBytes / CHUNK;
    const frames = await finish(rig, id, rig.alice, bob);
    expect(frames.count).toBe(COUNT - had + 1);
  });

  for (const [what, spoil] of [
    ['is gone', () => new Uint8Array(0)],
    ['is garbage', () => pattern(2000, 9) as Uint8Array<ArrayBuffer>],
  ] as const) {
    it(`[TR17] whose journal ${what} gets everything`, async () => {
      const { rig, id } = await part(6);
      rig.clock.advance(JOURNAL_MS);
      await still();
      rig.cut();
      rig.bob.sinks.crash(() => 0);
      const journal = rig.bob.sinks.journals.get(`${id}/0`);
      if (journal === undefined) throw new Error('no journal');
      journal.bytes = spoil();
      const bob = await killed(rig.bob);
      expect(bob.snapshot(id).doneBytes).toBe(0);
      const frames = await finish(rig, id, rig.alice, bob);
      expect(frames.count).toBe(COUNT);
    });
  }

  it('[TR17] where the file is cut in other chunks now, gets everything', async () => {
    const large = pattern(2_000_000);
    const { rig, id } = await part(3, large, 245_760);
    rig.clock.advance(JOURNAL_MS);
    await still();
    rig.cut();
    const bob = await killed(rig.bob);
    rig.wire = newWire({ maxMessageSize: 70_000 });
    attach(rig.alice, 'bob', rig.wire, 0);
    attach(bob, 'alice', rig.wire, 1);
    const frames = watchFrames(rig);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(same(bob.content(id, 0), large)).toBe(true);
    expect(frames.bytes).toBe(large.length + frames.count * 16);
  });

  it('[TR12] goes on with what it was told before: who paused, which files are cancelled', async () => {
    const rig = await Rig.create();
    rig.connect();
    const items = [0, 1, 2].map((n) => item(`f${n}`, pattern(800_000, n + 1)));
    const id = await accepted(rig, items);
    await slowly(rig, () => rig.bob.snapshot(id).doneBytes > 0);
    rig.bob.engine.pause(id);
    await rig.bob.engine.cancel(id, 1);
    rig.bob.engine.pause(id, 2);
    await still();
    rig.cut();
    const bob = await killed(rig.bob);
    reconnect(rig, rig.alice, bob);
    await rig.quiet();
    expect(bob.snapshot(id).state).toEqual({ type: 'paused', by: 'me' });
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'paused', by: 'peer' });
    bob.engine.resume(id);
    await rig.quiet();
    expect(bob.told('file-stored').map(({ fileId }) => fileId)).toEqual([0]);
    expect(bob.snapshot(id).files.map(({ state }) => state)).toEqual([
      'stored',
      'cancelled',
      'paused',
    ]);
    bob.engine.resume(id, 2);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(bob.state(id)).toBe('stored');
  });
});

describe('a sender that was killed', () => {
  it('[TR17] sends only what is missing, and reads no more than that', async () => {
    const { rig, id, original } = await part(6);
    rig.clock.advance(JOURNAL_MS);
    await still();
    rig.cut();
    await still();
    const had = rig.bob.snapshot(id).doneBytes / CHUNK;
    const alice = await killed(rig.alice);
    expect(alice.state(id)).toBe('waiting-for-device');
    const before = reads(original);
    const frames = await finish(rig, id, alice, rig.bob);
    expect(frames.count).toBe(COUNT - had);
    expect(reads(original) - before).toBe(COUNT - had);
  });

  it('[TR17] without its journal reads what the receiver has once more, and sends the rest', async () => {
    const { rig, id, original } = await part(6);
    rig.cut();
    await still();
    rig.alice.sinks.crash(() => 0);
    rig.alice.sinks.journals.clear();
    const had = rig.bob.snapshot(id).doneBytes / CHUNK;
    const alice = await killed(rig.alice);
    const before = reads(original);
    const frames = await finish(rig, id, alice, rig.bob);
    expect(frames.count).toBe(COUNT - had);
    expect(reads(original) - before).toBe(COUNT);
  });

  it('[TR6] whose file changed unseen meanwhile never mixes two versions', async () => {
    for (const journal of ['kept', 'lost'] as const) {
      const { rig, id, original } = await part(6);
      rig.clock.advance(JOURNAL_MS);
      await still();
      rig.cut();
      await still();
      if (journal === 'lost') {
        rig.alice.sinks.crash(() => 0);
        rig.alice.sinks.journals.clear();
      }
      // The same size and date: only its bytes can tell.
      const other = pattern(BYTES.length, 77);
      original.change(other, original.modified);
      const alice = await killed(rig.alice);
      reconnect(rig, alice, rig.bob);
      await rig.run(() => alice.state(id) === 'delivered' || alice.state(id) === 'failed');
      await rig.quiet();
      for (const { fileId } of rig.bob.told('file-stored')) {
        const whole = rig.bob.content(id, fileId);
        expect(same(whole, other) || same(whole, BYTES), `journal ${journal}`).toBe(true);
      }
      expect(alice.state(id), `journal ${journal}`).toBe('delivered');
    }
  });

  it('[TR12] before anyone answered offers it again, and nobody is asked twice', async () => {
    const rig = await Rig.create();
    rig.connect();
    const transferId = await offered(rig, [item('x', BYTES)]);
    rig.cut();
    const alice = await killed(rig.alice);
    reconnect(rig, alice, rig.bob);
    await rig.quiet();
    expect(rig.bob.told('offer-received')).toHaveLength(1);
    await rig.bob.engine.decide(transferId, { type: 'accept' });
    await rig.run(() => alice.state(transferId) === 'delivered');
  });

  it('[TR12] keeps its pauses and what was cancelled', async () => {
    const rig = await Rig.create();
    const items = [0, 1, 2].map((n) => item(`f${n}`, pattern(800_000, n + 1)));
    rig.connect();
    const id = await accepted(rig, items);
    await slowly(rig, () => rig.bob.snapshot(id).doneBytes > 0);
    rig.alice.engine.pause(id);
    rig.alice.engine.pause(id, 2);
    await rig.alice.engine.cancel(id, 1);
    await still();
    rig.cut();
    const alice = await killed(rig.alice);
    reconnect(rig, alice, rig.bob);
    await rig.quiet();
    expect(alice.snapshot(id).state).toEqual({ type: 'paused', by: 'me' });
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'paused', by: 'peer' });
    alice.engine.resume(id);
    await rig.quiet();
    expect(rig.bob.told('file-stored').map(({ fileId }) => fileId)).toEqual([0]);
    alice.engine.resume(id, 2);
    await rig.run(() => alice.state(id) === 'delivered');
    expect(rig.bob.snapshot(id).files.map(({ state }) => state)).toEqual([
      'stored',
      'cancelled',
      'stored',
    ]);
  });

  it('[TR11] after all was stored hears so from the receiver and is done', async () => {
    for (const journal of ['kept', 'lost'] as const) {
      const { rig, id } = await part(COUNT - 1);
      const [toBob, toAlice] = rig.wire.control;
      const deliver = () => {
        let moved = 0;
        for (const end of [toBob, ...rig.wire.lanes.map(([own]) => own)]) {
          while (end.deliver()) moved++;
        }
        return moved;
      };
      // Credit has to come back, but not the word that it is stored.
      for (let n = 0; n < 40 && rig.bob.state(id) !== 'stored'; n++) {
        deliver();
        await still();
        if (rig.bob.state(id) !== 'stored') toAlice.deliver();
      }
      expect(rig.bob.state(id)).toBe('stored');
      expect(rig.alice.state(id)).not.toBe('delivered');
      rig.cut();
      await still();
      if (journal === 'lost') {
        rig.alice.sinks.crash(() => 0);
        rig.alice.sinks.journals.clear();
      }
      const alice = await killed(rig.alice);
      const frames = await finish(rig, id, alice, rig.bob);
      expect(frames.count, journal).toBe(0);
    }
  });
});

describe('what is left beside the files', () => {
  it('[TR17] a journal goes when its file is stored, on both sides', async () => {
    const { rig, id } = await part(6);
    rig.clock.advance(JOURNAL_MS);
    await still();
    expect([...rig.bob.sinks.journals.keys()]).toEqual([`${id}/0`]);
    expect([...rig.alice.sinks.journals.keys()]).toEqual([`${id}/0`]);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    await rig.bob.engine.markSaved(id, 0);
    await rig.quiet();
    for (const { sinks } of [rig.alice, rig.bob]) {
      expect([...sinks.journals.keys(), ...sinks.files.keys()]).toEqual([]);
    }
  });

  for (const side of ['alice', 'bob'] as const) {
    it(`[TR17] nothing is when ${side} cancels, after a restart too`, async () => {
      for (const restart of [false, true]) {
        const { rig, id } = await part(6);
        rig.clock.advance(JOURNAL_MS);
        await still();
        let { alice, bob } = rig;
        if (restart) {
          rig.cut();
          await still();
          [alice, bob] = [await restarted(alice), await restarted(bob)];
          reconnect(rig, alice, bob);
          await slowly(rig, () => bob.state(id) === 'transferring');
        }
        await (side === 'alice' ? alice : bob).engine.cancel(id);
        await rig.quiet();
        expect([alice.state(id), bob.state(id)]).toEqual(['cancelled', 'cancelled']);
        for (const { sinks } of [alice, bob]) {
          expect([...sinks.journals.keys(), ...sinks.files.keys()]).toEqual([]);
        }
        expect(alice.sources.released).toContain(id);
      }
    });
  }

  it('[TR17] nothing is, though the last journal is let go of only after the end', async () => {
    const { rig, id } = await part(3);
    const { sinks } = rig.alice;
    const open = sinks.openJournal.bind(sinks);
    sinks.openJournal = async (transferId, fileId) => {
      const sink = await open(transferId, fileId);
      const close = async (): Promise<void> => {
        for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
        await sink.close();
      };
      return { ...sink, close };
    };
    rig.clock.advance(JOURNAL_MS);
    await still();
    expect([...sinks.journals.keys()]).toEqual([`${id}/0`]);
    // Of another version of the file, which an earlier life had begun.
    await (await open(id, 9)).close();
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect([...sinks.journals.keys()]).toEqual([]);
  });

  it('is swept at the start when it is of nothing that is known', async () => {
    const { rig, id } = await part(3);
    rig.clock.advance(JOURNAL_MS);
    await still();
    rig.cut();
    // Killed between the end of the record and that of the bytes.
    rig.bob.store.transfers.delete(id);
    const bob = await killed(rig.bob);
    await still();
    expect([...bob.sinks.files.keys(), ...bob.sinks.journals.keys()]).toEqual([]);
  });
});
