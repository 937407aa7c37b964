import { describe, expect, it } from 'vitest';
import { item, newId, pattern, Rig, type Device } from './rig.ts';
import type { MemoryOriginal } from './memory-stores.ts';
import {
  fileState,
  killed,
  offeredWith,
  reconnect,
  restarted,
  same,
  slowly,
  still,
} from './steps.ts';

const BYTES = pattern(6_000_000);
const SMALL = pattern(100, 4);

function noBreach(...devices: Device[]): void {
  for (const device of devices) {
    const codes = device.told('session-error').map(({ code }) => code);
    expect(codes.filter((code) => code !== 'channel-closed')).toEqual([]);
  }
}

const causes = [
  ['needs-permission', 'allow-file'],
  ['choose-again', 'choose-file'],
] as const;

/** Alice sends to a device that is away, and her browser is started anew. */
async function waitingOver(
  rig: Rig,
  files: readonly Uint8Array[],
  spoil: (originals: readonly MemoryOriginal[]) => void,
): Promise<{ id: string; alice: Device; originals: MemoryOriginal[] }> {
  const id = newId();
  const items = files.map((bytes, n) => item(`f${n}`, bytes));
  const originals = rig.alice.send('bob', { transferId: id, kind: 'files', items });
  await still();
  spoil(originals);
  const alice = await restarted(rig.alice);
  await still();
  return { id, alice, originals };
}

describe('after a restart', () => {
  for (const [trouble, what] of causes) {
    it(`a file that ${what === 'allow-file' ? 'has to be allowed' : 'has to be chosen'} is asked for, and then goes`, async () => {
      const rig = await Rig.create();
      const { id, alice, originals } = await waitingOver(rig, [BYTES], ([first]) => {
        if (first) first.trouble = trouble;
      });
      expect(alice.snapshot(id).state).toEqual({ type: 'needs-you', what });
      expect(fileState(alice, id, 0)).toBe('needs-you');
      expect(alice.told('need-session'), 'nobody to connect to for that').toEqual([]);
      reconnect(rig, alice);
      await rig.quiet();
      expect(rig.bob.told('offer-received')).toEqual([]);
      await alice.engine.reopenSources(id);
      expect(alice.snapshot(id).state, 'nothing has changed').toEqual({ type: 'needs-you', what });
      const [first] = originals;
      if (first) first.trouble = null;
      await alice.engine.reopenSources(id);
      await rig.run(() => rig.bob.told('offer-received').length === 1);
      await rig.bob.engine.decide(id, { type: 'accept' });
      await rig.run(() => alice.state(id) === 'delivered');
      expect(same(rig.bob.content(id, 0), BYTES)).toBe(true);
      noBreach(alice, rig.bob);
    });
  }

  it('what can be read goes at once; the rest is asked for when its turn comes', async () => {
    const rig = await Rig.create();
    const { id, alice, originals } = await waitingOver(rig, [SMALL, BYTES, BYTES], (all) => {
      if (all[1]) all[1].trouble = 'needs-permission';
      if (all[2]) all[2].trouble = 'choose-again';
    });
    expect(alice.state(id)).toBe('waiting-for-device');
    reconnect(rig, alice);
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.quiet();
    expect(rig.bob.told('file-stored').map(({ fileId }) => fileId)).toEqual([0]);
    expect(alice.snapshot(id).state).toMatchObject({ type: 'needs-you' });
    expect(fileState(alice, id, 1)).toBe('needs-you');
    for (const original of originals) original.trouble = null;
    await alice.engine.reopenSources(id);
    await rig.run(() => alice.state(id) === 'delivered');
    expect(rig.bob.state(id)).toBe('stored');
    noBreach(alice, rig.bob);
  });

  it('a file that is gone fails, and the transfer with it', async () => {
    const rig = await Rig.create();
    const { id, alice } = await waitingOver(rig, [BYTES], ([first]) => {
      if (first) first.trouble = 'source-unreadable';
    });
    expect(alice.snapshot(id).state).toEqual({
      type: 'failed',
      reason: 'source-unreadable',
      nextStep: 'choose-file-again',
    });
  });

  it('a file that was chosen again and is another one is offered as it is', async () => {
    const rig = await Rig.create();
    const { id, alice, originals } = await waitingOver(rig, [BYTES], ([first]) => {
      if (first) first.trouble = 'choose-again';
    });
    const other = pattern(80_000, 9);
    const [first] = originals;
    first?.change(other);
    if (first) first.trouble = null;
    await alice.engine.reopenSources(id);
    reconnect(rig, alice);
    await rig.quiet();
    expect(rig.bob.told('offer-received')).toMatchObject([{ count: 1, totalBytes: other.length }]);
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => alice.state(id) === 'delivered');
    expect(rig.bob.told('file-stored')).toMatchObject([{ safePath: 'f0', size: other.length }]);
    noBreach(alice, rig.bob);
  });

  it('that nobody helps may be cancelled', async () => {
    const rig = await Rig.create();
    const { id, alice } = await waitingOver(rig, [BYTES], ([first]) => {
      if (first) first.trouble = 'choose-again';
    });
    await alice.engine.cancel(id);
    expect(alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'me' });
    await still();
    expect(alice.sources.released).toContain(id);
  });
});

