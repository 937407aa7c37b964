import { describe, expect, it } from 'vitest';
import { item, newId, pattern, Rig } from './rig.ts';

describe('a transfer', () => {
  it('[TR11] goes from the offer to delivered on one side and stored on the other', async () => {
    const rig = await Rig.create();
    const { alice, bob } = rig;
    rig.connect();
    const id = newId();
    const bytes = pattern(3_000_000);
    alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('a/b.bin', bytes)] });
    await rig.run(() => bob.told('offer-received').length === 1);
    expect(alice.state(id)).toBe('waiting-for-accept');
    await bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => alice.state(id) === 'delivered');
    expect(bob.sinks.content(id, 0)).toEqual(bytes);
    expect(bob.state(id)).toBe('stored');
    expect(alice.states(id)).toEqual([
      'waiting-for-device',
      'waiting-for-accept',
      'transferring',
      'verifying',
      'delivered',
    ]);
    expect(bob.states(id)).toEqual(['offered', 'transferring', 'verifying', 'stored']);
    expect(bob.told('file-stored')[0]).toMatchObject({ safePath: 'a/b.bin', size: 3_000_000 });
  });
});
