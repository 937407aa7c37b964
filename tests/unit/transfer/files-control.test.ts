import { describe, expect, it } from 'vitest';
import type { ControlMessage } from '../../../lib/protocol/messages.ts';
import { RawPeer } from './raw-peer.ts';
import { item, newId, pattern, Rig, type Device } from './rig.ts';
import {
  accepted,
  fileState,
  killed,
  offered,
  reconnect,
  restarted,
  same,
  slowly,
  still,
} from './steps.ts';

const SIZE = 700_000;
/** The second is more than may be under way at once: a pause always finds some of it still here. */
const sizeOf = (n: number) => (n === 1 ? 12_000_000 : SIZE);
const large = (count: number) =>
  Array.from({ length: count }, (_, n) => item(`f${n}`, pattern(sizeOf(n), n + 1)));

/** In the order of their ids: of what is over a snapshot tells first what failed. */
function states(device: Device, id: string): string[] {
  const files = [...device.snapshot(id).files].sort((a, b) => a.fileId - b.fileId);
  return files.map((file) => file.state);
}

function noBreach(...devices: Device[]): void {
  for (const device of devices) {
    const codes = device.told('session-error').map(({ code }) => code);
    expect(codes.filter((code) => code !== 'channel-closed')).toEqual([]);
  }
}

/** Some of the first file is there. */
async function moving(rig: Rig, count: number): Promise<string> {
  const id = await accepted(rig, large(count));
  await slowly(rig, () => rig.bob.snapshot(id).doneBytes > 0);
  return id;
}

