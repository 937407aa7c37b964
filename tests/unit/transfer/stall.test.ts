import { describe, expect, it } from 'vitest';
import { GRANT_REST_MS, STALL_MS } from '../../../lib/transfer/constants.ts';
import { RawPeer } from './raw-peer.ts';
import { item, newWire, pattern, Rig } from './rig.ts';
import { accepted, delivered, same, still } from './steps.ts';

const BYTES = pattern(700_000);

/** Two looks: one finds that something left, the next that nothing came of it. */
function later(rig: Rig): void {
  rig.clock.advance(STALL_MS);
  rig.clock.advance(STALL_MS);
}

describe('bytes that nobody hears of again', () => {
  it('[TR10] end the session, and another one brings what is missing', async () => {
    const rig = await Rig.create();
    rig.connect();
    // A lane that takes everything and delivers nothing.
    for (const [end] of rig.wire.lanes) end.send = () => undefined;
    const id = await accepted(rig, [item('x', BYTES)]);
    await rig.quiet();
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['verifying', 'transferring']);
    later(rig);
    await still();
    expect(rig.alice.told('session-error')).toMatchObject([{ code: 'channel-closed' }]);
    rig.connect(newWire());
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(same(rig.bob.content(id, 0), BYTES)).toBe(true);
  });

  it('[TR10] are none where all was dealt with, however long it is quiet then', async () => {
    const rig = await Rig.create();
    rig.connect();
    await delivered(rig, [item('x', BYTES)]);
    rig.clock.advance(GRANT_REST_MS);
    await rig.quiet();
    later(rig);
    await rig.quiet();
    expect([...rig.alice.told('session-error'), ...rig.bob.told('session-error')]).toEqual([]);
  });

  it('[TR10] are none while they wait in this side’s own queue', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await accepted(rig, [item('x', BYTES)]);
    // Control goes on; the lane is slow, and what it has to send is still with it.
    for (let n = 0; n < 10; n++) {
      for (const end of rig.wire.control) while (end.deliver());
      await still();
    }
    expect(rig.wire.lanes[0]?.[0].bufferedAmount).toBeGreaterThan(0);
    later(rig);
    later(rig);
    expect(rig.alice.told('session-error')).toEqual([]);
    await rig.run(() => rig.alice.state(id) === 'delivered');
  });

  it('[TR10] the receiver says when it is done with the last of them', async () => {
    const rig = await Rig.create();
    const peer = new RawPeer(rig.bob);
    const id = await peer.accepted([BYTES]);
    await peer.sendFile(id, 0, BYTES);
    await peer.quiet();
    const credits = () =>
      peer.received.flatMap((message) => (message.type === 'window' ? [message.credit] : []));
    const [first = 0] = credits();
    rig.clock.advance(GRANT_REST_MS);
    await peer.quiet();
    const ciphertext = BYTES.length + 16 * Math.ceil(BYTES.length / 65_536);
    expect((credits().at(-1) ?? 0) - first).toBe(ciphertext);
  });
});
