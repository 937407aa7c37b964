import { describe, expect, it } from 'vitest';
import {
  ANSWER_MS,
  ATTEMPT_MS,
  CONNECT_MS,
  GRACE_MS,
  PATIENCE_MS,
  RETOLD_MS,
  TITLE_MS,
  VIEWER_GRACE_MS,
} from '../../../lib/share/constants.ts';
import { Rig } from './rig.ts';

const quiet = (rig: Rig) => {
  expect(rig.alice.breaches).toEqual([]);
  expect(rig.bob.breaches).toEqual([]);
};

describe('from offer to picture', () => {
  it('[SH2][SH4] offered, asked, accepted, connected, bound: both see it', () => {
    const rig = new Rig();
    rig.connect();
    const id = rig.share();
    expect(rig.alice.state(id)).toBe('offering');
    rig.deliver();
    expect(rig.bob.told('asked').map(({ view }) => [view.shareId, view.title])).toEqual([
      [id, 'Notes'],
    ]);
    expect(rig.bob.state(id)).toBe('asked');
    rig.bob.document = rig.alice.document = 'describes';
    rig.bob.book.accept(id, true);
    expect(rig.bob.state(id)).toBe('connecting');
    rig.deliver();
    expect(rig.alice.state(id)).toBe('connecting');
    for (const device of [rig.alice, rig.bob]) {
      device.news(id, { type: 'media-state', state: 'connected' });
    }
    // [SH4] Connected is not enough, and neither are frames.
    rig.bob.news(id, { type: 'media-flow', flowing: true });
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['connecting', 'connecting']);
    for (const device of [rig.alice, rig.bob]) device.news(id, { type: 'media-bound' });
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['live', 'watching']);
    expect(rig.alice.view(id).since).toBe(rig.clock.now());
    quiet(rig);
  });

  it('[SH2] a share made while the device is away asks for a session and is told there', () => {
    const rig = new Rig();
    const id = rig.share();
    expect(rig.alice.told('need-session')).toEqual([{ type: 'need-session', deviceId: 'bob' }]);
    expect(rig.alice.book.wants('bob')).toBe(true);
    rig.clock.advance(ANSWER_MS - 1000);
    rig.connect();
    rig.deliver();
    // The person there has the whole time.
    rig.clock.advance(ANSWER_MS - 1000);
    rig.bob.book.accept(id, true);
    rig.deliver();
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['live', 'watching']);
    quiet(rig);
  });

  it('[SH1] a title of any length and kind is cut to what the wire takes', () => {
    const rig = new Rig();
    rig.connect();
    for (const title of ['𝒳'.repeat(500), `\ud800${'é'.repeat(300)}\u202e`]) {
      const id = rig.alice.book.share({
        deviceId: 'bob',
        sourceId: title,
        source: 'tab',
        title,
        audio: false,
        frames: true,
      });
      rig.deliver();
      expect([...rig.bob.view(id).title]).toHaveLength(120);
      expect(rig.bob.view(id).title).toBe(rig.alice.view(id).title);
    }
    quiet(rig);
  });

  it('[SH10] another title reaches the viewer, at most one a second and the last one in the end', () => {
    const rig = new Rig();
    const id = rig.live();
    const rename = (title: string) => rig.alice.book.sourceChanged('tab-1', { title });
    rename('Mail');
    rig.deliver();
    expect(rig.bob.view(id).title).toBe('Mail');
    for (let unread = 1; unread <= 500; unread += 1) rename(`(${unread}) Mail`);
    rig.deliver();
    expect(rig.bob.view(id).title).toBe('Mail');
    rig.clock.advance(TITLE_MS);
    rig.deliver();
    expect(rig.bob.view(id).title).toBe('(500) Mail');
    rig.clock.advance(TITLE_MS);
    expect(rig.alice.posted('share-settings')).toHaveLength(2);
    expect(rig.bob.view(id).pointer).toBe(false);
    rename('');
    rig.deliver();
    expect(rig.bob.view(id).title).toBe('');
    quiet(rig);
  });

  it('[SH10] a title of before the answer, or of between two sessions, is told with or after them', () => {
    const rig = new Rig();
    rig.connect();
    const id = rig.share();
    rig.deliver();
    rig.alice.book.sourceChanged('tab-1', { title: 'Mail' });
    expect(rig.alice.posted('share-settings')).toEqual([]);
    rig.bob.book.accept(id, true);
    rig.deliver();
    expect(rig.bob.view(id).title).toBe('Mail');
    rig.disconnect();
    rig.alice.book.sourceChanged('tab-1', { title: 'Maps' });
    rig.connect();
    rig.deliver();
    expect(rig.bob.view(id).title).toBe('Maps');
    rig.clock.advance(TITLE_MS);
    expect(rig.alice.posted('share-settings')).toHaveLength(1);
    rig.alice.book.sourceChanged('tab-1', { title: 'More' });
    rig.alice.book.stop(id);
    rig.alice.book.sourceChanged('tab-1', { title: 'None' });
    rig.clock.advance(TITLE_MS);
    expect(rig.alice.posted('share-settings')).toHaveLength(2);
    rig.deliver();
    quiet(rig);
  });

  it('[SH2] the viewer declines: over on both sides, the capture ends', () => {
    const rig = new Rig();
    rig.connect();
    const id = rig.share();
    rig.deliver();
    rig.bob.book.decline(id);
    rig.deliver();
    const declined = { type: 'ended', reason: 'declined' };
    expect(rig.alice.view(id).state).toEqual({ ...declined, by: 'peer' });
    expect(rig.bob.view(id).state).toEqual({ ...declined, by: 'me' });
    expect(rig.alice.told('release-source')).toEqual([
      { type: 'release-source', sourceId: 'tab-1' },
    ]);
    expect(rig.alice.book.wants('bob')).toBe(false);
    quiet(rig);
  });

  it('[SH2] nobody answers: over after a minute, on both sides', () => {
    const rig = new Rig();
    rig.connect();
    const id = rig.share();
    rig.deliver();
    rig.clock.advance(ANSWER_MS);
    rig.deliver();
    expect(rig.alice.view(id).state).toEqual({ type: 'ended', reason: 'no-answer', by: null });
    expect(rig.bob.state(id)).toBe('ended');
    expect(rig.alice.told('release-source')).toHaveLength(1);
    quiet(rig);
  });

  it('[SH2] the device is not there: over as device-gone, at once where nothing leads to it', () => {
    const rig = new Rig();
    const waits = rig.share('tab-1');
    rig.clock.advance(ANSWER_MS);
    expect(rig.alice.view(waits).state).toMatchObject({ reason: 'device-gone', by: null });
    const hopeless = rig.share('tab-2');
    rig.alice.book.unreachable('bob', 'no-path');
    expect(rig.alice.view(hopeless).state).toMatchObject({ reason: 'no-path', by: null });
    expect(rig.alice.posted('share-stop')).toEqual([]);
  });

  it('[SH4] no path for the picture: over after its time, the viewer is told', () => {
    const rig = new Rig();
    rig.alice.document = rig.bob.document = 'describes';
    rig.connect();
    const id = rig.share();
    rig.deliver();
    rig.bob.book.accept(id, true);
    rig.deliver();
    for (let at = 0; at < CONNECT_MS; at += 1000) {
      rig.clock.advance(1000);
      rig.deliver();
    }
    expect(rig.alice.view(id).state).toEqual({ type: 'ended', reason: 'no-path', by: null });
    expect(rig.bob.view(id).state).toEqual({ type: 'ended', reason: 'failed', by: 'peer' });
    // Several connections were tried, each with an id of its own, and none is left.
    const tried = rig.alice.tasks('media-open').map((task) => 'pcId' in task && task.pcId);
    expect(tried.length).toBeGreaterThan(1);
    expect(new Set(tried).size).toBe(tried.length);
    expect([rig.alice.open.size, rig.bob.open.size]).toEqual([0, 0]);
    quiet(rig);
  });

  it('[SH4] connections that fail at once are not made for ever', () => {
    const rig = new Rig();
    rig.alice.document = 'silent';
    rig.connect();
    const id = rig.share();
    rig.deliver();
    rig.bob.book.accept(id, true);
    rig.deliver();
    for (let i = 0; i < 5; i++) {
      expect(rig.alice.state(id)).toBe('connecting');
      rig.alice.news(id, { type: 'media-failed' });
    }
    expect(rig.alice.view(id).state).toMatchObject({ type: 'ended', reason: 'failed' });
    expect(rig.alice.tasks('media-open')).toHaveLength(5);
  });

  it('[SH4] the viewer’s browser cannot: the sharer hears of it', () => {
    const rig = new Rig();
    rig.bob.document = 'describes';
    const id = rig.live();
    rig.bob.news(id, { type: 'media-failed' });
    rig.deliver();
    expect(rig.alice.view(id).state).toEqual({ type: 'ended', reason: 'failed', by: 'peer' });
    quiet(rig);
  });

  it('[SH2] a sharer that never brings a picture is given up by the viewer', () => {
    const rig = new Rig();
    rig.alice.document = 'silent';
    rig.connect();
    const id = rig.share();
    rig.deliver();
    rig.bob.book.accept(id, true);
    rig.clock.advance(ANSWER_MS + CONNECT_MS);
    expect(rig.bob.view(id).state).toEqual({ type: 'ended', reason: 'failed', by: null });
    expect(rig.bob.posted('share-stop')).toHaveLength(1);
  });
});

