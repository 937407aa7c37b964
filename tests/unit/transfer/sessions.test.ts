import { describe, expect, it } from 'vitest';
import { PARTIAL_LIFE_MS } from '../../../lib/transfer/constants.ts';
import { MemorySource } from './memory-stores.ts';
import { item, newId, newWire, pattern, Rig } from './rig.ts';
import * as steps from './steps.ts';
import { lossy, same } from './steps.ts';

async function halfway(rig: Rig, bytes: Uint8Array) {
  const { id, originals } = await steps.halfway(rig, [item('x', bytes)], bytes.length / 3);
  const [original] = originals;
  const source = original?.opened[0];
  if (original === undefined || source === undefined) throw new Error('no source');
  return { id, original, source };
}

describe('waiting for a session', () => {
  it('a send asks for a session and goes when there is one', async () => {
    const rig = await Rig.create();
    const id = newId();
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', pattern(9))] });
    expect(rig.alice.told('need-session')).toEqual([{ type: 'need-session', deviceId: 'bob' }]);
    expect(rig.alice.state(id)).toBe('waiting-for-device');
    rig.alice.engine.connecting('bob');
    expect(rig.alice.state(id)).toBe('connecting');
    rig.alice.engine.offline('bob');
    expect(rig.alice.state(id)).toBe('waiting-for-device');
    rig.connect();
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => rig.alice.state(id) === 'delivered');
  });

  it('[TR12] a device that is merely away is waited for, without limit', async () => {
    const rig = await Rig.create();
    const [a, b] = [newId(), newId()];
    for (const transferId of [a, b]) {
      rig.alice.send('bob', { transferId, kind: 'files', items: [item('x', pattern(9))] });
    }
    await rig.alice.engine.cancel(a);
    expect(rig.alice.snapshot(a).state).toEqual({ type: 'cancelled', by: 'me' });
    rig.alice.engine.connecting('bob');
    rig.alice.engine.unreachable('bob', 'device-unreachable');
    expect(rig.alice.state(b)).toBe('waiting-for-device');
    rig.clock.advance(10 * PARTIAL_LIFE_MS);
    expect(rig.alice.state(b)).toBe('waiting-for-device');
    rig.connect();
    await rig.quiet();
    expect(rig.bob.told('offer-received')).toMatchObject([{ transferId: b }]);
  });

  for (const reason of ['no-path', 'no-relay'] as const) {
    it(`${reason} fails what has not begun, and not what has`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const { id } = await halfway(rig, pattern(9_000_000));
      rig.cut();
      await rig.quiet();
      const fresh = newId();
      const items = [item('x', pattern(9))];
      rig.alice.send('bob', { transferId: fresh, kind: 'files', items });
      rig.alice.engine.unreachable('bob', reason);
      expect(rig.alice.snapshot(fresh).state).toEqual({
        type: 'failed',
        reason,
        nextStep: 'add-relay',
      });
      expect(rig.alice.state(id)).toBe('waiting-for-device');
      rig.connect(newWire());
      await rig.run(() => rig.alice.state(id) === 'delivered');
    });
  }

  it('[TR14] the ninth transfer waits until one of eight is over', async () => {
    const rig = await Rig.create();
    rig.connect();
    const ids = Array.from({ length: 10 }, () => newId());
    for (const transferId of ids) {
      rig.alice.engine.send('bob', { transferId, kind: 'files', items: [item('x', pattern(9))] });
    }
    await rig.quiet();
    expect(rig.bob.told('offer-received')).toHaveLength(8);
    await rig.bob.engine.decide(ids[3] ?? '', { type: 'decline', reason: 'declined' });
    await rig.bob.engine.decide(ids[0] ?? '', { type: 'accept' });
    await rig.quiet();
    expect(rig.bob.told('offer-received').map(({ transferId }) => transferId)).toEqual(ids);
    expect(rig.bob.told('session-error')).toEqual([]);
  });
});

