import { describe, expect, it } from 'vitest';
import { ROOM_CHECK_MS } from '../../../lib/transfer/constants.ts';
import { SinkError } from '../../../lib/transfer/errors.ts';
import { item, pattern, Rig, type Device } from './rig.ts';
import {
  accepted,
  fileState,
  killed,
  lossy,
  offered,
  reconnect,
  same,
  still,
  watchFrames,
} from './steps.ts';

const BYTES = pattern(3_000_000);
const NO_ROOM = { type: 'needs-room' };
const STOPPED = { type: 'paused', by: 'peer', reason: 'no-space' };

function noBreach(...devices: Device[]): void {
  for (const device of devices) {
    const codes = device.told('session-error').map(({ code }) => code);
    expect(codes.filter((code) => code !== 'channel-closed')).toEqual([]);
  }
}

/** The disk is full after a part of the file. */
async function full(rig: Rig): Promise<string> {
  const id = await offered(rig, [item('x', BYTES)]);
  let written = 0;
  rig.bob.sinks.onWrite = (_key, _offset, bytes) => {
    written += bytes.length;
    if (written > 1_000_000) throw new SinkError('no-space');
    return bytes;
  };
  await rig.bob.engine.decide(id, { type: 'accept' });
  await rig.quiet();
  expect(rig.bob.snapshot(id).state).toEqual(NO_ROOM);
  expect(rig.alice.snapshot(id).state).toEqual(STOPPED);
  rig.bob.sinks.free = 0;
  rig.bob.sinks.onWrite = null;
  return id;
}