describe('stopping', () => {
  for (const side of ['alice', 'bob'] as const) {
    it(`[SH7] ${side} stops: over on both sides, told once, nothing is left open`, () => {
      const rig = new Rig();
      const id = rig.live();
      rig[side].book.stop(id);
      rig[side].book.stop(id);
      rig.deliver();
      const other = side === 'alice' ? rig.bob : rig.alice;
      expect(rig[side].view(id).state).toEqual({ type: 'ended', reason: 'stopped', by: 'me' });
      expect(other.view(id).state).toEqual({ type: 'ended', reason: 'stopped', by: 'peer' });
      expect(rig[side].posted('share-stop')).toHaveLength(1);
      expect(other.posted('share-stop')).toEqual([]);
      expect([rig.alice.open.size, rig.bob.open.size]).toEqual([0, 0]);
      expect(rig.alice.told('release-source')).toHaveLength(1);
      expect(rig.clock.pending).toBe(0);
      quiet(rig);
    });
  }

  it('[SH7] both stop at once: harmless', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.alice.book.stop(id);
    rig.bob.book.stop(id, 'closed');
    rig.deliver();
    expect(rig.alice.view(id).state).toMatchObject({ reason: 'stopped', by: 'me' });
    expect(rig.bob.view(id).state).toMatchObject({ reason: 'closed', by: 'me' });
    quiet(rig);
  });

  it('[SH7] the tab is closed: all its shares end, others go on', () => {
    const rig = new Rig();
    const first = rig.live('tab-1');
    const other = rig.live('tab-2');
    rig.alice.book.stopSource('tab-1', 'closed');
    rig.deliver();
    expect(rig.bob.view(first).state).toEqual({ type: 'ended', reason: 'closed', by: 'peer' });
    expect([rig.alice.state(other), rig.bob.state(other)]).toEqual(['live', 'watching']);
  });

  it('[SH7] the viewer stops an offer that it was asked about: declined', () => {
    const rig = new Rig();
    rig.connect();
    const id = rig.share();
    rig.deliver();
    rig.bob.book.stop(id);
    rig.deliver();
    expect(rig.alice.view(id).state).toMatchObject({ reason: 'declined', by: 'peer' });
  });

  it('[SH7] what crosses with the end is ignored', () => {
    const rig = new Rig();
    const id = rig.live();
    const [pcId = ''] = rig.bob.open.keys();
    rig.alice.book.stop(id);
    rig.alice.book.dismiss(id);
    expect(rig.alice.told('removed')).toEqual([{ type: 'removed', shareId: id }]);
    for (const message of [
      { type: 'share-accept', shareId: id, frames: true },
      { type: 'media-answer', shareId: id, pcId, sdp: 'v=0' },
      { type: 'media-candidates-end', shareId: id, pcId },
      { type: 'share-pointer', shareId: id, x: 0, y: 0 },
      { type: 'share-stop', shareId: id, reason: 'stopped' },
    ] as const) {
      rig.give(rig.alice, message);
    }
    quiet(rig);
  });
});

