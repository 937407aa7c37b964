import { expect, it } from 'vitest';
import { FakeClock } from './memory-stores.ts';
import { RawPeer } from './raw-peer.ts';
import { Device, item, newId, pattern } from './rig.ts';
import { restarted, still } from './steps.ts';

// What an honest sender says before it has heard what happened here; found by the simulator.

const bytes = pattern(200_000);

async function receiver(): Promise<Device> {
  const device = new Device('bob', new FakeClock());
  await device.engine.start();
  return device;
}

it('[TR15] a file begun when the disk was full already is dropped with all that belongs to it', async () => {
  const device = await receiver();
  const peer = new RawPeer(device);
  const id = await peer.accepted([bytes, bytes]);
  device.sinks.free = 1000;
  const first = peer.start(id, 0, bytes);
  await first.chunk(0);
  await peer.quiet();
  expect(device.state(id)).toBe('needs-room');
  await peer.sendFile(id, 1, bytes);
  await peer.quiet();
  expect(peer.sessionErrors).toEqual([]);
  expect(device.state(id)).toBe('needs-room');
  await device.engine.cancel(id);
});

it('[TR12][TR19] a later version of a file, offered after the end here, is declined and no breach', async () => {
  const device = await receiver();
  const peer = new RawPeer(device);
  const id = await peer.accepted([bytes]);
  await device.engine.cancel(id);
  await peer.quiet();
  const later = new RawPeer(device);
  const item = { fileId: 1, path: 'f0', size: 5, mime: 'application/octet-stream', modified: 9 };
  later.post(
    { type: 'offer-begin', transferId: id, kind: 'files', count: 1, totalBytes: 5 },
    { type: 'offer-items', transferId: id, items: [item] },
    { type: 'offer-end', transferId: id },
  );
  await later.quiet();
  expect(later.sessionErrors).toEqual([]);
  expect(later.received.at(-1)).toMatchObject({ type: 'decline' });
});

it('[TR19] a later version offered while nobody has answered yet takes the place of the first', async () => {
  const device = await receiver();
  const peer = new RawPeer(device);
  const id = peer.offer([bytes]);
  await peer.quiet();
  const later = new RawPeer(device);
  const item = { fileId: 1, path: 'f0', size: 5, mime: 'application/octet-stream', modified: 9 };
  later.post(
    { type: 'offer-begin', transferId: id, kind: 'files', count: 1, totalBytes: 5 },
    { type: 'offer-items', transferId: id, items: [item] },
    { type: 'offer-end', transferId: id },
  );
  await later.quiet();
  await device.engine.decide(id, { type: 'accept' });
  later.post({ type: 'replace', transferId: id, fileId: 1, item: { ...item, fileId: 2, size: 6 } });
  await later.quiet();
  expect(later.sessionErrors).toEqual([]);
  expect(device.snapshot(id).files.map(({ fileId, size }) => [fileId, size])).toEqual([[2, 6]]);
  await device.engine.cancel(id);
});

it('[TR20] what waits for a person ends when the person gives up its last file', async () => {
  const alice = new Device('alice', new FakeClock());
  await alice.engine.start();
  const transferId = newId();
  const [original] = alice.send('bob', { transferId, kind: 'files', items: [item('a', bytes)] });
  if (original === undefined) throw new Error('one file was sent');
  await still();
  original.trouble = 'choose-again';
  const again = await restarted(alice);
  await still();
  expect(again.state(transferId)).toBe('needs-you');
  await again.engine.cancel(transferId, 0);
  expect(again.state(transferId)).toBe('cancelled');
});

it('[TR19][TR20] a later version of what was given up here is answered with the end', async () => {
  const device = await receiver();
  const peer = new RawPeer(device);
  const id = await peer.accepted([bytes]);
  await device.engine.cancel(id, 0);
  await peer.quiet();
  const item = { fileId: 1, path: 'f0', size: 5, mime: 'application/octet-stream', modified: 9 };
  peer.post({ type: 'replace', transferId: id, fileId: 0, item });
  peer.start(id, 1, bytes.subarray(0, 5));
  await peer.quiet();
  expect(peer.received.at(-1)).toEqual({ type: 'cancel', transferId: id, reason: 'cancelled' });
  expect(peer.sessionErrors).toEqual([]);
});

it('[TR15] a chunk that comes twice is ignored, also when the file is stored by then', async () => {
  const device = await receiver();
  const peer = new RawPeer(device);
  const id = await peer.accepted([bytes]);
  const file = peer.start(id, 0, bytes);
  for (let index = 0; index < file.count; index++) await file.chunk(index);
  await file.end();
  await peer.quiet();
  expect(device.state(id)).toBe('stored');
  await file.chunk(1);
  await peer.quiet();
  expect(peer.sessionErrors).toEqual([]);
});

it('[TR20] a later version of what is stored here is not taken, and its sender hears of it', async () => {
  const device = await receiver();
  const peer = new RawPeer(device);
  const small = pattern(300);
  const id = await peer.accepted([bytes, small]);
  await peer.sendFile(id, 0, bytes);
  await peer.sendPack(id, [[1, small]]);
  await peer.quiet();
  const beginAgain = async (state: string) => {
    expect(device.state(id)).toBe(state);
    const from = peer.received.length;
    // Stored, as its sender will hear; and two that came in their places when they were.
    peer.start(id, 0, bytes);
    peer.start(id, 2, bytes);
    await peer.pack(id, [
      [1, small],
      [3, small],
    ]);
    await peer.quiet();
    expect(peer.sessionErrors).toEqual([]);
    expect(peer.received.slice(from).filter(({ type }) => type !== 'ping')).toMatchObject([
      { type: 'cancel', transferId: id, fileId: 2, reason: 'interrupted' },
      { type: 'pack-stored', transferId: id, missing: [3] },
    ]);
  };
  await beginAgain('stored');
  for (const fileId of [0, 1]) await device.engine.markSaved(id, fileId);
  await peer.quiet();
  await beginAgain('saved');
});

it('[TR19] a later version makes up for one that had failed, which its sender has forgotten', async () => {
  const device = await receiver();
  const peer = new RawPeer(device);
  const id = await peer.accepted([bytes, bytes]);
  peer.post({ type: 'cancel', transferId: id, fileId: 0, reason: 'source-unreadable' });
  await peer.quiet();
  expect(device.snapshot(id).files[0]?.state).toBe('failed');
  const later = new RawPeer(device);
  const item = { path: 'f0', size: 5, mime: 'application/octet-stream', modified: 9 };
  const kept = { ...item, fileId: 1, path: 'f1', size: bytes.length, modified: 0 };
  const totalBytes = bytes.length + 5;
  later.post(
    { type: 'offer-begin', transferId: id, kind: 'files', count: 2, totalBytes },
    { type: 'offer-items', transferId: id, items: [kept, { ...item, fileId: 2 }] },
    { type: 'offer-end', transferId: id },
  );
  await later.quiet();
  await later.sendFile(id, 1, bytes);
  await later.sendPack(id, [[2, bytes.subarray(0, 5)]]);
  await later.quiet();
  expect(later.sessionErrors).toEqual([]);
  expect(device.state(id)).toBe('stored');
  expect(device.snapshot(id).files.map(({ fileId }) => fileId)).toEqual([1, 2]);
});
