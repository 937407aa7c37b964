import { describe, expect, it } from 'vitest';
import { OFFER_LIFE_MS } from '../../../lib/protocol/limits.ts';
import { JOURNAL_MS } from '../../../lib/transfer/constants.ts';
import { attach, item, newId, newWire, pattern, Rig } from './rig.ts';
import { halfway, killed, lossy, reconnect, same, still } from './steps.ts';

describe('a restart', () => {
  it('[TR12] shows open offers again until they expire', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = newId();
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', pattern(9))] });
    await rig.quiet();
    rig.cut();
    const again = rig.bob.restarted();
    await again.engine.start();
    expect(again.told('offer-received')).toMatchObject([{ transferId: id, names: ['x'] }]);
    rig.clock.advance(OFFER_LIFE_MS);
    await rig.quiet();
    expect(again.state(id)).toBe('expired');
    const later = rig.bob.restarted();
    await later.engine.start();
    expect(later.told('offer-received')).toEqual([]);
    expect(later.state(id)).toBe('expired');
  });

  it('leaves a record that is spoiled as it is, and goes on with the others', async () => {
    const rig = await Rig.create();
    rig.connect();
    const [spoiled, fine] = [newId(), newId()];
    for (const transferId of [spoiled, fine]) {
      const items = [item('a', pattern(100_000))];
      rig.alice.engine.send('bob', { transferId, kind: 'files', items });
      await rig.quiet();
      await rig.bob.engine.decide(transferId, { type: 'accept' });
      await rig.quiet();
    }
    const stored = rig.bob.store.transfers.get(spoiled);
    if (stored === undefined) throw new Error('no record');
    const files = stored.files.map((file) => ({ ...file, root: 'not hex' }));
    rig.bob.store.transfers.set(spoiled, { ...stored, files });
    const again = rig.bob.restarted();
    await again.engine.start();
    expect(again.told('file-stored').map(({ transferId }) => transferId)).toEqual([fine]);
    expect(rig.bob.sinks.content(spoiled, 0), 'its bytes stay').toBeDefined();
  });

  it('tells what was stored again, so that it gets saved', async () => {
    const rig = await Rig.create();
    rig.connect();
    const [files, text] = [newId(), newId()];
    const items = [item('a', pattern(10)), item('b', pattern(20))];
    rig.alice.engine.send('bob', { transferId: files, kind: 'files', items });
    const note = item('n', new TextEncoder().encode('hello'), 'text/plain');
    rig.alice.engine.send('bob', { transferId: text, kind: 'text', items: [note] });
    await rig.quiet();
    await rig.bob.engine.decide(files, { type: 'accept' });
    await rig.bob.engine.decide(text, { type: 'accept' });
    await rig.quiet();
    await rig.bob.engine.markSaved(files, 0);
    await rig.bob.engine.markSaving(files, 1);
    await rig.bob.engine.shutdown();
    const again = rig.bob.restarted();
    await again.engine.start();
    expect(again.told('file-stored')).toMatchObject([
      { transferId: files, fileId: 1, safePath: 'b' },
    ]);
    expect(again.told('text-received')).toMatchObject([{ transferId: text, text: 'hello' }]);
    await again.engine.markSaved(files, 1);
    await again.engine.markSaved(text, 0);
    expect([again.state(files), again.state(text)]).toEqual(['saved', 'saved']);
    expect(rig.bob.sinks.files.size).toBe(0);
  });

  it('[TR12] of both sides in the middle: it goes on with what is there', async () => {
    const rig = await Rig.create();
    rig.connect();
    const bytes = pattern(9_000_000);
    const { id } = await halfway(rig, [item('x', bytes)], 3_000_000);
    rig.clock.advance(JOURNAL_MS);
    await still();
    const [alice, bob] = [await killed(rig.alice), await killed(rig.bob)];
    expect(alice.state(id)).toBe('waiting-for-device');
    expect(alice.told('need-session')).toEqual([{ type: 'need-session', deviceId: 'bob' }]);
    expect(bob.snapshot(id).state).toEqual({ type: 'paused', by: 'connection' });
    reconnect(rig, alice, bob);
    await rig.run(() => alice.state(id) === 'delivered');
    expect(same(bob.content(id, 0), bytes)).toBe(true);
    expect(bob.told('offer-received'), 'nobody is asked again').toEqual([]);
  });

  it('of the receiver alone: a complete transfer is still told as stored to a sender that goes on', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = newId();
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', pattern(9))] });
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept' });
    await lossy(rig).deliverUntilStored(() => rig.bob.state(id) === 'stored');
    rig.cut();
    await rig.quiet();
    await rig.bob.engine.shutdown();
    const again = rig.bob.restarted();
    await again.engine.start();
    const wire = newWire();
    rig.wire = wire;
    attach(rig.alice, 'bob', wire, 0);
    attach(again, 'alice', wire, 1);
    await rig.quiet();
    expect(rig.alice.state(id)).toBe('delivered');
    expect(rig.alice.told('session-error').map(({ code }) => code)).toEqual(['channel-closed']);
  });

  it('keeps no key and no content in the record', async () => {
    const rig = await Rig.create();
    rig.connect();
    const secret = new TextEncoder().encode('the very secret words');
    const id = newId();
    const items = [item('x', secret, 'text/plain')];
    rig.alice.engine.send('bob', { transferId: id, kind: 'text', items });
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.quiet();
    const records = JSON.stringify([...rig.bob.store.transfers, ...rig.alice.store.transfers]);
    expect(records).not.toContain('secret words');
  });
});
