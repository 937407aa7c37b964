import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ShareStreams } from '../../../lib/messaging/share-streams.ts';
import { Watchers, watchShare } from '../../../lib/messaging/watchers.ts';

const SHARE = 'ab'.repeat(16);
const OTHER = 'cd'.repeat(16);
/** A page that is loaded again on a slow machine. */
const SLOW_MS = 2_900;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

class FakePage extends EventTarget {
  closed = false;

  get real(): Window {
    return this as unknown as Window;
  }
}

function document() {
  const onLeft = vi.fn();
  return { onLeft, watchers: new Watchers(onLeft) };
}

describe('the document', () => {
  it('hears that a share is watched no more once the last page has left', () => {
    const { onLeft, watchers } = document();
    const leave = [new FakePage(), new FakePage()].map((page) => watchers.enter(SHARE, page));
    watchers.enter(OTHER, new FakePage());
    leave[0]?.();
    vi.advanceTimersByTime(10_000);
    expect(onLeft).not.toHaveBeenCalled();
    leave[1]?.();
    vi.advanceTimersByTime(3_000);
    expect(onLeft.mock.calls).toEqual([[SHARE]]);
    leave[1]?.();
    vi.advanceTimersByTime(10_000);
    expect(onLeft).toHaveBeenCalledTimes(1);
  });

  it('a page that is loaded again ends nothing, though its window stays the same', () => {
    const { onLeft, watchers } = document();
    const page = new FakePage();
    watchers.enter(SHARE, page)();
    vi.advanceTimersByTime(SLOW_MS);
    const leave = watchers.enter(SHARE, page);
    vi.advanceTimersByTime(10_000);
    expect(onLeft).not.toHaveBeenCalled();
    leave();
    vi.advanceTimersByTime(10_000);
    expect(onLeft).toHaveBeenCalledTimes(1);
  });

  it('hears at once that the window of the last page is closed, whether or not it said so', () => {
    const { onLeft, watchers } = document();
    const pages = [new FakePage(), new FakePage()];
    const leave = pages.map((page) => watchers.enter(SHARE, page));
    leave[0]?.();
    for (const page of pages) page.closed = true;
    watchers.look();
    expect(onLeft.mock.calls).toEqual([[SHARE]]);
    vi.advanceTimersByTime(10_000);
    expect(onLeft).toHaveBeenCalledTimes(1);
  });

  it('hears that nobody watches where the page was closed before it said so, or never came', () => {
    const { onLeft, watchers } = document();
    watchers.expect(SHARE);
    watchers.expect(OTHER);
    vi.advanceTimersByTime(29_000);
    watchers.enter(OTHER, new FakePage());
    expect(onLeft).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    expect(onLeft.mock.calls).toEqual([[SHARE]]);
  });

  it('waits for a page that is loaded again while another one is closed', () => {
    const { onLeft, watchers } = document();
    const [closed, again] = [new FakePage(), new FakePage()];
    watchers.enter(SHARE, closed);
    watchers.enter(SHARE, again)();
    closed.closed = true;
    watchers.look();
    vi.advanceTimersByTime(SLOW_MS);
    watchers.enter(SHARE, again);
    vi.advanceTimersByTime(10_000);
    expect(onLeft).not.toHaveBeenCalled();
  });

  it('notices a closed window that nobody told it of, and then looks no further', () => {
    const { onLeft, watchers } = document();
    const page = new FakePage();
    watchers.enter(SHARE, page);
    vi.advanceTimersByTime(10_000);
    expect(onLeft).not.toHaveBeenCalled();
    page.closed = true;
    vi.advanceTimersByTime(1_000);
    expect(onLeft.mock.calls).toEqual([[SHARE]]);
    vi.advanceTimersByTime(2_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a page', () => {
  function rig() {
    const { onLeft, watchers } = document();
    const page = new FakePage();
    const at: { streams: ShareStreams | null } = {
      streams: {
        watch: (shareId: string, window: Window) => watchers.enter(shareId, window),
      } as ShareStreams,
    };
    const watch = () => watchShare(SHARE, () => at.streams, page.real);
    return { onLeft, page, at, watch };
  }

  it('is there until it leaves', () => {
    const { onLeft, watch } = rig();
    const leave = watch();
    vi.advanceTimersByTime(10_000);
    expect(onLeft).not.toHaveBeenCalled();
    leave();
    vi.advanceTimersByTime(3_000);
    expect(onLeft).toHaveBeenCalledTimes(1);
  });

  it('says so as it goes', () => {
    const { onLeft, page, watch } = rig();
    watch();
    page.dispatchEvent(new Event('pagehide'));
    vi.advanceTimersByTime(3_000);
    expect(onLeft).toHaveBeenCalledTimes(1);
  });

  it('waits for a document, and does not come once it has left', () => {
    const { onLeft, at, watch } = rig();
    const { streams } = at;
    at.streams = null;
    const leave = watch();
    vi.advanceTimersByTime(1_000);
    at.streams = streams;
    vi.advanceTimersByTime(300);
    leave();
    vi.advanceTimersByTime(3_000);
    expect(onLeft).toHaveBeenCalledTimes(1);

    at.streams = null;
    watch()();
    at.streams = streams;
    vi.advanceTimersByTime(10_000);
    expect(onLeft).toHaveBeenCalledTimes(1);
  });
});
