import { describe, expect, it } from 'vitest';
import {
  MAX_NEW_OFFERS,
  MAX_TRANSFERS_UNDER_WAY,
  OFFER_LIFE_MS,
  OFFER_WINDOW_MS,
  PACED_NEW_OFFERS,
} from '../../../lib/protocol/limits.ts';
import { HISTORY_FILES, HISTORY_TRANSFERS, RETELL_MS } from '../../../lib/transfer/constants.ts';
import type { StoredTransfer } from '../../../lib/transfer/records.ts';
import { RateLimit } from '../../../lib/protocol/rate-limit.ts';
import { flush } from './memory-channel.ts';
import { FakeClock } from './memory-stores.ts';
import { RawPeer } from './raw-peer.ts';
import { attach, Device, item, newId, newWire, pattern, Rig, settle } from './rig.ts';

const BYTES = new Uint8Array([1]);

async function bob(): Promise<Device> {
  const device = new Device('bob', new FakeClock());
  await device.engine.start();
  return device;
}

function open(device: Device): string[] {
  const offered = device.engine.snapshots().filter(({ state }) => state.type === 'offered');
  return offered.map(({ transferId }) => transferId);
}

/** A later life of the document. */
async function restarted(device: Device): Promise<Device> {
  await device.engine.shutdown();
  const again = device.restarted();
  await again.engine.start();
  return again;
}

async function delivered(rig: Rig, sizes = [9]): Promise<string> {
  const id = newId();
  const items = sizes.map((size, n) => item(`f${n}`, pattern(size)));
  rig.alice.engine.send('bob', { transferId: id, kind: 'files', items });
  await rig.quiet();
  await rig.bob.engine.decide(id, { type: 'accept' });
  await rig.run(() => rig.alice.state(id) === 'delivered');
  await rig.quiet();
  return id;
}

async function saved(rig: Rig, sizes = [9]): Promise<string> {
  const id = await delivered(rig, sizes);
  for (const fileId of sizes.keys()) await rig.bob.engine.markSaved(id, fileId);
  await rig.quiet();
  return id;
}

describe('when it ended', () => {
  it('is told and written on both sides, and stays the same after a restart', async () => {
    const rig = await Rig.create();
    rig.connect();
    const sentAt = rig.clock.now();
    const id = await delivered(rig);
    expect(rig.alice.snapshot(id).endedAt).toBe(sentAt);
    expect(rig.bob.snapshot(id).endedAt, 'stored is not the end').toBeNull();
    rig.clock.advance(5000);
    await rig.bob.engine.markSaved(id, 0);
    rig.clock.advance(60_000);
    for (const [device, at] of [
      [rig.alice, sentAt],
      [rig.bob, sentAt + 5000],
    ] as const) {
      const again = await restarted(device);
      expect(again.snapshot(id)).toMatchObject({ endedAt: at, doneBytes: 9, doneFiles: 1 });
      expect(again.told('transfer-changed').map(({ snapshot }) => snapshot.endedAt)).toEqual([at]);
    }
  });

  it('is when it was declined, cancelled, expired or failed', async () => {
    const device = await bob();
    const peer = new RawPeer(device);
    const ids = [peer.offer([BYTES]), peer.offer([BYTES]), peer.offer([BYTES])];
    await peer.quiet();
    const [declined = '', cancelled = '', expired = ''] = ids;
    const at = device.clock.now();
    device.clock.advance(1000);
    await device.engine.decide(declined, { type: 'decline', reason: 'declined' });
    device.clock.advance(1000);
    peer.post({ type: 'cancel', transferId: cancelled, reason: 'cancelled' });
    await peer.quiet();
    device.clock.advance(OFFER_LIFE_MS);
    await peer.quiet();
    const ends = ids.map((id) => (device.snapshot(id).endedAt ?? 0) - at);
    expect(ends).toEqual([1000, 2000, OFFER_LIFE_MS]);
    expect(device.state(expired)).toBe('expired');
    const stored = ids.map((id) => (device.store.transfers.get(id)?.head.endedAt ?? 0) - at);
    expect(stored).toEqual(ends);
  });

  it('is found out once, at the next start, for what can be read no more', async () => {
    const rig = await Rig.create();
    const id = newId();
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', BYTES)] });
    await rig.quiet();
    rig.clock.advance(1000);
    const once = await restarted(rig.alice);
    const at = rig.clock.now();
    expect(once.snapshot(id)).toMatchObject({
      state: { reason: 'source-unreadable' },
      endedAt: at,
    });
    rig.clock.advance(1000);
    expect((await restarted(once)).snapshot(id).endedAt).toBe(at);
  });

  it('of a record that does not say is when it was stored, or else begun', async () => {
    const rig = await Rig.create();
    rig.connect();
    const id = await saved(rig);
    rig.clock.advance(1);
    const refused = newId();
    rig.alice.engine.send('bob', { transferId: refused, kind: 'files', items: [item('x', BYTES)] });
    await rig.quiet();
    await rig.bob.engine.decide(refused, { type: 'decline', reason: 'declined' });
    await rig.quiet();
    await rig.bob.engine.shutdown();
    for (const [key, { head, files }] of rig.bob.store.transfers) {
      const { endedAt: _, doneBytes: __, doneFiles: ___, ...older } = head;
      rig.bob.store.transfers.set(key, { head: older as StoredTransfer['head'], files });
    }
    rig.clock.advance(60_000);
    const again = await restarted(rig.bob);
    const { endedAt, storedAt, doneBytes, doneFiles } = again.snapshot(id);
    expect([endedAt, doneBytes, doneFiles]).toEqual([storedAt, 9, 1]);
    expect(again.snapshot(refused).endedAt).toBe(again.snapshot(refused).createdAt);
  });
});

