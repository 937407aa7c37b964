import { describe, expect, it } from 'vitest';
import type { MemoryOriginal } from './memory-stores.ts';
import { attach, item, newId, newWire, pattern, Rig, type Device } from './rig.ts';
import {
  accepted,
  delivered,
  fileState,
  killed,
  offered,
  offeredWith,
  reconnect,
  restarted,
  same,
  slowly,
  still,
} from './steps.ts';

const BYTES = pattern(6_000_000);

function noBreach(...devices: Device[]): void {
  for (const device of devices) {
    const codes = device.told('session-error').map(({ code }) => code);
    expect(codes.filter((code) => code !== 'channel-closed')).toEqual([]);
  }
}

async function moving(rig: Rig): Promise<string> {
  const id = await accepted(rig, [item('x', BYTES)]);
  await slowly(rig, () => rig.bob.snapshot(id).doneBytes > 0);
  return id;
}

/** Some of a file is there; then its sender is killed, and started again without the source. */
async function restartedWithout(trouble: MemoryOriginal['trouble']) {
  const rig = await Rig.create();
  rig.connect();
  const { id, originals } = await offeredWith(rig, [item('x', BYTES)]);
  await rig.bob.engine.decide(id, { type: 'accept' });
  await slowly(rig, () => rig.bob.snapshot(id).doneBytes > 0);
  rig.cut();
  await still();
  for (const original of originals) original.trouble = trouble;
  const alice = await killed(rig.alice);
  await still();
  return { rig, id, alice };
}

describe('what ended while the other device was away', () => {
  for (const restart of [false, true]) {
    const after = restart ? ', after a restart' : '';

    it(`[TR12] the sender’s cancel is told in the next session${after}`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const id = await moving(rig);
      rig.cut();
      await still();
      await rig.alice.engine.cancel(id);
      await still();
      const alice = restart ? await restarted(rig.alice) : rig.alice;
      reconnect(rig, alice);
      await rig.quiet();
      expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
      expect(rig.bob.sinks.files.size).toBe(0);
      // Once more: harmless.
      rig.cut();
      await still();
      reconnect(rig, alice);
      await rig.quiet();
      noBreach(alice, rig.bob);
    });

    it(`[TR12] the receiver’s cancel is told in the next session${after}`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const id = await moving(rig);
      rig.cut();
      await still();
      await rig.bob.engine.cancel(id);
      await still();
      const bob = restart ? await restarted(rig.bob) : rig.bob;
      reconnect(rig, rig.alice, bob);
      await rig.quiet();
      expect(['cancelled', 'declined', 'failed']).toContain(rig.alice.state(id));
      expect(bob.state(id)).toBe('cancelled');
      noBreach(rig.alice, bob);
    });

    it(`[TR12] an offer that was taken back does not stay open${after}`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const id = await offered(rig, [item('x', BYTES)]);
      rig.cut();
      await still();
      await rig.alice.engine.cancel(id);
      await still();
      const alice = restart ? await restarted(rig.alice) : rig.alice;
      reconnect(rig, alice);
      await rig.quiet();
      expect(rig.bob.state(id)).toBe('cancelled');
      noBreach(alice, rig.bob);
    });
  }

  it('[TR12] what cannot be read any more after a restart may be there already: it fails in the next session, and that is told', async () => {
    const { rig, id, alice } = await restartedWithout('source-unreadable');
    expect(alice.state(id)).toBe('waiting-for-device');
    reconnect(rig, alice);
    await rig.quiet();
    for (const device of [alice, rig.bob]) {
      expect(device.snapshot(id).state).toMatchObject({
        type: 'failed',
        reason: 'source-unreadable',
      });
    }
    noBreach(alice, rig.bob);
  });

  it('[TR12] what came goes from the disk only when its end is written down', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await moving(rig);
    const release = rig.bob.store.holdWrites();
    const cancelled = rig.bob.engine.cancel(id);
    await still();
    // Killed now, a restart would go on with it.
    expect([...rig.bob.sinks.files.keys()]).toEqual([`${id}/0`]);
    release();
    await cancelled;
    expect([...rig.bob.sinks.files.keys(), ...rig.bob.sinks.journals.keys()]).toEqual([]);
  });

  it('[TR12] what waits for a person is not offered, and its end is told all the same', async () => {
    const { rig, id, alice } = await restartedWithout('choose-again');
    reconnect(rig, alice);
    await rig.quiet();
    expect(alice.state(id)).toBe('needs-you');
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'paused', by: 'connection' });
    await alice.engine.cancel(id, 0);
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
    noBreach(alice, rig.bob);
  });

  it('[TR12] a device that never heard of the transfer is not disturbed by its end', async () => {
    const rig = await Rig.create();
    const id = newId();
    rig.alice.send('bob', { transferId: id, kind: 'files', items: [item('x', BYTES)] });
    await rig.alice.engine.cancel(id);
    rig.connect();
    await rig.quiet();
    expect(rig.bob.engine.snapshots()).toEqual([]);
    noBreach(rig.alice, rig.bob);
    await delivered(rig, [item('y', pattern(10))]);
  });

  it('[TR12] nor is one that has removed it', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await moving(rig);
    rig.cut();
    await still();
    await rig.bob.engine.remove(id);
    await rig.alice.engine.cancel(id);
    reconnect(rig);
    await rig.quiet();
    noBreach(rig.alice, rig.bob);
    await delivered(rig, [item('y', pattern(10))]);
  });
});

