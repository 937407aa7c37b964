import { expect, it } from 'vitest';
import { FakeClock } from './memory-stores.ts';
import { RawPeer } from './raw-peer.ts';
import { Device, pattern } from './rig.ts';

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
