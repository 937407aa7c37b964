import { describe, expect, it } from 'vitest';
import { SHARE_DECLINE_REASONS, SHARE_STOP_REASONS } from '../../../lib/protocol/kinds.ts';
import type { Party, ShareEndReason, WatchingState } from '../../../lib/share/states.ts';
import { protectionOf } from '../../../lib/share/states.ts';
import type { StreamLine } from '../../../lib/share/stats.ts';
import * as text from '../../../lib/ui/viewer/text.ts';
import { fittedBox, placeOn } from '../../../lib/ui/viewer/picture-place.ts';
import { HeldShares } from '../../../lib/ui/viewer/held-shares.ts';
import { PointerFeed } from '../../../lib/ui/viewer/pointer-feed.ts';
import type { PointerPlace, WatchedShare } from '../../../lib/ui/viewer/port.ts';
import {
  deviceName,
  shareTitle,
  stateSentence,
  stateWords,
  streamWords,
} from '../../../lib/ui/viewer/share-words.ts';
import { sharesToChoose, shareToShow } from '../../../lib/ui/viewer/which-share.ts';

const LIVE: WatchingState = { type: 'watching' };
const ASKED: WatchingState = { type: 'asked', expiresAt: 60_000 };
const OVER: WatchingState = { type: 'ended', reason: 'stopped', by: 'peer' };

function share(shareId: string, state: WatchingState, more: Partial<WatchedShare> = {}) {
  return {
    role: 'viewer',
    shareId,
    deviceId: 'd'.repeat(64),
    source: 'tab',
    title: shareId,
    audio: true,
    since: null,
    protection: { type: 'pending' },
    pointer: false,
    line: null,
    state,
    ...more,
  } satisfies WatchedShare;
}

describe('which share a page shows', () => {
  const shown = (shares: WatchedShare[], id: string | null) => shareToShow(shares, id)?.shareId;

  it('the one that it shows, as long as that goes on', () => {
    const shares = [share('a', LIVE), share('b', LIVE)];
    expect(shown(shares, 'a')).toBe('a');
    expect(shown([share('a', { type: 'stalled', cause: 'path', since: 0 })], 'a')).toBe('a');
  });

  it('without one the newest that goes on, and one that asks only where none does', () => {
    expect(shown([share('a', LIVE), share('b', LIVE), share('c', ASKED)], null)).toBe('b');
    expect(shown([share('a', ASKED), share('b', ASKED)], null)).toBe('b');
    expect(shown([], null)).toBeUndefined();
  });

  it('one that is over stays until a later one begins; an older one is not taken', () => {
    expect(shown([share('a', OVER)], 'a')).toBe('a');
    expect(shown([share('a', LIVE), share('b', OVER)], 'b')).toBe('b');
    expect(shown([share('a', OVER), share('b', ASKED)], 'a')).toBe('b');
  });

  it('one that is left to another page is not taken, and shown where it is chosen', () => {
    const left = new Set(['b']);
    expect(shareToShow([share('a', OVER), share('b', LIVE)], 'a', left)?.shareId).toBe('a');
    const shares = [share('a', OVER), share('b', LIVE), share('c', LIVE)];
    expect(shareToShow(shares, 'a', left)?.shareId).toBe('c');
    expect(shareToShow(shares, 'b', left)?.shareId).toBe('b');
  });

  it('what was over before the page was opened is not shown, unless it was opened for it', () => {
    expect(shown([share('a', OVER)], null)).toBeUndefined();
    expect(shown([share('a', OVER)], 'gone')).toBeUndefined();
    expect(shown([share('a', OVER), share('b', LIVE)], 'gone')).toBe('b');
  });

  it('can be chosen where there are several', () => {
    const ids = (shares: WatchedShare[], id?: string) =>
      sharesToChoose(shares, id).map(({ shareId }) => shareId);
    expect(ids([share('a', LIVE)], 'a')).toEqual([]);
    expect(ids([share('a', OVER), share('b', LIVE), share('c', OVER)], 'b')).toEqual([]);
    expect(ids([share('a', OVER), share('b', LIVE)], 'a')).toEqual(['a', 'b']);
    expect(ids([share('a', LIVE), share('b', ASKED)], 'a')).toEqual(['a', 'b']);
  });
});