describe('history', () => {
  it('[TR14] keeps the last hundred; records, snapshots and files of older ones go', async () => {
    const device = await bob();
    const ids: string[] = [];
    for (let n = 0; n < HISTORY_TRANSFERS + 30; n++) {
      if (n % 8 === 0) device.clock.advance(OFFER_WINDOW_MS);
      const peer = new RawPeer(device);
      const id = await peer.accepted([BYTES]);
      ids.push(id);
      await peer.sendFile(id, 0, BYTES);
      await peer.quiet();
      await device.engine.markSaved(id, 0);
      await peer.quiet();
    }
    const left = ids.slice(30);
    expect(device.engine.snapshots().map(({ transferId }) => transferId)).toEqual(left);
    expect([...device.store.transfers.keys()]).toEqual(left);
    expect(device.sinks.files.size).toBe(0);
    const gone = device.told('transfer-removed').map(({ transferId }) => transferId);
    expect(gone).toEqual(ids.slice(0, 30));
  });

  it('[TR14] what a peer offers and takes back leaves no more than that', async () => {
    const device = await bob();
    for (let round = 0; round < 4; round++) {
      const peer = new RawPeer(device);
      for (let n = 0; n < MAX_NEW_OFFERS; n++) {
        const transferId = peer.offer([BYTES]);
        peer.post({ type: 'cancel', transferId, reason: 'cancelled' });
      }
      await peer.quiet();
      expect(peer.sessionErrors).toEqual([]);
      device.clock.advance(OFFER_WINDOW_MS);
    }
    expect(device.engine.snapshots()).toHaveLength(HISTORY_TRANSFERS);
    expect(device.store.transfers.size).toBe(HISTORY_TRANSFERS);
  });

  it('[TR14] is cut to that at the start too', async () => {
    const device = await bob();
    const peer = new RawPeer(device);
    const id = peer.offer([BYTES]);
    peer.post({ type: 'cancel', transferId: id, reason: 'cancelled' });
    await peer.quiet();
    const sample = device.store.transfers.get(id);
    if (sample === undefined) throw new Error('not stored');
    for (let n = 1; n <= 150; n++) {
      const transferId = newId();
      const head = { ...sample.head, transferId, endedAt: (sample.head.endedAt ?? 0) + n };
      await device.store.create({ head, files: sample.files });
    }
    const again = await restarted(device);
    await peer.quiet();
    expect(again.engine.snapshots()).toHaveLength(HISTORY_TRANSFERS);
    expect(device.store.transfers.size).toBe(HISTORY_TRANSFERS);
    expect(device.store.transfers.has(id), 'the oldest').toBe(false);
  });

  it('[BP1] what holds files that are not saved is not history, however old', async () => {
    const device = await bob();
    const peer = new RawPeer(device);
    const id = await peer.accepted([BYTES, BYTES]);
    await peer.sendFile(id, 0, BYTES);
    await peer.quiet();
    peer.post({ type: 'cancel', transferId: id, reason: 'cancelled' });
    await peer.quiet();
    expect(device.state(id)).toBe('cancelled');
    for (let n = 0; n < 3; n++) {
      device.clock.advance(OFFER_WINDOW_MS);
      for (let m = 0; m < 40; m++) {
        const transferId = peer.offer([BYTES]);
        peer.post({ type: 'cancel', transferId, reason: 'cancelled' });
      }
      await peer.quiet();
    }
    expect(peer.sessionErrors).toEqual([]);
    const again = await restarted(device);
    expect(again.told('file-stored')).toMatchObject([{ transferId: id, fileId: 0 }]);
    expect(again.sinks.content(id, 0)).toEqual(BYTES);
    expect(again.engine.snapshots()).toHaveLength(HISTORY_TRANSFERS + 1);
    await again.engine.markSaved(id, 0);
    await peer.quiet();
    expect(again.engine.snapshots(), 'now it is, and it is the oldest').toHaveLength(100);
    expect(again.sinks.files.size).toBe(0);
  });

  it('of many files keeps a few, once nobody needs to hear of the others', async () => {
    const rig = await Rig.create();
    rig.connect();
    const sizes = Array.from({ length: HISTORY_FILES * 2 }, () => 3);
    const id = await saved(rig, sizes);
    expect(rig.bob.state(id)).toBe('saved');
    expect(rig.bob.store.transfers.get(id)?.files).toHaveLength(sizes.length);
    rig.clock.advance(RETELL_MS);
    const again = await restarted(rig.bob);
    await rig.quiet();
    expect(rig.bob.store.transfers.get(id)?.files).toHaveLength(HISTORY_FILES);
    const { doneFiles, doneBytes } = (await restarted(again)).snapshot(id);
    expect([doneFiles, doneBytes]).toEqual([sizes.length, sizes.length * 3]);
  });

  it('[TR12] still tells a sender that goes on what was stored and saved meanwhile', async () => {
    for (const restart of [false, true]) {
      const rig = await Rig.create();
      rig.connect();
      const id = newId();
      rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', BYTES)] });
      await rig.quiet();
      await rig.bob.engine.decide(id, { type: 'accept' });
      const [toBob, toAlice] = rig.wire.control;
      toAlice.deliver();
      // From here on Bob hears everything, Alice nothing.
      const fromAlice = [toBob, ...rig.wire.lanes.map(([end]) => end)];
      await settle(
        () => flush(...fromAlice),
        () => rig.bob.state(id) === 'stored',
      );
      rig.cut();
      await rig.quiet();
      expect(rig.alice.state(id)).toBe('connecting');
      await rig.bob.engine.markSaved(id, 0);
      const device = restart ? await restarted(rig.bob) : rig.bob;
      expect(device.state(id)).toBe('saved');
      rig.wire = newWire();
      attach(rig.alice, 'bob', rig.wire, 0);
      attach(device, 'alice', rig.wire, 1);
      await rig.quiet();
      expect(rig.alice.state(id)).toBe('delivered');
      expect(device.told('session-error').filter(({ code }) => code !== 'channel-closed')).toEqual(
        [],
      );
    }
  });

  it('[TR12] tells a sender that offers it again how it ended, and asks nobody', async () => {
    const device = await bob();
    const first = new RawPeer(device);
    const id = first.offer([BYTES]);
    await first.quiet();
    await device.engine.decide(id, { type: 'decline', reason: 'no-space' });
    const second = new RawPeer(await restarted(device));
    second.post(
      { type: 'offer-begin', transferId: id, kind: 'files', count: 1, totalBytes: 1 },
      {
        type: 'offer-items',
        transferId: id,
        items: [{ fileId: 0, path: 'f0', size: 1, mime: 'application/octet-stream', modified: 0 }],
      },
      { type: 'offer-end', transferId: id },
    );
    await second.quiet();
    expect(second.received.at(-1)).toMatchObject({ type: 'decline', reason: 'no-space' });
    expect(second.device.told('offer-received')).toEqual([]);
    expect(second.sessionErrors).toEqual([]);
  });

  it('[TR11] what was stored and could not be saved goes when it is removed', async () => {
    const device = await bob();
    const peer = new RawPeer(device);
    const id = await peer.accepted([BYTES]);
    await peer.sendFile(id, 0, BYTES);
    await peer.quiet();
    await device.engine.saveFailed(id, 0);
    expect(device.state(id)).toBe('needs-you');
    expect(device.sinks.files.size).toBe(1);
    await device.engine.cancel(id);
    expect(device.sinks.files.size, 'cancelling is for what is under way').toBe(1);
    await device.engine.remove(id);
    expect(device.engine.snapshots()).toEqual([]);
    expect(device.sinks.files.size).toBe(0);
    expect(device.store.transfers.size).toBe(0);
    expect(device.told('transfer-removed')).toMatchObject([{ transferId: id }]);
    peer.post({ type: 'done', transferId: id });
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
  });
});

