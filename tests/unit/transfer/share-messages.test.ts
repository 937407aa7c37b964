import { expect, it } from 'vitest';
import { RawPeer } from './raw-peer.ts';
import { Device } from './rig.ts';
import { FakeClock } from './memory-stores.ts';

const shareId = '000102030405060708090a0b0c0d0e0f';
const offer = {
  type: 'share-offer',
  shareId,
  source: 'tab',
  title: 'Notes',
  audio: false,
  frames: true,
} as const;

it('[SH1] words about shares are handed on, with the session they came over', async () => {
  const device = new Device('target', new FakeClock());
  await device.engine.start();
  const peer = new RawPeer(device);
  peer.post(offer);
  await peer.quiet();
  expect(device.told('share-message')).toEqual([
    { type: 'share-message', sessionId: peer.wire.sessionId, message: offer },
  ]);
  expect(peer.sessionErrors).toEqual([]);
});

it('[SH1] and answered over the same session; nowhere where it is gone', async () => {
  const device = new Device('target', new FakeClock());
  await device.engine.start();
  const peer = new RawPeer(device);
  const accept = { type: 'share-accept', shareId, frames: true } as const;
  device.engine.postShare(peer.wire.sessionId, accept);
  device.engine.postShare('no-session', accept);
  await peer.quiet();
  expect(peer.received.filter(({ type }) => type === 'share-accept')).toEqual([accept]);
});

it('[BP1] a breach that the shares’ keeper found ends the session with its code', async () => {
  const device = new Device('target', new FakeClock());
  await device.engine.start();
  const peer = new RawPeer(device);
  device.engine.failSession('no-session', 'out-of-state');
  device.engine.failSession(peer.wire.sessionId, 'over-limit');
  await peer.quiet();
  expect(peer.sessionErrors).toEqual(['over-limit']);
  expect(peer.received.at(-1)).toEqual({ type: 'error', code: 'over-limit' });
  expect(peer.closed).toBe(true);
});

it('[SH6] whoever keeps the shares hears of a session before its first word, and of its end', async () => {
  const device = new Device('target', new FakeClock());
  await device.engine.start();
  const peer = new RawPeer(device);
  peer.post(offer, offer);
  await peer.quiet();
  const next = new RawPeer(device);
  next.postJson({ ...offer, shareId: 'x' });
  await next.quiet();
  const about = device.events.flatMap((event) =>
    event.type === 'session-attached' ||
    event.type === 'session-detached' ||
    event.type === 'share-message' ||
    event.type === 'session-error'
      ? [`${event.type} ${event.sessionId}`]
      : [],
  );
  const [first, second] = [peer.wire.sessionId, next.wire.sessionId];
  expect(about).toEqual([
    `session-attached ${first}`,
    `share-message ${first}`,
    `share-message ${first}`,
    `session-detached ${first}`,
    `session-attached ${second}`,
    // Told to be closed first: who wants another one then is not given this one again.
    `session-error ${second}`,
    `session-detached ${second}`,
  ]);
});