describe('[SH3] protection', () => {
  it('both ends encrypt: protected, once the transform runs here', () => {
    const rig = new Rig();
    rig.connect();
    const id = rig.share();
    rig.deliver();
    expect(rig.bob.view(id).protection).toEqual({ type: 'pending' });
    rig.alice.document = rig.bob.document = 'describes';
    rig.bob.book.accept(id, true);
    rig.deliver();
    for (const device of [rig.alice, rig.bob]) {
      expect(device.view(id).protection).toEqual({ type: 'pending' });
      device.news(id, { type: 'media-protecting', running: true });
      expect(device.view(id).protection).toEqual({ type: 'protected' });
      device.news(id, { type: 'media-protecting', running: false });
      expect(device.view(id).protection).toEqual({ type: 'pending' });
    }
    expect(rig.alice.tasks('media-open')).toMatchObject([{ frames: true }]);
    expect(rig.bob.tasks('media-offer')).toMatchObject([{ frames: true, restart: false }]);
  });

  it('the viewer cannot: the sharer’s person is asked, and nothing goes before', () => {
    const rig = new Rig();
    rig.connect();
    const id = rig.share();
    rig.deliver();
    rig.bob.book.accept(id, false);
    rig.deliver();
    expect(rig.alice.state(id)).toBe('unprotected');
    expect(rig.alice.view(id).protection).toEqual({ type: 'unprotected', missing: 'there' });
    expect(rig.alice.tasks('media-open')).toEqual([]);
    rig.clock.advance(ANSWER_MS - 1000);
    rig.alice.book.goOnUnprotected(id);
    rig.deliver();
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['live', 'watching']);
    expect(rig.alice.tasks('media-open')).toMatchObject([{ frames: false }]);
    expect(rig.bob.view(id).protection).toEqual({ type: 'unprotected', missing: 'here' });
    // Also in another session: it was said once.
    rig.disconnect();
    rig.connect();
    rig.deliver();
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['live', 'watching']);
  });

  it('and if nobody answers that, it is over as unsupported', () => {
    const rig = new Rig();
    rig.connect();
    const id = rig.share();
    rig.deliver();
    rig.bob.book.accept(id, false);
    rig.deliver();
    rig.clock.advance(ANSWER_MS);
    rig.deliver();
    expect(rig.bob.view(id).state).toEqual({ type: 'ended', reason: 'unsupported', by: 'peer' });
  });

  it('the sharer cannot: the viewer sees it before it accepts, and the person here is asked', () => {
    const rig = new Rig();
    rig.connect();
    const id = rig.share('tab-1', { frames: false });
    rig.deliver();
    expect(rig.bob.view(id).protection).toEqual({ type: 'unprotected', missing: 'there' });
    rig.bob.book.accept(id, false);
    rig.deliver();
    expect(rig.alice.view(id).state).toEqual({ type: 'unprotected', missing: 'both' });
    expect(rig.alice.tasks('media-open')).toEqual([]);
    rig.alice.book.goOnUnprotected(id);
    rig.deliver();
    expect(rig.alice.state(id)).toBe('live');
    expect(rig.alice.view(id).protection).toEqual({ type: 'unprotected', missing: 'both' });
  });
});