describe('in the middle', () => {
  async function troubled(trouble: 'needs-permission' | 'choose-again') {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await offeredWith(rig, [item('x', BYTES)]);
    await rig.bob.engine.decide(id, { type: 'accept' });
    await slowly(rig, () => rig.bob.snapshot(id).doneBytes > 0);
    const [original] = originals;
    if (original === undefined) throw new Error('no original');
    original.trouble = trouble;
    await rig.quiet();
    return { rig, id, original };
  }

  for (const [trouble, what] of causes) {
    it(`a file that ${trouble} waits for the person and goes on with the rest`, async () => {
      const { rig, id, original } = await troubled(trouble);
      expect(rig.alice.snapshot(id).state).toEqual({ type: 'needs-you', what });
      expect(rig.bob.state(id)).toBe('transferring');
      expect(rig.bob.sinks.openHandles, 'its receiver waits without a handle').toBe(0);
      original.trouble = null;
      await rig.alice.engine.reopenSources(id);
      await rig.run(() => rig.alice.state(id) === 'delivered');
      expect(same(rig.bob.content(id, 0), BYTES)).toBe(true);
      noBreach(rig.alice, rig.bob);
    });
  }

  it('and the session goes meanwhile: it is offered again when the person has helped', async () => {
    const { rig, id, original } = await troubled('needs-permission');
    rig.cut();
    await still();
    expect(rig.alice.state(id)).toBe('needs-you');
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'paused', by: 'connection' });
    reconnect(rig);
    await rig.quiet();
    original.trouble = null;
    await rig.alice.engine.reopenSources(id);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(rig.bob.told('offer-received')).toHaveLength(1);
    expect(same(rig.bob.content(id, 0), BYTES)).toBe(true);
    noBreach(rig.alice, rig.bob);
  });

  it('and its sender is killed: asked for again, and only what is missing goes', async () => {
    const { rig, id, original } = await troubled('needs-permission');
    const had = rig.bob.snapshot(id).doneBytes;
    rig.cut();
    await still();
    const alice = await killed(rig.alice);
    await still();
    expect(alice.snapshot(id).state).toEqual({ type: 'needs-you', what: 'allow-file' });
    original.trouble = null;
    await alice.engine.reopenSources(id);
    reconnect(rig, alice);
    await rig.run(() => alice.state(id) === 'delivered');
    expect(had).toBeGreaterThan(0);
    expect(same(rig.bob.content(id, 0), BYTES)).toBe(true);
    noBreach(alice, rig.bob);
  });

  it('pause, resume and cancel are still heard', async () => {
    const { rig, id, original } = await troubled('choose-again');
    rig.bob.engine.pause(id);
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'paused', by: 'peer' });
    rig.bob.engine.resume(id);
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('needs-you');
    original.trouble = null;
    await rig.bob.engine.cancel(id);
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
    await rig.alice.engine.reopenSources(id);
    expect(rig.alice.state(id)).toBe('cancelled');
    noBreach(rig.alice, rig.bob);
  });

  it('of a transfer that nobody knows is an error', async () => {
    const rig = await Rig.create();
    await expect(rig.alice.engine.reopenSources(newId())).rejects.toMatchObject({
      code: 'unknown-transfer',
    });
  });
});