describe('one file of several', () => {
  for (const side of ['alice', 'bob'] as const) {
    it(`[TR20] and all of them, paused by ${side} one by one, go on by one word about the whole`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const id = await moving(rig, 3);
      for (const fileId of [0, 1, 2]) rig[side].engine.pause(id, fileId);
      await rig.quiet();
      expect(rig[side].state(id)).toBe('paused');
      rig[side].engine.resume(id);
      await rig.run(() => rig.alice.state(id) === 'delivered');
      noBreach(rig.alice, rig.bob);
    });

    it(`[TR20] that ${side} pauses stands still on both sides, and the others go on`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const other = side === 'alice' ? rig.bob : rig.alice;
      const id = await moving(rig, 3);
      rig[side].engine.pause(id, 1);
      await rig.quiet();
      expect(rig.bob.told('file-stored').map(({ fileId }) => fileId)).toEqual([0, 2]);
      expect(rig[side].snapshot(id).state).toEqual({ type: 'paused', by: 'me' });
      expect(other.snapshot(id).state).toEqual({ type: 'paused', by: 'peer' });
      expect(rig[side].snapshot(id).files[1]).toMatchObject({ state: 'paused', pausedBy: 'me' });
      expect(other.snapshot(id).files[1]).toMatchObject({ state: 'paused', pausedBy: 'peer' });
      rig[side].engine.resume(id, 1);
      await rig.run(() => rig.alice.state(id) === 'delivered');
      expect(same(rig.bob.content(id, 1), pattern(sizeOf(1), 2))).toBe(true);
      noBreach(rig.alice, rig.bob);
    });

    it(`[TR20] that ${side} paused in the middle goes on where it was`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const size = 3_000_000;
      const id = await accepted(rig, [item('x', pattern(size))]);
      await slowly(rig, () => rig.bob.snapshot(id).doneBytes > 0);
      rig[side].engine.pause(id, 0);
      await rig.quiet();
      const before = rig.alice.snapshot(id).wireBytes;
      expect(rig.alice.state(id)).toBe('paused');
      expect(before).toBeLessThan(size);
      rig[side].engine.resume(id, 0);
      await rig.run(() => rig.alice.state(id) === 'delivered');
      expect(rig.alice.snapshot(id).wireBytes).toBe(size + 13 * 16);
    });

    it(`[TR20] that ${side} cancels is cancelled on both sides, the others arrive`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const id = await moving(rig, 3);
      for (const fileId of [0, 2]) await rig[side].engine.cancel(id, fileId);
      await rig.run(() => rig.alice.state(id) === 'delivered');
      await rig.quiet();
      expect(states(rig.alice, id)).toEqual(['cancelled', 'delivered', 'cancelled']);
      expect(states(rig.bob, id)).toEqual(['cancelled', 'stored', 'cancelled']);
      expect([...rig.bob.sinks.files.keys()]).toEqual([`${id}/1`]);
      await rig.bob.engine.markSaved(id, 1);
      expect(rig.bob.state(id)).toBe('saved');
      expect(rig.bob.sinks.files.size).toBe(0);
      noBreach(rig.alice, rig.bob);
    });

    it(`[TR20] and the last one that ${side} cancels ends the transfer`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const id = await moving(rig, 2);
      for (const fileId of [0, 1]) await rig[side].engine.cancel(id, fileId);
      await rig.quiet();
      expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['cancelled', 'cancelled']);
      expect(rig.bob.sinks.files.size).toBe(0);
      noBreach(rig.alice, rig.bob);
    });

    it(`[TR20] paused or cancelled by ${side} without a session is told in the next one`, async () => {
      for (const restart of [false, true]) {
        const rig = await Rig.create();
        rig.connect();
        const id = await moving(rig, 3);
        rig.cut();
        await still();
        let { alice, bob } = rig;
        const acting = () => (side === 'alice' ? alice : bob);
        acting().engine.pause(id, 1);
        await acting().engine.cancel(id, 2);
        await still();
        if (restart) {
          if (side === 'alice') alice = await killed(alice);
          else bob = await killed(bob);
        }
        expect(fileState(acting(), id, 1)).toBe('paused');
        reconnect(rig, alice, bob);
        await rig.quiet();
        expect(states(bob, id), `restart ${restart}`).toEqual(['stored', 'paused', 'cancelled']);
        expect(states(alice, id)).toEqual(['delivered', 'paused', 'cancelled']);
        acting().engine.resume(id, 1);
        await rig.run(() => alice.state(id) === 'delivered');
        expect(states(bob, id)).toEqual(['stored', 'stored', 'cancelled']);
        noBreach(alice, bob);
      }
    });

    it(`[TR20] paused by ${side} and resumed without a session moves in the next one`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const id = await moving(rig, 2);
      rig[side].engine.pause(id, 1);
      rig[side].engine.pause(id);
      await slowly(rig, () => rig.alice.state(id) === 'paused' && rig.bob.state(id) === 'paused');
      rig.cut();
      await still();
      rig[side].engine.resume(id, 1);
      rig[side].engine.resume(id);
      reconnect(rig);
      await rig.run(() => rig.alice.state(id) === 'delivered');
      expect(rig.bob.state(id)).toBe('stored');
      noBreach(rig.alice, rig.bob);
    });
  }

  it('[TR20] paused or cancelled by the sender before anyone answered is told with the accept', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await offered(rig, large(3));
    rig.alice.engine.pause(id, 1);
    await rig.alice.engine.cancel(id, 2);
    await rig.quiet();
    expect(rig.bob.state(id)).toBe('offered');
    expect(rig.bob.told('session-error')).toEqual([]);
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.quiet();
    expect(states(rig.bob, id)).toEqual(['stored', 'paused', 'cancelled']);
    rig.alice.engine.resume(id, 1);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    noBreach(rig.alice, rig.bob);
  });

  it('[TR20] all cancelled by the sender before anyone answered takes the offer back', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await offered(rig, large(2));
    for (const fileId of [0, 1]) await rig.alice.engine.cancel(id, fileId);
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'me' });
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
  });

  it('[TR20] paused by both moves only when both have resumed it', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await moving(rig, 2);
    rig.alice.engine.pause(id, 1);
    rig.bob.engine.pause(id, 1);
    await rig.quiet();
    for (const device of [rig.alice, rig.bob]) {
      expect(device.snapshot(id).files[1]).toMatchObject({ state: 'paused', pausedBy: 'both' });
    }
    rig.alice.engine.resume(id, 1);
    await rig.quiet();
    expect(rig.alice.snapshot(id).files[1]).toMatchObject({ pausedBy: 'peer' });
    rig.bob.engine.resume(id, 1);
    await rig.run(() => rig.alice.state(id) === 'delivered');
  });

  it('that nobody knows is left alone, and what is over stays as it is', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, large(1));
    for (const { engine } of [rig.alice, rig.bob]) {
      engine.pause(id, 9);
      engine.resume(id, 9);
      await engine.cancel(id, 9);
    }
    await rig.run(() => rig.alice.state(id) === 'delivered');
    for (const { engine } of [rig.alice, rig.bob]) {
      engine.pause(id, 0);
      await engine.cancel(id, 0);
    }
    await rig.quiet();
    expect(states(rig.bob, id)).toEqual(['stored']);
    expect(states(rig.alice, id)).toEqual(['delivered']);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR20] that crosses with its end is no error', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, large(2));
    await slowly(rig, () => rig.bob.told('file-stored').length === 1);
    // The word that it is stored is still on its way.
    const { fileId = 0 } = rig.bob.told('file-stored')[0] ?? {};
    expect(fileState(rig.bob, id, fileId)).toBe('stored');
    await rig.alice.engine.cancel(id, fileId);
    rig.alice.engine.pause(id, fileId);
    rig.alice.engine.resume(id, fileId);
    await rig.quiet();
    expect(rig.bob.state(id)).toBe('stored');
    noBreach(rig.alice, rig.bob);
  });
});