describe('a path that is lost', () => {
  it('[SH5] disconnected for less than its patience: nobody sees it', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.alice.news(id, { type: 'media-state', state: 'disconnected' });
    rig.clock.advance(PATIENCE_MS - 1);
    rig.alice.news(id, { type: 'media-state', state: 'connected' });
    rig.clock.advance(GRACE_MS);
    expect(rig.alice.state(id)).toBe('live');
    expect(rig.alice.tasks('media-restart')).toEqual([]);
  });

  it('[SH5] disconnected: ICE restarts, the same connection goes on, nobody is asked', () => {
    const rig = new Rig();
    const id = rig.live();
    const before = [...rig.alice.open.keys()];
    rig.alice.document = rig.bob.document = 'describes';
    for (const device of [rig.alice, rig.bob]) {
      device.news(id, { type: 'media-state', state: 'disconnected' });
    }
    expect(rig.bob.view(id).state).toMatchObject({ type: 'stalled', cause: 'path' });
    rig.clock.advance(PATIENCE_MS);
    expect(rig.alice.view(id).state).toMatchObject({ type: 'interrupted', cause: 'path' });
    rig.deliver();
    expect(rig.bob.tasks('media-offer')).toMatchObject([{ restart: false }, { restart: true }]);
    for (const device of [rig.alice, rig.bob]) {
      device.news(id, { type: 'media-state', state: 'connected' });
    }
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['live', 'watching']);
    expect([...rig.alice.open.keys()]).toEqual(before);
    expect(rig.bob.told('asked')).toHaveLength(1);
    quiet(rig);
  });

  it('[SH5] where a restart does not help, another connection is made', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.alice.document = rig.bob.document = 'describes';
    rig.alice.news(id, { type: 'media-state', state: 'failed' });
    rig.deliver();
    rig.clock.advance(ATTEMPT_MS);
    rig.alice.document = rig.bob.document = 'works';
    rig.deliver();
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['live', 'watching']);
    expect(rig.alice.tasks('media-restart')).toHaveLength(1);
    expect(rig.alice.tasks('media-open')).toHaveLength(2);
    expect(rig.bob.open.size).toBe(1);
    quiet(rig);
  });

  it('[SH5] closed by the other end: another connection at once', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.alice.news(id, { type: 'media-state', state: 'closed' });
    rig.deliver();
    expect(rig.alice.state(id)).toBe('live');
    expect(rig.alice.tasks('media-open')).toHaveLength(2);
    quiet(rig);
  });

  it('[SH5][IC9] another network: the restart does not wait for the loss', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.alice.book.shaken();
    rig.alice.book.shaken('carol');
    rig.alice.book.shaken('bob');
    rig.deliver();
    // The second waits for the answer to the first.
    expect(rig.alice.tasks('media-restart')).toHaveLength(2);
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['live', 'watching']);
    expect(rig.bob.posted('media-answer')).toHaveLength(3);
    quiet(rig);
  });

  it('[SH8] a network that changes all the time: no more offers than a viewer takes', () => {
    const rig = new Rig();
    const id = rig.live();
    for (let i = 0; i < 200; i++) {
      rig.alice.book.shaken();
      if (i % 20 === 0) rig.alice.news(id, { type: 'media-state', state: 'closed' });
      rig.deliver();
      rig.clock.advance(500);
      rig.deliver();
    }
    quiet(rig);
    rig.clock.advance(ATTEMPT_MS);
    rig.deliver();
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['live', 'watching']);
  });

  it('[SH5] no more candidates than a description has', () => {
    const rig = new Rig();
    rig.alice.document = 'describes';
    const id = rig.live();
    const candidate = { candidate: 'c', sdpMid: null, sdpMLineIndex: 0 };
    for (let i = 0; i < 100; i++) rig.alice.news(id, { type: 'media-candidate', ...candidate });
    rig.deliver();
    expect(rig.bob.tasks('media-candidate')).toHaveLength(64);
    // Each restart brings its own.
    rig.alice.news(id, { type: 'media-state', state: 'connected' });
    rig.alice.news(id, { type: 'media-bound' });
    rig.alice.book.shaken();
    rig.deliver();
    for (let i = 0; i < 100; i++) rig.alice.news(id, { type: 'media-candidate', ...candidate });
    for (let i = 0; i < 100; i++) rig.bob.news(id, { type: 'media-candidate', ...candidate });
    rig.deliver();
    expect(rig.bob.tasks('media-candidate')).toHaveLength(128);
    expect(rig.alice.tasks('media-candidate')).toHaveLength(64);
    quiet(rig);
  });

  it('[SH6] nothing helps for a minute: over as no-path', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.alice.document = rig.bob.document = 'describes';
    rig.alice.news(id, { type: 'media-state', state: 'disconnected' });
    for (let at = 0; at < PATIENCE_MS + GRACE_MS; at += 1000) {
      rig.clock.advance(1000);
      rig.deliver();
    }
    expect(rig.alice.view(id).state).toEqual({ type: 'ended', reason: 'no-path', by: null });
    expect(rig.bob.view(id).state).toEqual({ type: 'ended', reason: 'failed', by: 'peer' });
    quiet(rig);
  });

  it('frames stop while the path is there: stalled, and back by itself', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.bob.news(id, { type: 'media-flow', flowing: false });
    const since = rig.clock.now();
    expect(rig.bob.view(id).state).toEqual({ type: 'stalled', cause: 'frames', since });
    rig.clock.advance(5000);
    rig.bob.news(id, { type: 'media-state', state: 'disconnected' });
    expect(rig.bob.view(id).state).toEqual({ type: 'stalled', cause: 'path', since });
    rig.bob.news(id, { type: 'media-state', state: 'connected' });
    rig.bob.news(id, { type: 'media-flow', flowing: true });
    expect(rig.bob.state(id)).toBe('watching');
  });
});

