import { describe, expect, it } from 'vitest';
import {
  ENDED_SHARES,
  MAX_KEYS,
  MAX_SHARES_OUT,
  MINUTE_MS,
  PACED_NEW_SHARES,
} from '../../../lib/share/constants.ts';
import { ShareBook } from '../../../lib/share/share-book.ts';
import { maySharingMove, mayWatchingMove } from '../../../lib/share/states.ts';
import type { SharingState, WatchingState } from '../../../lib/share/states.ts';
import { Device, Rig, startOf } from './rig.ts';

describe('one source, several devices', () => {
  it('[SH7] the capture ends with its last share', () => {
    const rig = new Rig();
    const first = rig.live('tab-1');
    rig.alice.book.attach('with-carol', 'carol');
    const second = rig.share('tab-1', { deviceId: 'carol' });
    const other = rig.share('tab-2');
    rig.deliver();
    expect(new Set([first, second, other]).size).toBe(3);
    rig.alice.book.stop(first);
    expect(rig.alice.told('release-source')).toEqual([]);
    expect(rig.alice.state(second)).toBe('offering');
    rig.alice.book.stop(second);
    expect(rig.alice.told('release-source')).toEqual([
      { type: 'release-source', sourceId: 'tab-1' },
    ]);
    rig.alice.book.stopSource('tab-2', 'closed');
    expect(rig.alice.told('release-source')).toHaveLength(2);
  });

  it('the same source to the same device once; again when it is over', () => {
    const rig = new Rig();
    const id = rig.live('tab-1');
    expect(() => rig.share('tab-1')).toThrow(expect.objectContaining({ code: 'duplicate-share' }));
    rig.alice.book.stop(id);
    rig.deliver();
    const again = rig.live('tab-1');
    expect(again).not.toBe(id);
    expect([rig.alice.state(again), rig.bob.state(again)]).toEqual(['live', 'watching']);
  });

  it('[SH8] at most eight under way, and ten new ones a minute to one device', () => {
    const rig = new Rig();
    rig.connect();
    const many = expect.objectContaining({ code: 'too-many-shares' }) as Error;
    for (let i = 0; i < MAX_SHARES_OUT; i++) rig.share(`tab-${i}`);
    expect(() => rig.share('tab-9')).toThrow(many);
    for (let i = 0; i < MAX_SHARES_OUT; i++) rig.alice.book.stopSource(`tab-${i}`, 'stopped');
    for (let i = MAX_SHARES_OUT; i < PACED_NEW_SHARES; i++) rig.share(`tab-${i}`);
    expect(() => rig.share('tab-20')).toThrow(many);
    rig.clock.advance(MINUTE_MS);
    rig.share('tab-20');
    rig.deliver();
    expect(rig.bob.breaches).toEqual([]);
  });

  it('a source that navigates or pauses: all its views say so', () => {
    const rig = new Rig();
    const id = rig.live('tab-1');
    rig.alice.book.sourceChanged('tab-1', { title: 'Another page', paused: true });
    expect(rig.alice.view(id)).toMatchObject({ title: 'Another page', paused: true });
    rig.alice.book.sourceChanged('tab-1', { paused: false });
    expect(rig.alice.view(id)).toMatchObject({ title: 'Another page', paused: false });
  });
});

