import { describe, expect, it } from 'vitest';
import { SourceError } from '../../../lib/transfer/errors.ts';
import { MemorySource } from './memory-stores.ts';
import { item, newId, pattern, Rig } from './rig.ts';
import { accepted, delivered, halfway, offered } from './steps.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

describe('stopping', () => {
  it('the receiver cancels: both say so, and nothing half-written is left', async () => {
    const rig = await Rig.create();
    rig.connect();
    const { id, originals } = await halfway(rig, [item('x', pattern(9_000_000))]);
    await rig.bob.engine.cancel(id);
    await rig.quiet();
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'me' });
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
    expect(rig.bob.sinks.files.size).toBe(0);
    expect(originals[0]?.opened.map(({ closed }) => closed)).toEqual([1]);
    await delivered(rig, [item('next', pattern(100_000))]);
  });

  it('the sender cancels: both say so, and the session goes on', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', pattern(9_000_000))]);
    await rig.run(() => rig.bob.snapshot(id).doneBytes > 0);
    await rig.alice.engine.cancel(id);
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toEqual({ type: 'cancelled', by: 'me' });
    expect(rig.bob.snapshot(id).state).toEqual({ type: 'cancelled', by: 'peer' });
    expect(rig.bob.sinks.files.size).toBe(0);
    await delivered(rig, [item('next', pattern(100_000))]);
  });

  it('an offer is withdrawn', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await offered(rig, [item('x', utf8('x'))]);
    await rig.alice.engine.cancel(id);
    await rig.quiet();
    expect(rig.bob.state(id)).toBe('cancelled');
  });

  for (const side of ['alice', 'bob'] as const) {
    it(`${side} pauses and resumes`, async () => {
      const rig = await Rig.create();
      rig.connect();
      const other = side === 'alice' ? rig.bob : rig.alice;
      const id = await accepted(rig, [item('x', pattern(9_000_000))]);
      await rig.run(() => rig.bob.snapshot(id).doneBytes > 0);
      rig[side].engine.pause(id);
      await rig.quiet();
      expect(rig[side].snapshot(id).state).toEqual({ type: 'paused', by: 'me' });
      expect(other.snapshot(id).state).toEqual({ type: 'paused', by: 'peer' });
      expect(rig.bob.snapshot(id).doneBytes).toBeLessThan(9_000_000);
      rig[side].engine.resume(id);
      await rig.run(() => rig.alice.state(id) === 'delivered');
    });
  }

  it('a source that cannot be read fails on both sides with that reason', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = newId();
    const source = new MemorySource(pattern(300_000));
    source.read = () => Promise.reject(new SourceError('source-unreadable'));
    // Nobody wrote down where it is: it is not found again.
    rig.alice.engine.send('bob', {
      transferId: id,
      kind: 'files',
      items: [{ path: 'x', mime: '', modified: 0, source }],
    });
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.quiet();
    expect(rig.alice.snapshot(id).state).toMatchObject({ reason: 'source-unreadable' });
    expect(rig.bob.snapshot(id).state).toMatchObject({ reason: 'source-unreadable' });
    expect(source.closed).toBe(1);
  });
});

describe('forgetting', () => {
  it('a removed transfer is cancelled, and its files and record go', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', pattern(9_000_000))]);
    await rig.run(() => rig.bob.snapshot(id).doneBytes > 0);
    await rig.bob.engine.remove(id);
    await rig.quiet();
    expect(rig.bob.told('transfer-removed')).toEqual([
      { type: 'transfer-removed', transferId: id },
    ]);
    expect(rig.bob.engine.snapshots()).toEqual([]);
    expect(rig.bob.sinks.files.size).toBe(0);
    expect(rig.bob.store.transfers.size).toBe(0);
    expect(rig.alice.state(id)).toBe('cancelled');
    expect(rig.bob.told('session-error')).toEqual([]);
    await rig.alice.engine.remove(id);
    expect(rig.alice.store.transfers.size).toBe(0);
    await rig.alice.engine.remove(id);
    await delivered(rig, [item('next', pattern(1000))]);
  });

  it('[RM1] removing a device tells it, and forgets everything of it', async () => {
    const rig = await Rig.create();
    rig.connect();
    const done = await delivered(rig, [item('a', pattern(10))]);
    const id = await accepted(rig, [item('x', pattern(9_000_000))]);
    await rig.run(() => rig.bob.snapshot(id).doneBytes > 0);
    await rig.bob.engine.removeDevice('alice');
    expect(rig.bob.engine.snapshots()).toEqual([]);
    expect(rig.bob.sinks.files.size).toBe(0);
    expect(rig.bob.store.transfers.size).toBe(0);
    await rig.quiet();
    expect(rig.alice.told('removed-by-peer')).toMatchObject([{ deviceId: 'bob' }]);
    expect(rig.alice.snapshot(id).state).toMatchObject({ reason: 'device-removed' });
    expect(rig.alice.state(done)).toBe('delivered');
    expect(rig.alice.told('session-error')).toEqual([]);
  });

  it('refuses what it does not know, and an id twice', async () => {
    const rig = await Rig.create();
    const unknown: unknown = expect.objectContaining({ code: 'unknown-transfer' });
    await expect(rig.alice.engine.decide(newId(), { type: 'accept' })).rejects.toEqual(unknown);
    await expect(rig.alice.engine.cancel(newId())).rejects.toEqual(unknown);
    const request = { transferId: newId(), kind: 'files', items: [item('a', pattern(1))] } as const;
    rig.alice.engine.send('bob', request);
    expect(() => rig.alice.engine.send('bob', request)).toThrow(
      expect.objectContaining({ code: 'duplicate-transfer' }),
    );
    await rig.alice.engine.shutdown();
    expect(() => rig.alice.engine.send('bob', { ...request, transferId: newId() })).toThrow(
      expect.objectContaining({ code: 'shut-down' }),
    );
  });
});