describe('[SH6] a session that is lost', () => {
  it('and comes back: the same share, another connection, nobody is asked', () => {
    const rig = new Rig();
    const id = rig.live();
    const { since } = rig.alice.view(id);
    const [before] = rig.alice.open.keys();
    rig.disconnect();
    expect(rig.alice.view(id).state).toMatchObject({ type: 'interrupted', cause: 'session' });
    expect(rig.bob.view(id).state).toMatchObject({ type: 'stalled', cause: 'session' });
    expect([rig.alice.open.size, rig.bob.open.size]).toEqual([0, 0]);
    expect(rig.alice.told('need-session').at(-1)).toMatchObject({ deviceId: 'bob' });
    expect(rig.bob.told('need-session').at(-1)).toMatchObject({ deviceId: 'alice' });
    rig.clock.advance(GRACE_MS - 1000);
    rig.connect();
    rig.deliver();
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['live', 'watching']);
    expect([...rig.alice.open.keys()]).not.toContain(before);
    expect(rig.bob.told('asked')).toHaveLength(1);
    expect(rig.alice.view(id).since).toBe(since);
    expect(rig.alice.told('release-source')).toEqual([]);
    rig.clock.advance(10 * GRACE_MS);
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['live', 'watching']);
    quiet(rig);
  });

  it('for good: over as device-gone on both sides, the capture ends', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.disconnect();
    rig.clock.advance(GRACE_MS);
    expect(rig.alice.view(id).state).toEqual({ type: 'ended', reason: 'device-gone', by: null });
    expect(rig.alice.told('release-source')).toHaveLength(1);
    rig.clock.advance(VIEWER_GRACE_MS - GRACE_MS);
    expect(rig.bob.view(id).state).toEqual({ type: 'ended', reason: 'device-gone', by: null });
    expect(rig.clock.pending).toBe(0);
  });

  it('and back again and again: the time counts from when the picture was last there', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.alice.document = rig.bob.document = 'describes';
    for (let i = 0; i < 3; i++) {
      rig.disconnect();
      rig.clock.advance(GRACE_MS / 4);
      rig.connect();
      rig.deliver();
    }
    rig.clock.advance(GRACE_MS / 4);
    expect(rig.alice.view(id).state).toMatchObject({ type: 'ended', reason: 'no-path' });
  });

  it('is replaced by another: the share moves over', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.connect();
    rig.deliver();
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['live', 'watching']);
    expect(rig.bob.told('asked')).toHaveLength(1);
    expect([rig.alice.open.size, rig.bob.open.size]).toEqual([1, 1]);
    expect(rig.alice.told('need-session')).toEqual([]);
    quiet(rig);
  });

  it('while the viewer is asked: the answer reaches the next session', () => {
    const rig = new Rig();
    rig.connect();
    const id = rig.share();
    rig.deliver();
    rig.disconnect();
    rig.bob.book.accept(id, true);
    expect(rig.alice.state(id)).toBe('offering');
    rig.connect();
    rig.deliver();
    expect([rig.alice.state(id), rig.bob.state(id)]).toEqual(['live', 'watching']);
    expect(rig.bob.told('asked')).toHaveLength(1);
    quiet(rig);
  });

  it('and the viewer stopped meanwhile: the sharer hears of it when it tells again', () => {
    for (const dismissed of [false, true]) {
      const rig = new Rig();
      const id = rig.live();
      rig.disconnect();
      rig.bob.book.stop(id);
      if (dismissed) rig.bob.book.dismiss(id);
      rig.connect();
      rig.deliver();
      expect(rig.alice.view(id).state).toEqual({ type: 'ended', reason: 'stopped', by: 'peer' });
      quiet(rig);
    }
  });

  it('and the viewer was restarted: its person is asked anew', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.disconnect();
    const fresh = new Rig();
    fresh.session = 'session-9';
    fresh.bob.book.attach('session-9', 'alice');
    rig.alice.book.attach('session-9', 'bob');
    for (const { message } of rig.alice.out.splice(0)) fresh.give(fresh.bob, message);
    expect(fresh.bob.state(id)).toBe('asked');
    expect(rig.alice.state(id)).toBe('interrupted');
  });

  it('and the sharer was restarted: the viewer does not wait for what nobody tells', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.disconnect();
    rig.bob.book.attach('session-9', 'alice');
    rig.clock.advance(RETOLD_MS - 1);
    expect(rig.bob.state(id)).toBe('stalled');
    rig.clock.advance(1);
    expect(rig.bob.view(id).state).toEqual({ type: 'ended', reason: 'device-gone', by: null });
    expect(rig.bob.told('post').filter(({ sessionId }) => sessionId === 'session-9')).toEqual([]);
  });

  it('and the sharer stopped before anyone answered: nobody is asked about what nobody tells', () => {
    const rig = new Rig();
    rig.connect();
    const [over, kept] = [rig.share('tab-1'), rig.share('tab-2')];
    rig.deliver();
    rig.disconnect();
    rig.alice.book.stop(over);
    rig.clock.advance(20_000);
    rig.connect();
    rig.deliver();
    rig.clock.advance(RETOLD_MS);
    expect(rig.bob.view(over).state).toMatchObject({ reason: 'device-gone', by: null });
    // What is told again is asked about for the rest of its time.
    rig.clock.advance(ANSWER_MS - 20_000 - RETOLD_MS - 1000);
    expect(rig.bob.state(kept)).toBe('asked');
    rig.clock.advance(1000);
    expect(rig.bob.view(kept).state).toMatchObject({ reason: 'no-answer' });
    quiet(rig);
  });

  it('is replaced while the sharer’s last word is under way: the viewer does not wait for long', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.alice.book.stop(id);
    rig.connect();
    rig.deliver();
    rig.clock.advance(RETOLD_MS);
    expect(rig.bob.state(id)).toBe('ended');
    quiet(rig);
  });

  it('told again with other terms, it is not taken on', () => {
    const rig = new Rig();
    const id = rig.live();
    rig.disconnect();
    rig.connect();
    const [offer] = rig.alice.out.splice(0);
    if (offer?.message.type !== 'share-offer') throw new Error('no offer');
    rig.give(rig.bob, { ...offer.message, frames: false });
    expect(rig.bob.view(id).state).toMatchObject({ type: 'ended', reason: 'unsupported' });
    expect(rig.bob.posted('share-accept')).toHaveLength(1);
  });
});