describe('devices and sessions', () => {
  it('[RM1] a removed device: its shares are over and forgotten', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.alice.book.removeDevice('bob');
    expect(rig.alice.book.views()).toEqual([]);
    expect(rig.alice.told('removed')).toEqual([{ type: 'removed', shareId: id }]);
    expect(rig.alice.open.size).toBe(0);
    expect(rig.alice.told('release-source')).toHaveLength(1);
    rig.deliver();
    expect(rig.bob.state(id)).toBe('ended');
  });

  it('attach and detach twice: harmless', () => {
    const rig = new Rig();
    const id = rig.live();
    const session = rig.session ?? '';
    rig.alice.book.attach(session, 'bob');
    expect(rig.alice.posted('share-offer')).toHaveLength(1);
    rig.disconnect();
    rig.alice.book.detach(session);
    expect(rig.alice.state(id)).toBe('interrupted');
    rig.alice.book.onMessage(session, { type: 'share-stop', shareId: id, reason: 'stopped' });
    expect(rig.alice.state(id), 'of a session that is gone').toBe('interrupted');
  });

  it('asks for a session only where one is needed', () => {
    const rig = new Rig();
    rig.connect();
    expect(rig.alice.book.wants('bob')).toBe(false);
    const id = rig.share();
    rig.deliver();
    // Bob has not accepted: nothing of his waits.
    expect([rig.alice.book.wants('bob'), rig.bob.book.wants('alice')]).toEqual([true, false]);
    rig.bob.book.accept(id, true);
    rig.deliver();
    expect(rig.bob.book.wants('alice')).toBe(true);
    rig.alice.book.stop(id);
    rig.deliver();
    expect([rig.alice.book.wants('bob'), rig.bob.book.wants('alice')]).toEqual([false, false]);
  });

  it('keeps a few that are over for the views, the latest', () => {
    const rig = new Rig();
    rig.connect();
    const ids = Array.from({ length: ENDED_SHARES + 2 }, (_, i) => {
      const id = rig.share(`tab-${i}`);
      rig.alice.book.stop(id);
      return id;
    });
    expect(rig.alice.book.views().map(({ shareId }) => shareId)).toEqual(ids.slice(2));
    rig.alice.book.dismiss(ids[3] ?? '');
    expect(rig.alice.book.views()).toHaveLength(ENDED_SHARES - 1);
  });

  it('the latest to end, not the latest to begin: the end of a long one is seen', () => {
    const rig = new Rig();
    const long = rig.live();
    for (let i = 0; i < 12; i++) {
      rig.clock.advance(60_000);
      rig.alice.book.stop(rig.live('tab-2'));
      rig.deliver();
    }
    rig.alice.book.stop(long);
    rig.deliver();
    for (const { book } of [rig.alice, rig.bob]) {
      expect(book.views().map(({ shareId }) => shareId)).toContain(long);
      expect(book.views()).toHaveLength(8);
    }
  });

  it('refuses what it does not know', () => {
    const rig = new Rig();
    const unknown = expect.objectContaining({ code: 'unknown-share' }) as Error;
    const id = rig.live();
    expect(() => rig.alice.book.accept(id, true)).toThrow(unknown);
    expect(() => rig.bob.book.allowPointer(id, true)).toThrow(unknown);
    expect(() => rig.alice.book.goOnUnprotected('none')).toThrow(unknown);
    rig.alice.book.stop('none');
    rig.alice.book.dismiss(id);
    expect(rig.alice.state(id)).toBe('live');
  });
});

describe('[SH9] keys of transforms', () => {
  it('a fresh kid and instance each, over all shares of a session, told before use', () => {
    const rig = new Rig();
    const first = rig.live('tab-1');
    const second = rig.live('tab-2');
    const starts = [
      { shareId: first, ...startOf('video') },
      { shareId: first, ...startOf('audio') },
      { shareId: second, ...startOf('video') },
      // The worker was restarted.
      { shareId: first, ...startOf('video') },
    ];
    const kids = starts.map(({ shareId, ...start }) => rig.alice.book.announce(shareId, start));
    expect(kids).toEqual([0, 1, 2, 3]);
    rig.deliver();
    expect(rig.bob.tasks('media-key')).toMatchObject(
      starts.map((start, kid) => ({ ...start, kid })),
    );
    expect(rig.bob.breaches).toEqual([]);
  });

  it('none without an accept or a session, and none past the session’s last', () => {
    const rig = new Rig();
    rig.connect();
    const id = rig.share();
    expect(rig.alice.book.announce(id, startOf('video'))).toBeNull();
    rig.deliver();
    rig.bob.book.accept(id, true);
    rig.deliver();
    expect(rig.bob.book.announce(id, startOf('video')), 'the viewer sends no frames').toBeNull();
    for (let i = 0; i < MAX_KEYS; i++) rig.alice.book.announce(id, startOf('video'));
    expect(rig.alice.book.announce(id, startOf('video'))).toBeNull();
    rig.disconnect();
    expect(rig.alice.book.announce(id, startOf('video'))).toBeNull();
    rig.connect();
    rig.deliver();
    expect(rig.alice.book.announce(id, startOf('video'))).toBe(0);
  });
});