describe('which shares a page watches', () => {
  function rig() {
    const log: string[] = [];
    const held = new HeldShares((shareId) => {
      log.push(`watch ${shareId}`);
      return () => log.push(`leave ${shareId}`);
    });
    return { log, held };
  }

  it('one that is left for another, or for a question, goes on; it is left once it is over', () => {
    const { log, held } = rig();
    const [a, b] = [share('a', LIVE), share('b', ASKED)];
    held.update([a], a);
    held.update([a, b], b);
    expect(log).toEqual(['watch a']);
    const watched = share('b', LIVE);
    held.update([a, watched], watched);
    held.update([a, watched], a);
    expect(log).toEqual(['watch a', 'watch b']);
    held.update([share('a', OVER), watched], watched);
    expect(log).toEqual(['watch a', 'watch b', 'leave a']);
  });

  it('one that this page never showed is not its own', () => {
    const { log, held } = rig();
    const [a, b] = [share('a', LIVE), share('b', LIVE)];
    held.update([a, b], b);
    held.update([a], undefined);
    expect(log).toEqual(['watch b', 'leave b']);
  });
});

describe('[SH10] where on the picture the pointer is', () => {
  const picture = { width: 1600, height: 900 };

  it('a fitted picture lies in the middle, as large as it can be', () => {
    const wide = { left: 0, top: 100, width: 1000, height: 900 };
    expect(fittedBox(wide, picture)).toEqual({ left: 0, top: 268.75, width: 1000, height: 562.5 });
    const flat = { left: 10, top: 0, width: 1000, height: 450 };
    expect(fittedBox(flat, picture)).toEqual({ left: 110, top: 0, width: 800, height: 450 });
  });

  it('counts from the picture’s corner, and beside it is nowhere', () => {
    const box = { left: 0, top: 0, width: 1000, height: 900 };
    expect(placeOn(box, picture, { x: 500, y: 450 })).toEqual({ x: 0.5, y: 0.5 });
    expect(placeOn(box, picture, { x: 0, y: 168.75 })).toEqual({ x: 0, y: 0 });
    expect(placeOn(box, picture, { x: 1000, y: 731.25 })).toEqual({ x: 1, y: 1 });
    expect(placeOn(box, picture, { x: 500, y: 168 })).toBeNull();
    expect(placeOn(box, picture, { x: 1001, y: 450 })).toBeNull();
  });

  it('is nowhere while there is no picture, or no room for one', () => {
    const at = { x: 0, y: 0 };
    expect(placeOn({ left: 0, top: 0, width: 100, height: 100 }, null, at)).toBeNull();
    expect(placeOn({ left: 0, top: 0, width: 0, height: 100 }, picture, at)).toBeNull();
    const none = { width: 0, height: 0 };
    expect(placeOn({ left: 0, top: 0, width: 10, height: 10 }, none, at)).toBeNull();
  });
});

describe('[SH10] what is told of the pointer', () => {
  /** A feed over a clock that a test moves. */
  function rig() {
    let now = 0;
    const timers = new Set<{ at: number; task: () => void }>();
    const posted: (PointerPlace | null)[] = [];
    const feed = new PointerFeed({
      now: () => now,
      after: (ms, task) => {
        const timer = { at: now + ms, task };
        timers.add(timer);
        return () => timers.delete(timer);
      },
      post: (at) => posted.push(at),
    });
    const pass = (ms: number) => {
      const end = now + ms;
      for (;;) {
        const [due] = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (due === undefined) break;
        timers.delete(due);
        now = due.at;
        due.task();
      }
      now = end;
    };
    return { feed, posted, pass, timers };
  }
  const at = (x: number) => ({ x, y: 0.5 });

  it('the first place at once, then at most sixty a second, the last one always', () => {
    const { feed, posted, pass } = rig();
    for (let n = 0; n < 1000; n++) {
      feed.move(at(n / 1000));
      pass(1);
    }
    expect(posted[0]).toEqual(at(0));
    expect(posted.length).toBeGreaterThan(25);
    expect(posted.length).toBeLessThanOrEqual(60);
    pass(100);
    expect(posted.at(-1)).toEqual(at(0.999));
  });

  it('leaving is told at once and once, and nothing held back comes after it', () => {
    const { feed, posted, pass } = rig();
    feed.move(at(0.1));
    feed.move(at(0.2));
    feed.move(null);
    feed.gone();
    pass(10_000);
    expect(posted).toEqual([at(0.1), null]);
  });

  it('a pointer that rests points at nothing any more', () => {
    const { feed, posted, pass, timers } = rig();
    feed.move(at(0.1));
    pass(2_000);
    expect(posted).toEqual([at(0.1)]);
    pass(2_000);
    expect(posted).toEqual([at(0.1), null]);
    expect(timers.size).toBe(0);
  });

  it('says nothing of one that was never over the picture', () => {
    const { feed, posted, pass } = rig();
    feed.move(null);
    feed.gone();
    pass(10_000);
    expect(posted).toEqual([]);
  });
});