describe('a text', () => {
  const text = (words: string) => new TextEncoder().encode(words);

  it('[TR13][TR19] whose source changed is told once, as it is now, and saved', async () => {
    const rig = await Rig.create();
    rig.connect();
    const note = item('n', text('old words'), 'text/plain');
    const { id, originals } = await offeredWith(rig, [note], 'text');
    originals[0]?.change(text('the new words'));
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(rig.bob.told('text-received')).toMatchObject([{ text: 'the new words' }]);
    await rig.bob.engine.markSaved(id, 0);
    await still();
    expect(rig.bob.state(id)).toBe('saved');
    expect(rig.bob.sinks.files.size).toBe(0);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR13] that is stored and not yet seen is told again after a restart', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await delivered(rig, [item('n', text('hello'), 'text/plain')], 'text');
    const bob = await killed(rig.bob);
    await still();
    expect(bob.told('text-received')).toMatchObject([{ transferId: id, text: 'hello' }]);
  });
});

describe('a claim of content that is there, and a receiver that is killed', () => {
  const content = pattern(700_000);

  it('[TR18] wherever it is, nothing is believed to be delivered that is not there', async () => {
    for (let step = 0; step < 24; step++) {
      const rig = await Rig.create();
      rig.connect();
      const first = await delivered(rig, [item('x', content)]);
      await rig.bob.engine.markSaved(first, 0);
      const id = await offered(rig, [item('x', content), item('y', pattern(80_000, 2))]);
      await rig.bob.engine.decide(id, { type: 'accept', alreadyHere: [0] });
      for (let n = 0; n < step; n++) {
        for (const channel of rig.channels) channel.deliver();
        await new Promise((resolve) => setImmediate(resolve));
      }
      rig.cut();
      await still();
      const bob = await killed(rig.bob);
      rig.wire = newWire();
      attach(rig.alice, 'bob', rig.wire, 0);
      attach(bob, 'alice', rig.wire, 1);
      await rig.run(() => rig.alice.state(id) === 'delivered');
      await rig.quiet();
      expect(['stored', 'saving', 'saved'], `step ${step}`).toContain(bob.state(id));
      const there = bob.snapshot(id).files.find(({ fileId }) => fileId === 0)?.alreadyThere;
      if (there !== true) expect(same(bob.content(id, 0), content), `step ${step}`).toBe(true);
      noBreach(rig.alice, bob);
    }
  });

  it('[TR18] it is made again in each session until it is confirmed', async () => {
    const rig = await Rig.create();
    rig.connect();
    const first = await delivered(rig, [item('x', content)]);
    await rig.bob.engine.markSaved(first, 0);
    const id = await offered(rig, [item('x', content)]);
    await rig.bob.engine.decide(id, { type: 'accept', alreadyHere: [0] });
    for (let session = 0; session < 3; session++) {
      rig.cut();
      await still();
      reconnect(rig);
      await slowly(rig, () => rig.alice.state(id) === 'waiting-for-accept');
    }
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(fileState(rig.bob, id, 0)).toBe('saved');
    expect(rig.alice.snapshot(id).wireBytes).toBe(0);
    noBreach(rig.alice, rig.bob);
  });
});