describe('a session that goes away', () => {
  it('[TR3][TR6] another one, however late, goes on from what the receiver has', async () => {
    const rig = await Rig.create();
    rig.connect();
    const bytes = pattern(9_000_000);
    const { id, source } = await halfway(rig, bytes);
    rig.cut();
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('connecting');
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'paused', by: 'connection' });
    expect(rig.alice.told('need-session')).toHaveLength(1);
    const had = rig.bob.snapshot(id).doneBytes;
    expect(had).toBeGreaterThan(0);
    rig.clock.advance(PARTIAL_LIFE_MS - 1);
    const readsBefore = source.reads;
    rig.connect(newWire());
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(same(rig.bob.sinks.content(id, 0), bytes)).toBe(true);
    const again = (source.reads - readsBefore) * 245_760;
    expect(again, 'what it had was not read again').toBeLessThanOrEqual(9_000_000 - had + 245_760);
    rig.clock.advance(PARTIAL_LIFE_MS);
    expect(rig.alice.state(id)).toBe('delivered');
    expect(rig.bob.state(id)).toBe('stored');
  });

  it('[TR12] none in seven days: the receiver gives up, the sender hears so when it is back', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, source } = await halfway(rig, pattern(9_000_000));
    rig.cut();
    await rig.quiet();
    rig.clock.advance(PARTIAL_LIFE_MS);
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('connecting');
    expect(rig.bob.snapshot(id).state).toEqual({
      type: 'failed',
      reason: 'connection-lost',
      nextStep: 'ask-to-send-again',
    });
    expect(rig.bob.sinks.files.size).toBe(0);
    expect(rig.bob.sinks.journals.size).toBe(0);
    rig.connect(newWire());
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toMatchObject({ type: 'failed', reason: 'interrupted' });
    expect(source.closed).toBe(1);
    expect(rig.bob.told('offer-received')).toHaveLength(1);
  });

  it('[TR12] the seven days begin anew with each session that is lost', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id } = await halfway(rig, pattern(9_000_000));
    for (let days = 0; days < 3; days++) {
      rig.cut();
      await rig.quiet();
      rig.clock.advance(PARTIAL_LIFE_MS - 1);
      rig.connect(newWire());
      await rig.run(() => rig.bob.state(id) === 'transferring');
    }
    await rig.run(() => rig.alice.state(id) === 'delivered');
  });

  it('a new session replaces an old one that nobody saw die', async () => {
    const rig = await Rig.create();
    rig.connect();
    const bytes = pattern(9_000_000);
    const { id } = await halfway(rig, bytes);
    rig.connect(newWire());
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(same(rig.bob.sinks.content(id, 0), bytes)).toBe(true);
    expect(rig.alice.told('session-error')).toEqual([]);
  });

  it('files that were stored are not sent again', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = newId();
    const first = new MemorySource(pattern(100_000));
    const second = new MemorySource(pattern(9_000_000));
    const items = [first, second].map((source) => ({ path: 'x', mime: '', modified: 0, source }));
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items });
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => rig.bob.told('file-stored').length === 1);
    rig.cut();
    await rig.quiet();
    const reads = first.reads;
    await rig.bob.engine.markSaved(id, 0);
    rig.connect(newWire());
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(first.reads).toBe(reads);
    expect(rig.bob.told('file-stored').map(({ fileId }) => fileId)).toEqual([0, 1]);
  });

  it('the word that all is stored may be lost with the session, and is told again', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = newId();
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', pattern(9))] });
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept' });
    const { deliverUntilStored } = lossy(rig);
    await deliverUntilStored(() => rig.bob.state(id) === 'stored');
    rig.cut();
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('connecting');
    rig.connect(newWire());
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('delivered');
  });

  it('an offer nobody answered is offered again, and asked about once', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = newId();
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', pattern(9))] });
    await rig.quiet();
    rig.cut();
    await rig.quiet();
    expect(rig.alice.state(id), 'nobody has accepted: it waits').toBe('connecting');
    rig.connect(newWire());
    await rig.quiet();
    expect(rig.bob.told('offer-received')).toHaveLength(1);
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => rig.alice.state(id) === 'delivered');
  });

  it('an offer accepted while the session is away goes on with the next one', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = newId();
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', pattern(9))] });
    await rig.quiet();
    rig.cut();
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept' });
    expect(rig.bob.told('need-session')).toMatchObject([{ deviceId: 'alice' }]);
    rig.connect(newWire());
    await rig.run(() => rig.alice.state(id) === 'delivered');
  });

  it('what was declined or cancelled while it was away is told when it is back', async () => {
    const rig = await Rig.create();
    rig.connect();
    const [a, b] = [newId(), newId()];
    for (const transferId of [a, b]) {
      rig.alice.engine.send('bob', {
        transferId,
        kind: 'files',
        items: [item('x', pattern(9_000_000))],
      });
    }
    await rig.quiet();
    await rig.bob.engine.decide(b, { type: 'accept' });
    await rig.run(() => rig.bob.snapshot(b).doneBytes > 0);
    rig.cut();
    await rig.quiet();
    await rig.bob.engine.decide(a, { type: 'decline', reason: 'declined' });
    await rig.bob.engine.cancel(b);
    rig.connect(newWire());
    await rig.quiet();
    expect(rig.alice.snapshot(a).state).toEqual({ type: 'declined', reason: 'declined' });
    expect(rig.alice.snapshot(b).state).toEqual({ type: 'cancelled', by: 'peer' });
    expect(rig.alice.told('session-error')).toMatchObject([{ code: 'channel-closed' }]);
  });

  it('[TR2] a narrower transport starts the file anew', async () => {
    const rig = await Rig.create();
    rig.connect();
    const bytes = pattern(9_000_000);
    const { id } = await halfway(rig, bytes);
    rig.cut();
    await rig.quiet();
    rig.connect(newWire({ maxMessageSize: 70_000 }));
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(same(rig.bob.sinks.content(id, 0), bytes)).toBe(true);
  });

  it('survives many cuts at any moment', async () => {
    for (let round = 0; round < 12; round++) {
      const rig = await Rig.create();
      rig.connect();
      const id = newId();
      const sizes = [700_000, 0, 300_000, 5];
      const items = sizes.map((size, i) => item(`f${i}`, pattern(size, i + 1)));
      rig.alice.engine.send('bob', { transferId: id, kind: 'files', items });
      await rig.quiet();
      await rig.bob.engine.decide(id, { type: 'accept' });
      for (let cut = 0; cut < 4 && rig.alice.state(id) !== 'delivered'; cut++) {
        // A different number of frames gets through before each cut.
        for (let frames = 0; frames < (round * 7 + cut * 3) % 23; frames++) {
          for (const channel of rig.channels) channel.deliver();
          await new Promise((resolve) => setImmediate(resolve));
        }
        rig.cut();
        rig.connect(newWire());
      }
      await rig.run(() => rig.alice.state(id) === 'delivered');
      for (const [i, size] of sizes.entries()) {
        expect(same(rig.bob.content(id, i), pattern(size, i + 1)), `round ${round}`).toBe(true);
      }
      expect(rig.bob.told('file-stored').length).toBe(4);
      const codes = [...rig.alice.told('session-error'), ...rig.bob.told('session-error')];
      expect(codes.every(({ code }) => code === 'channel-closed')).toBe(true);
    }
  });
});