describe('a transfer whose files end differently', () => {
  it('with one that failed has failed, and what is stored is still saved', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = newId();
    const originals = rig.alice.send('bob', { transferId: id, kind: 'files', items: large(3) });
    await rig.quiet();
    const [, second] = originals;
    if (second) second.trouble = 'source-unreadable';
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.quiet();
    expect(states(rig.alice, id)).toEqual(['delivered', 'failed', 'delivered']);
    expect(states(rig.bob, id)).toEqual(['stored', 'failed', 'stored']);
    for (const device of [rig.alice, rig.bob]) {
      expect(device.snapshot(id).state).toMatchObject({
        type: 'failed',
        reason: 'source-unreadable',
      });
      const failed = device.snapshot(id).files.find(({ fileId }) => fileId === 1);
      expect(failed?.reason).toBe('source-unreadable');
    }
    const bob = await restarted(rig.bob);
    expect(bob.told('file-stored').map(({ fileId }) => fileId)).toEqual([0, 2]);
    expect(same(bob.content(id, 2), pattern(SIZE, 3))).toBe(true);
    await bob.engine.markSaved(id, 0);
    await bob.engine.markSaved(id, 2);
    await still();
    expect(bob.sinks.files.size).toBe(0);
    expect(bob.state(id)).toBe('failed');
    noBreach(rig.alice, rig.bob);
  });

  it('that the sender finished alone, without the receiver’s word about a cancelled one, still tells it', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, large(2));
    await slowly(rig, () => fileState(rig.alice, id, 0) === 'delivered');
    rig.cut();
    await still();
    await rig.alice.engine.cancel(id, 1);
    await still();
    const alice = await restarted(rig.alice);
    reconnect(rig, alice, rig.bob);
    await rig.quiet();
    expect(alice.state(id)).toBe('delivered');
    expect(states(rig.bob, id)).toEqual(['stored', 'cancelled']);
    expect(rig.bob.state(id)).toBe('stored');
  });
});

describe('words about one file', () => {
  it('[TR15] of a file that was not offered end the session', async () => {
    const words: ((transferId: string) => ControlMessage)[] = [
      (transferId) => ({ type: 'pause', transferId, fileId: 5 }),
      (transferId) => ({ type: 'resume', transferId, fileId: 5 }),
      (transferId) => ({ type: 'cancel', transferId, fileId: 5, reason: 'cancelled' }),
      (transferId) => ({ type: 'stop', transferId, fileId: 5 }),
    ];
    for (const word of words) {
      const rig = await Rig.create();
      const peer = new RawPeer(rig.bob);
      const id = await peer.accepted([pattern(10)]);
      peer.post(word(id));
      await peer.quiet();
      expect(peer.sessionErrors).toEqual(['unknown-file']);
    }
  });

  it('[BP1] before the accept end the session', async () => {
    const rig = await Rig.create();
    const peer = new RawPeer(rig.bob);
    const transferId = peer.offer([pattern(10), pattern(20)]);
    await peer.quiet();
    peer.post({ type: 'cancel', transferId, fileId: 0, reason: 'cancelled' });
    await peer.quiet();
    expect(peer.sessionErrors).toEqual(['out-of-state']);
  });
});