describe('a disk that is full', () => {
  it('stops the sender, keeps what is there, and goes on when there is room', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await full(rig);
    const had = rig.bob.snapshot(id).doneBytes;
    expect(had).toBeGreaterThan(0);
    expect(rig.bob.sinks.openHandles).toBe(0);
    rig.clock.advance(ROOM_CHECK_MS);
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toEqual(NO_ROOM);
    rig.bob.sinks.free = BYTES.length - had;
    const frames = watchFrames(rig);
    rig.clock.advance(ROOM_CHECK_MS);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(same(rig.bob.content(id, 0), BYTES)).toBe(true);
    expect(frames.bytes - frames.count * 16, 'only what was missing').toBe(BYTES.length - had);
    noBreach(rig.alice, rig.bob);
  });

  it('is looked at at once when the person says so', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await full(rig);
    rig.bob.engine.resume(id);
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toEqual(NO_ROOM);
    rig.bob.sinks.free = 1e9;
    rig.bob.engine.resume(id);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    noBreach(rig.alice, rig.bob);
  });

  it('takes nothing of another transfer’s file that is whole', async () => {
    const rig = await Rig.create();
    rig.connect();
    const first = await accepted(rig, [item('a', pattern(500_000, 2))]);
    await rig.run(() => rig.alice.state(first) === 'delivered');
    const id = await full(rig);
    expect(same(rig.bob.content(first, 0), pattern(500_000, 2))).toBe(true);
    expect(rig.bob.state(first)).toBe('stored');
    await rig.bob.engine.cancel(id);
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
    expect([...rig.bob.sinks.files.keys()]).toEqual([`${first}/0`]);
  });

  it('over a lost session goes on in the next one when there is room', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await full(rig);
    rig.cut();
    await still();
    reconnect(rig);
    await rig.quiet();
    expect(rig.alice.state(id)).not.toBe('transferring');
    rig.bob.sinks.free = 1e9;
    rig.clock.advance(ROOM_CHECK_MS);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    expect(same(rig.bob.content(id, 0), BYTES)).toBe(true);
    noBreach(rig.alice, rig.bob);
  });

  for (const who of ['alice', 'bob'] as const) {
    it(`after ${who} was killed goes on when there is room`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const id = await full(rig);
      rig.cut();
      await still();
      const alice = who === 'alice' ? await killed(rig.alice) : rig.alice;
      const bob = who === 'bob' ? await killed(rig.bob) : rig.bob;
      reconnect(rig, alice, bob);
      await rig.quiet();
      bob.sinks.free = 1e9;
      for (let n = 0; n < 3; n++) {
        rig.clock.advance(ROOM_CHECK_MS);
        await rig.quiet();
      }
      expect(alice.state(id)).toBe('delivered');
      expect(same(bob.content(id, 0), BYTES)).toBe(true);
      noBreach(alice, bob);
    });
  }

  it('when an offer is accepted without a session goes on when both are there', async () => {
    for (const first of ['room', 'session'] as const) {
      const rig = await Rig.create();
      rig.connect();
      const id = await offered(rig, [item('x', BYTES), item('y', pattern(100))]);
      rig.cut();
      await still();
      rig.bob.sinks.free = 10;
      await rig.bob.engine.decide(id, { type: 'accept' });
      expect(rig.bob.snapshot(id).state).toEqual(NO_ROOM);
      const room = async () => {
        rig.bob.sinks.free = 1e9;
        rig.clock.advance(ROOM_CHECK_MS);
        await rig.quiet();
      };
      if (first === 'room') await room();
      reconnect(rig);
      await rig.quiet();
      if (first === 'session') {
        expect(rig.alice.state(id)).toBe('waiting-for-accept');
        await room();
      }
      await rig.run(() => rig.alice.state(id) === 'delivered');
      noBreach(rig.alice, rig.bob);
    }
  });

  it('and a person’s pause on top of it: it goes on when both are over', async () => {
    for (const side of ['alice', 'bob'] as const) {
      const rig = await Rig.create();
      rig.connect();
      const id = await full(rig);
      rig[side].engine.pause(id);
      await rig.quiet();
      rig.bob.sinks.free = 1e9;
      rig.clock.advance(ROOM_CHECK_MS);
      await rig.quiet();
      expect(rig[side].snapshot(id).state).toEqual({ type: 'paused', by: 'me' });
      expect(rig.alice.state(id)).toBe('paused');
      rig[side].engine.resume(id);
      await rig.run(() => rig.alice.state(id) === 'delivered');
      noBreach(rig.alice, rig.bob);
    }
  });

  it('when an offer is declined or cancelled while it is, it is over', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await offered(rig, [item('x', BYTES)]);
    rig.bob.sinks.free = 10;
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toEqual(NO_ROOM);
    await rig.alice.engine.cancel(id);
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
    rig.clock.advance(10 * ROOM_CHECK_MS);
    expect(rig.clock.pending, 'nothing looks for room any more').toBeLessThan(5);
    noBreach(rig.alice, rig.bob);
  });

  it('that has room again before the sender heard of it: what crosses is no error', async () => {
    const rig = await Rig.create();
    rig.connect();
    const contents = [pattern(300_000), pattern(70_000, 2), pattern(100, 3)];
    const id = await offered(
      rig,
      contents.map((bytes, n) => item(`f${n}`, bytes)),
    );
    await rig.bob.engine.decide(id, { type: 'accept' });
    const [fromAlice, fromBob] = rig.wire.control;
    const lane = rig.wire.lanes[0]?.[0];
    if (lane === undefined) throw new Error('no lane');
    let refused = 0;
    rig.bob.sinks.onWrite = (key, _offset, bytes) => {
      if (key !== `${id}/0` || refused > 0) return bytes;
      refused++;
      throw new SinkError('no-space');
    };
    while (fromBob.deliver());
    // Everything leaves Alice; of that Bob gets the pack and the first file's beginning.
    await still();
    expect(fromAlice.outbox.length).toBeGreaterThan(4);
    for (let n = 0; rig.bob.state(id) !== 'needs-room' && n < 100; n++) {
      if (refused === 0) fromAlice.deliver();
      lane.deliver();
      await still();
    }
    expect(rig.bob.snapshot(id).state).toEqual(NO_ROOM);
    rig.bob.engine.resume(id);
    await still();
    expect(rig.bob.state(id)).toBe('transferring');
    // Now what Alice said before she heard of any of it.
    while (fromAlice.deliver());
    while (lane.deliver());
    await still();
    await rig.run(() => rig.alice.state(id) === 'delivered');
    await rig.quiet();
    for (const [fileId, bytes] of contents.entries()) {
      expect(same(rig.bob.content(id, fileId), bytes)).toBe(true);
    }
    expect(rig.bob.told('file-stored')).toHaveLength(3);
    noBreach(rig.alice, rig.bob);
  });

  it('is looked at anew before the accept is told in a later session', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await offered(rig, [item('x', BYTES)]);
    rig.bob.sinks.free = 10;
    await rig.bob.engine.decide(id, { type: 'accept' });
    expect(rig.bob.snapshot(id).state).toEqual(NO_ROOM);
    rig.cut();
    await still();
    reconnect(rig);
    await rig.quiet();
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['waiting-for-accept', 'needs-room']);
    rig.bob.sinks.free = 1e12;
    rig.clock.advance(ROOM_CHECK_MS);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    noBreach(rig.alice, rig.bob);
  });

  it('counts only what is still to come', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('a', pattern(900_000, 2)), item('b', BYTES)]);
    await rig.run(() => rig.bob.told('file-stored').length === 1);
    rig.cut();
    await still();
    rig.bob.sinks.free = BYTES.length - rig.bob.snapshot(id).doneBytes + 900_000;
    reconnect(rig);
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(rig.bob.states(id)).not.toContain('needs-room');
  });
});