describe('offers of one device', () => {
  it('[TR14] open ones are counted over all its sessions', async () => {
    const device = await bob();
    const ids: string[] = [];
    for (let session = 0; session < 5; session++) {
      const peer = new RawPeer(device);
      for (let n = 0; n < MAX_TRANSFERS_UNDER_WAY; n++) ids.push(peer.offer([BYTES]));
      await peer.quiet();
      expect(peer.sessionErrors).toEqual([]);
      // The newest are the ones that the sender still speaks of.
      expect(open(device)).toEqual(ids.slice(-MAX_TRANSFERS_UNDER_WAY));
    }
    expect(device.snapshot(ids[0] ?? '').state).toMatchObject({ reason: 'interrupted' });
    const other = new RawPeer(device, 'eve');
    other.offer([BYTES]);
    await other.quiet();
    expect(open(device)).toHaveLength(MAX_TRANSFERS_UNDER_WAY + 1);
  });

  it('[TR14] a sender that was restarted finds room beside what its last life offered', async () => {
    const rig = await Rig.create();
    rig.connect();
    const send = (device: Device) => {
      const transferId = newId();
      device.engine.send('bob', { transferId, kind: 'files', items: [item('x', BYTES)] });
      return transferId;
    };
    for (let n = 0; n < MAX_TRANSFERS_UNDER_WAY; n++) send(rig.alice);
    await rig.quiet();
    rig.cut();
    const alice = await restarted(rig.alice);
    rig.wire = newWire();
    attach(alice, 'bob', rig.wire, 0);
    attach(rig.bob, 'alice', rig.wire, 1);
    const id = send(alice);
    await rig.quiet();
    expect(alice.told('session-error')).toEqual([]);
    await rig.bob.engine.decide(id, { type: 'accept' });
    await rig.run(() => alice.state(id) === 'delivered');
  });

  it('[TR14] more new ones than sixty a minute end the session, in whichever it is', async () => {
    const device = await bob();
    for (let n = 0; n < MAX_NEW_OFFERS; n++) {
      const peer = new RawPeer(device);
      const transferId = peer.offer([BYTES]);
      peer.post({ type: 'cancel', transferId, reason: 'cancelled' });
      await peer.quiet();
    }
    expect(device.told('session-error')).toEqual([]);
    device.clock.advance(OFFER_WINDOW_MS - 1);
    const over = new RawPeer(device);
    over.offer([BYTES]);
    await over.quiet();
    expect(over.endedWith()).toBe('over-limit');
    device.clock.advance(1);
    const later = new RawPeer(device);
    const id = later.offer([BYTES]);
    await later.quiet();
    expect(device.state(id)).toBe('offered');
  });

  it('[TR14] a sender keeps to half of that, and goes on by itself', async () => {
    const rig = await Rig.create();
    rig.connect();
    const ids = Array.from({ length: PACED_NEW_OFFERS + 5 }, () => newId());
    for (const transferId of ids) {
      rig.alice.engine.send('bob', { transferId, kind: 'files', items: [item('x', BYTES)] });
    }
    const declineAll = async () => {
      while (open(rig.bob).length > 0) {
        for (const id of open(rig.bob)) {
          await rig.bob.engine.decide(id, { type: 'decline', reason: 'declined' });
        }
        await rig.quiet();
      }
    };
    await rig.quiet();
    await declineAll();
    expect(rig.bob.told('offer-received')).toHaveLength(PACED_NEW_OFFERS);
    expect(rig.alice.state(ids.at(-1) ?? '')).toBe('waiting-for-device');
    rig.clock.advance(OFFER_WINDOW_MS);
    await rig.quiet();
    await declineAll();
    expect(rig.bob.told('offer-received').map(({ transferId }) => transferId)).toEqual(ids);
    expect(rig.alice.told('session-error')).toEqual([]);
  });
});

describe('a rate limit', () => {
  it('counts over any stretch of its window', () => {
    const clock = new FakeClock();
    const rate = new RateLimit(clock, 2, 100);
    expect(rate.take()).toBe(true);
    clock.advance(60);
    expect([rate.wait(), rate.take(), rate.take(), rate.wait()]).toEqual([0, true, false, 40]);
    clock.advance(40);
    expect([rate.take(), rate.take(), rate.wait()]).toEqual([true, false, 60]);
  });

  it('forgets what lies in the future of a clock that was set back', () => {
    let now = 1_000_000;
    const rate = new RateLimit({ now: () => now }, 1, 100);
    expect(rate.take()).toBe(true);
    now = 0;
    expect(rate.take()).toBe(true);
  });
});