describe('[SH10] the viewer’s pointer', () => {
  it('goes only where it is allowed, while the picture is there, sixty times a second', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.bob.book.point(id, { x: 0.5, y: 0.5 });
    expect(rig.bob.posted('share-pointer')).toEqual([]);
    rig.alice.book.allowPointer(id, true);
    rig.deliver();
    expect(rig.bob.view(id).pointer).toBe(true);
    for (let i = 0; i < 100; i++) rig.bob.book.point(id, { x: i / 100, y: 0 });
    rig.deliver();
    expect(rig.alice.told('pointer')).toHaveLength(60);
    rig.clock.advance(1000);
    rig.bob.book.point(id, null);
    rig.deliver();
    expect(rig.alice.told('pointer').at(-1)?.at).toBeNull();
    rig.bob.news(id, { type: 'media-flow', flowing: false });
    rig.bob.book.point(id, { x: 0, y: 0 });
    expect(rig.bob.out).toEqual([]);
  });

  it('is taken away when it is forbidden, and allowed anew in another session', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.alice.book.allowPointer(id, true);
    rig.deliver();
    rig.disconnect();
    expect(rig.bob.view(id).pointer).toBe(false);
    rig.connect();
    rig.deliver();
    expect(rig.bob.view(id).pointer).toBe(true);
    rig.alice.book.allowPointer(id, false);
    rig.deliver();
    expect(rig.bob.view(id).pointer).toBe(false);
    expect(rig.alice.told('pointer').at(-1)).toEqual({ type: 'pointer', shareId: id, at: null });
  });
});

describe('views', () => {
  it('hold the line while there is a picture, and nothing secret', () => {
    const rig = new Rig();
    const id = rig.live();
    const line = {
      size: { width: 1280, height: 720 },
      fps: 30,
      bitrate: 1e6,
      delayMs: 40,
      path: null,
      codec: 'video/VP9',
    };
    rig.alice.book.announce(id, startOf('video'));
    for (const device of [rig.alice, rig.bob]) device.book.setLine(id, line);
    expect(rig.bob.view(id)).toEqual({
      role: 'viewer',
      shareId: id,
      deviceId: 'alice',
      source: 'tab',
      audio: true,
      title: 'Notes',
      state: { type: 'watching' },
      since: rig.clock.now(),
      protection: { type: 'protected' },
      pointer: false,
      line,
    });
    expect(rig.alice.told('changed').at(-1)?.view).toEqual(rig.alice.view(id));
    rig.disconnect();
    expect([rig.alice.view(id).line, rig.bob.view(id).line]).toEqual([null, null]);
    rig.alice.book.stop(id);
    rig.alice.book.setLine(id, line);
    expect(rig.alice.view(id).line).toBeNull();
  });

  it('a document that is slow or late says nothing about what is over', () => {
    const rig = new Rig();
    const id = rig.live();
    const [pcId = ''] = rig.alice.open.keys();
    rig.alice.book.stop(id);
    rig.deliver();
    const before = [rig.alice.view(id), rig.bob.view(id)];
    for (const device of [rig.alice, rig.bob]) {
      device.up(id, pcId);
      device.book.onNews({ type: 'media-failed', shareId: id, pcId });
      device.book.onNews({ type: 'media-offer', shareId: id, pcId, sdp: 'v=0' });
      device.book.onNews({ type: 'media-offer', shareId: 'none', pcId, sdp: 'v=0' });
    }
    expect([rig.alice.view(id), rig.bob.view(id)]).toEqual(before);
    expect([rig.alice.out, rig.bob.out]).toEqual([[], []]);
  });
});

describe('states', () => {
  const sharing: SharingState[] = [
    { type: 'offering' },
    { type: 'unprotected', missing: 'there' },
    { type: 'connecting' },
    { type: 'live' },
    { type: 'interrupted', cause: 'path', since: 0 },
    { type: 'ended', reason: 'stopped', by: 'me' },
  ];
  const watching: WatchingState[] = [
    { type: 'asked', expiresAt: 0 },
    { type: 'connecting' },
    { type: 'watching' },
    { type: 'stalled', cause: 'path', since: 0 },
    { type: 'ended', reason: 'stopped', by: 'me' },
  ];

  it('every state may end, and the end is final', () => {
    for (const states of [sharing, watching]) {
      const end = states.at(-1);
      if (end?.type !== 'ended') throw new Error('no end');
      for (const state of states) {
        const may = state.type !== 'ended';
        if (states === sharing) expect(maySharingMove(state as SharingState, end)).toBe(may);
        else expect(mayWatchingMove(state as WatchingState, end)).toBe(may);
      }
      for (const state of sharing) expect(maySharingMove(end, state)).toBe(false);
      for (const state of watching) expect(mayWatchingMove(end, state)).toBe(false);
    }
  });
});

it('a book without shares is quiet', () => {
  const { clock } = new Rig();
  const device = new Device('alone', clock);
  device.book.attach('s', 'bob');
  device.book.shaken();
  device.book.unreachable('bob', 'no-path');
  device.book.removeDevice('bob');
  device.book.detach('s');
  expect(device.events).toEqual([]);
  expect(
    new ShareBook({ clock, random: (n) => new Uint8Array(n), onEvent: () => undefined }).views(),
  ).toEqual([]);
});