describe('words about a share', () => {
  const line: StreamLine = {
    size: { width: 1920, height: 1080 },
    fps: 29.7,
    bitrate: 2_940_000,
    delayMs: 41.6,
    path: { kind: 'direct', sameNetwork: true, transport: 'udp' },
    codec: 'video/VP9',
  };

  it('resolution, frames per second, bit rate, delay and path', () => {
    expect(streamWords(line)).toEqual([
      '1920 × 1080',
      '30 fps',
      '2.9 Mbit/s',
      '42 ms delay',
      'Direct, same network',
    ]);
  });

  it('leaves out what is not known', () => {
    const bare = { ...line, size: null, delayMs: null, path: null, bitrate: 0, fps: 0 };
    expect(streamWords(bare)).toEqual(['0 fps', '0 kbit/s']);
  });

  it.each([
    [149_600, '150 kbit/s'],
    [999_499, '999 kbit/s'],
    [999_500, '1 Mbit/s'],
    [8_000_000, '8 Mbit/s'],
  ])('%i bits a second are %s', (bitrate, words) => {
    expect(streamWords({ ...line, bitrate })[2]).toBe(words);
  });

  it('has a title where the share has none, and a name where the device is gone', () => {
    expect(shareTitle(share('a', LIVE, { title: '' }))).toBe('A tab');
    expect(shareTitle(share('a', LIVE, { title: '', source: 'screen' }))).toBe('A screen');
    const deviceId = 'd'.repeat(64);
    const snapshot = { devices: [{ deviceId, name: 'Desktop' }], shares: [] };
    expect(deviceName(snapshot, deviceId)).toBe('Desktop');
    expect(deviceName(null, deviceId)).toBe('Removed device');
  });

  it('[SH3] says "Protected" only while both transforms run, else what is missing', () => {
    const values = [true, false, null];
    for (const here of values)
      for (const there of values)
        for (const running of [true, false]) {
          const words = text.protectionText(protectionOf(here, there, running));
          const protectedNow = here === true && there === true && running;
          expect(words === 'Protected: ML-KEM-768 + X25519').toBe(protectedNow);
          expect(words.startsWith('Protected')).toBe(protectedNow);
        }
    const missing = (['here', 'there', 'both'] as const).map((which) =>
      text.protectionText({ type: 'unprotected', missing: which }),
    );
    expect(new Set(missing).size).toBe(3);
  });

  it('tells a screen reader every state, and nothing of the statistics', () => {
    const states: WatchingState[] = [
      ASKED,
      { type: 'connecting' },
      LIVE,
      ...(['path', 'session', 'frames'] as const).map((cause): WatchingState => ({
        type: 'stalled',
        cause,
        since: 0,
      })),
      OVER,
    ];
    const words = states.map((state) => stateWords(share('a', state, { line }), 'Desktop'));
    expect(new Set(words).size).toBe(states.length);
    for (const sentence of words) expect(sentence).toMatch(/^\S.*\S$/);
    expect(stateWords(share('a', LIVE, { line }), 'Desktop')).toBe(
      stateWords(share('a', LIVE), 'Desktop'),
    );
  });

  it('has a sentence for every end, whoever’s doing it was', () => {
    const reasons: ShareEndReason[] = [
      ...SHARE_STOP_REASONS,
      ...SHARE_DECLINE_REASONS,
      'no-answer',
      'device-gone',
      'no-path',
      'device-removed',
    ];
    const parties: (Party | null)[] = ['me', 'peer', null];
    for (const reason of reasons)
      for (const by of parties) {
        const ended = stateSentence(share('a', { type: 'ended', reason, by }), 'Desktop');
        expect(ended?.what, `${reason} by ${by}`).toMatch(/^[A-Z].*[^.]$/);
        expect(ended?.next ?? 'Fine.').toMatch(/^[A-Z].*\.$/);
      }
    const end = (by: Party) =>
      stateWords(share('a', { type: 'ended', reason: 'stopped', by }), 'X');
    expect(end('me')).toBe('You stopped watching.');
    expect(end('peer')).toBe('X stopped sharing.');
  });

  it('has nothing to say over a picture that is live', () => {
    expect(stateSentence(share('a', LIVE), 'Desktop')).toBeUndefined();
    expect(stateSentence(share('a', { type: 'connecting' }), 'Desktop')).toBeUndefined();
  });
});