describe('a transfer that ends in a new session in which there was no room, before the accept is told', () => {
  const X = pattern(300_000);
  const Y = pattern(5_000_000, 2);

  /** x is stored, of which Alice has heard or not, and there is no room for y; in a new session. */
  async function noRoomForRest(heard: 'heard' | 'unheard') {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', X), item('y', Y)]);
    const stored = () => fileState(rig.bob, id, 0) === 'stored';
    if (heard === 'heard') await rig.run(stored);
    else await lossy(rig).deliverUntilStored(stored);
    rig.bob.sinks.free = 0;
    if (heard === 'heard') {
      await rig.quiet();
      expect(rig.bob.state(id)).toBe('needs-room');
    } else await still();
    return { rig, id };
  }

  async function again(rig: Rig, id: string): Promise<void> {
    rig.cut();
    await still();
    reconnect(rig);
    await rig.quiet();
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['waiting-for-accept', 'needs-room']);
  }

  const states = (device: Device, id: string) => [0, 1].map((n) => fileState(device, id, n));

  it('[TR11][TR12] as stored, since the person took out the rest: the sender hears of what is stored', async () => {
    const { rig, id } = await noRoomForRest('heard');
    await again(rig, id);
    await rig.bob.engine.cancel(id, 1);
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('delivered');
    expect(states(rig.alice, id)).toEqual(['delivered', 'cancelled']);
    expect(rig.bob.state(id)).toBe('stored');
    rig.clock.advance(10 * ROOM_CHECK_MS);
    expect(rig.clock.pending, 'nothing looks for room any more').toBeLessThan(5);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR11][TR12] as failed, since another file had failed: the sender hears which, and what is stored', async () => {
    const rig = await Rig.create();
    rig.connect();
    const items = [item('x', X), item('a', pattern(300_000, 3)), item('y', Y)];
    const id = await offered(rig, items);
    rig.alice.engine.pause(id, 2);
    await rig.bob.engine.decide(id, { type: 'accept' });
    rig.bob.sinks.onWrite = (key, _at, bytes) => {
      if (key.endsWith('/2')) throw new SinkError('no-space');
      if (!key.endsWith('/1')) return bytes;
      const wrong = bytes.slice();
      wrong[0] = (wrong[0] ?? 0) ^ 1;
      return wrong;
    };
    await rig.run(
      () => fileState(rig.bob, id, 0) === 'stored' && fileState(rig.bob, id, 1) === 'failed',
    );
    rig.bob.sinks.free = 0;
    rig.alice.engine.resume(id, 2);
    await rig.quiet();
    await again(rig, id);
    await rig.bob.engine.cancel(id, 2);
    await rig.quiet();
    for (const device of [rig.alice, rig.bob]) {
      expect(device.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'verify-failed' });
    }
    expect(states(rig.alice, id)).toEqual(['delivered', 'failed']);
    noBreach(rig.alice, rig.bob);
  });

  for (const heard of ['heard', 'unheard'] as const) {
    it(`[TR11][TR12] as cancelled by the person here: what is stored (${heard}) is not lost`, async () => {
      const { rig, id } = await noRoomForRest(heard);
      await again(rig, id);
      await rig.bob.engine.cancel(id);
      await rig.quiet();
      expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'me' });
      expect(rig.alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
      expect(states(rig.alice, id)).toEqual(['delivered', 'cancelled']);
      noBreach(rig.alice, rig.bob);
    });
  }

  it('[TR12] as cancelled file by file, with nothing stored: both say who did it', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await full(rig);
    await again(rig, id);
    await rig.bob.engine.cancel(id, 0);
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'me' });
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
    noBreach(rig.alice, rig.bob);
  });

  it('[TR12] as cancelled by the sender: what is stored stays', async () => {
    const { rig, id } = await noRoomForRest('heard');
    await again(rig, id);
    await rig.alice.engine.cancel(id);
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'me' });
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
    expect(states(rig.bob, id)).toEqual(['stored', 'cancelled']);
    noBreach(rig.alice, rig.bob);
  });

  it('[TR12] as stored, since the sender took out the rest: it is told when there is room', async () => {
    const { rig, id } = await noRoomForRest('heard');
    await again(rig, id);
    await rig.alice.engine.cancel(id, 1);
    await rig.quiet();
    rig.bob.sinks.free = 1e12;
    rig.clock.advance(ROOM_CHECK_MS);
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('delivered');
    expect(rig.bob.state(id)).toBe('stored');
    noBreach(rig.alice, rig.bob);
  });
});
