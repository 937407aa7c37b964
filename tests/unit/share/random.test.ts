import { expect, it } from 'vitest';
import type { ShareMessage } from '../../../lib/protocol/messages.ts';
import { VIEWER_GRACE_MS, ANSWER_MS, CONNECT_MS } from '../../../lib/share/constants.ts';
import { ShareError, ShareRequestError } from '../../../lib/share/errors.ts';
import { generator, pick } from './generator.ts';
import { Rig, startOf, type Device } from './rig.ts';

/** Whatever a person, a network and a document may do, in any order. */
function step(rig: Rig, random: (below: number) => number): void {
  const device = random(2) === 0 ? rig.alice : rig.bob;
  const id = pick(device.book.views(), random)?.shareId ?? 'none';
  switch (random(19)) {
    case 0:
      rig.connect();
      return;
    case 1:
      return rig.disconnect();
    case 2:
    case 3:
      rig.share(`tab-${random(3)}`, { frames: random(4) > 0 });
      return;
    case 4:
    case 5:
      return device.book.accept(id, random(3) > 0);
    case 6:
      return random(4) === 0 ? device.book.decline(id) : undefined;
    case 7:
      return random(3) === 0 ? device.book.stop(id, 'stopped') : undefined;
    case 8:
      return random(3) === 0 ? device.book.stopSource(`tab-${random(3)}`, 'closed') : undefined;
    case 9:
      return device.book.goOnUnprotected(id);
    case 10:
      return device.book.allowPointer(id, random(2) === 0);
    case 11:
      return device.book.point(id, random(3) === 0 ? null : { x: 0.5, y: 0.5 });
    case 12:
      return device.book.shaken();
    case 13:
      device.document = pick(['works', 'works', 'describes', 'silent'] as const, random) ?? 'works';
      return;
    case 14:
      device.book.announce(id, startOf('video'));
      return;
    case 15:
      return rig.clock.advance(random(15_000));
    case 16:
      return device.book.dismiss(id);
    default: {
      const [pcId, shareId] = pick([...device.open], random) ?? [];
      if (pcId === undefined || shareId === undefined) return;
      const state = pick(['connected', 'disconnected', 'failed', 'closed'] as const, random);
      if (random(6) === 0) device.book.onNews({ type: 'media-failed', shareId, pcId });
      else if (random(3) === 0) device.up(shareId, pcId);
      else device.book.onNews({ type: 'media-state', shareId, pcId, state: state ?? 'failed' });
    }
  }
}

function holds(device: Device): void {
  const views = device.book.views();
  const active = views.filter(({ state }) => state.type !== 'ended');
  // A media connection belongs to one share that is under way, and each has at most one.
  const owners = [...device.open.values()];
  expect(new Set(owners).size).toBe(owners.length);
  for (const owner of owners) {
    expect(active.some(({ shareId }) => shareId === owner)).toBe(true);
  }
  // No picture without a connection, and no connection for what nobody accepted.
  for (const { shareId, state } of active) {
    if (state.type === 'live' || state.type === 'watching') expect(owners).toContain(shareId);
    if (state.type === 'asked' || state.type === 'unprotected') {
      expect(owners).not.toContain(shareId);
    }
  }
}

it('[SH2][SH7] 300 random lives: no move that is none, no breach, nothing left behind', () => {
  let pictures = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const random = generator(seed);
    const rig = new Rig();
    for (let i = 0; i < 120; i++) {
      try {
        step(rig, random);
        if (random(3) > 0) rig.deliver();
      } catch (error) {
        if (!(error instanceof ShareRequestError))
          throw new Error(`seed ${seed}`, { cause: error });
      }
      for (const device of [rig.alice, rig.bob]) holds(device);
    }
    rig.deliver();
    expect([seed, ...rig.alice.breaches, ...rig.bob.breaches]).toEqual([seed]);
    pictures += rig.bob.told('changed').filter(({ view }) => view.state.type === 'watching').length;
    rig.disconnect();
    rig.clock.advance(Math.max(VIEWER_GRACE_MS, ANSWER_MS + CONNECT_MS) + 1);
    expect(rig.clock.pending, `timers, seed ${seed}`).toBe(0);
    for (const device of [rig.alice, rig.bob]) {
      expect(device.open.size).toBe(0);
      expect(device.book.views().every(({ state }) => state.type === 'ended')).toBe(true);
    }
    // Each capture that began was released as often as it had a last share.
    const released = rig.alice.told('release-source').map(({ sourceId }) => sourceId);
    const shared = new Set(
      rig.alice.told('changed').flatMap(({ view }) => ('sourceId' in view ? [view.sourceId] : [])),
    );
    expect(new Set(released)).toEqual(shared);
  }
  expect(pictures, 'many had a picture').toBeGreaterThan(300);
});

it('[BP1] 20,000 words of a hostile peer: a typed error, or as if they were never said', () => {
  const random = generator(7);
  const codes = new Map<string, number>();
  let rig = new Rig();
  let ids: string[] = [];
  for (let i = 0; i < 20_000; i++) {
    if (rig.session === null || i % 400 === 0) {
      rig = new Rig();
      ids = [rig.live('tab-1'), rig.live('tab-2')];
      rig.share('tab-3');
      rig.deliver();
    }
    const device = random(2) === 0 ? rig.alice : rig.bob;
    const shareId = pick([...ids, '0'.repeat(32)], random) ?? '';
    const pcId = pick([...rig.alice.open.keys(), 'f'.repeat(32), `${i}`.padStart(32, '0')], random);
    const message = pick(words(shareId, pcId ?? '', i), random);
    if (message === undefined || rig.session === null) throw new Error('nothing to say');
    try {
      device.book.onMessage(rig.session, message);
    } catch (error) {
      if (!(error instanceof ShareError)) throw new Error(message.type, { cause: error });
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      if (random(2) === 0) rig.disconnect();
    }
    for (const each of [rig.alice, rig.bob]) holds(each);
  }
  expect(codes.get('out-of-state') ?? 0).toBeGreaterThan(1000);
});

function words(shareId: string, pcId: string, kid: number): ShareMessage[] {
  const candidate = { candidate: 'c', sdpMid: null, sdpMLineIndex: null };
  const offer = { source: 'tab', title: 't', audio: true } as const;
  return [
    { type: 'share-offer', shareId, ...offer, frames: true },
    { type: 'share-accept', shareId, frames: false },
    { type: 'share-decline', shareId, reason: 'busy' },
    { type: 'share-stop', shareId, reason: 'failed' },
    { type: 'media-offer', shareId, pcId, sdp: 'v=0' },
    { type: 'media-answer', shareId, pcId, sdp: 'v=0' },
    { type: 'media-candidate', shareId, pcId, ...candidate },
    { type: 'media-candidates-end', shareId, pcId },
    { type: 'media-key', shareId, kid, inst: new Uint8Array(16), track: 'audio', encoding: 1 },
    { type: 'share-pointer', shareId, x: 1, y: 0 },
    { type: 'share-settings', shareId, pointer: true, title: 'T' },
  ];
}
