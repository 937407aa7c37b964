import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { followWatchers, watchShare } from '../../../lib/messaging/watch-port.ts';
import { FakePort, FakeRuntime, ORIGIN, OWN_ID } from './fake-runtime.ts';

const held = vi.hoisted(() => ({ runtime: undefined as unknown }));
vi.mock('../../../lib/browser/index.ts', () => ({
  browser: {
    get runtime() {
      return held.runtime;
    },
  },
}));

const SHARE = 'ab'.repeat(16);
const PAGE = { id: OWN_ID, url: `${ORIGIN}viewer.html?share=${SHARE}`, tab: { id: 5 } };
/** A page that is loaded again on a slow machine. */
const SLOW_MS = 2_900;

let runtime: FakeRuntime;
beforeEach(() => {
  runtime = new FakeRuntime();
  held.runtime = runtime;
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

function follow() {
  const onLeft = vi.fn();
  followWatchers(onLeft);
  return onLeft;
}

function page(name = `watch/${SHARE}`, sender: object = PAGE): FakePort {
  const port = new FakePort(name, sender);
  runtime.onConnect.emit(port);
  return port;
}

describe('the document', () => {
  it('hears that a share is watched no more once the last page is gone', () => {
    const onLeft = follow();
    const [first, second] = [page(), page()];
    first.onDisconnect.emit();
    vi.advanceTimersByTime(10_000);
    expect(onLeft).not.toHaveBeenCalled();
    second.onDisconnect.emit();
    vi.advanceTimersByTime(3_000);
    expect(onLeft.mock.calls).toEqual([[SHARE]]);
    vi.advanceTimersByTime(10_000);
    expect(onLeft).toHaveBeenCalledTimes(1);
  });

  it('a page that is loaded again, or whose port was lost, ends nothing', () => {
    const onLeft = follow();
    page().onDisconnect.emit();
    vi.advanceTimersByTime(SLOW_MS);
    const again = page();
    vi.advanceTimersByTime(10_000);
    expect(onLeft).not.toHaveBeenCalled();
    again.onDisconnect.emit();
    vi.advanceTimersByTime(10_000);
    expect(onLeft).toHaveBeenCalledTimes(1);
  });

  it('a page that comes and goes within the time of another is told once', () => {
    const onLeft = follow();
    page().onDisconnect.emit();
    vi.advanceTimersByTime(SLOW_MS);
    page().onDisconnect.emit();
    vi.advanceTimersByTime(10_000);
    expect(onLeft).toHaveBeenCalledTimes(1);
  });

  it('hears at once that the tab of the last page was closed, before or after its port', () => {
    const left: string[] = [];
    const { tabGone } = followWatchers((shareId) => left.push(shareId));
    const [first, second] = [page(), page(`watch/${SHARE}`, { ...PAGE, tab: { id: 6 } })];
    first.onDisconnect.emit();
    tabGone(5);
    expect(left).toEqual([]);
    tabGone(4);
    tabGone(6);
    expect(left).toEqual([SHARE]);
    second.onDisconnect.emit();
    vi.advanceTimersByTime(10_000);
    expect(left).toEqual([SHARE]);
  });

  it('hears that nobody watches where the page was closed before it said so, or never came', () => {
    const left: string[] = [];
    const watchers = followWatchers((shareId) => left.push(shareId));
    const shown = 'cd'.repeat(16);
    watchers.expect(SHARE);
    watchers.expect(shown);
    vi.advanceTimersByTime(29_000);
    page(`watch/${shown}`);
    expect(left).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(left).toEqual([SHARE]);
  });

  it('waits for a page that is loaded again while another’s tab is closed', () => {
    const left: string[] = [];
    const { tabGone } = followWatchers((shareId) => left.push(shareId));
    page();
    page(`watch/${SHARE}`, { ...PAGE, tab: { id: 6 } }).onDisconnect.emit();
    tabGone(5);
    vi.advanceTimersByTime(SLOW_MS);
    page(`watch/${SHARE}`, { ...PAGE, tab: { id: 6 } });
    vi.advanceTimersByTime(10_000);
    expect(left).toEqual([]);
  });

  it.each([
    ['of a website', `watch/${SHARE}`, { id: OWN_ID, url: 'https://example.org/viewer.html' }],
    ['of another extension', `watch/${SHARE}`, { ...PAGE, id: 'other' }],
    ['of another page', `watch/${SHARE}`, { id: OWN_ID, url: `${ORIGIN}popup.html` }],
    ['for no share', 'watch/everything', PAGE],
  ])('refuses a port %s', (_, name, sender) => {
    const onLeft = follow();
    const port = page(name, sender);
    expect(port.disconnected).toBe(true);
    expect(port.onDisconnect.listeners.size).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(onLeft).not.toHaveBeenCalled();
  });

  it('leaves ports of others alone', () => {
    follow();
    expect(page('view').disconnected).toBe(false);
  });
});

describe('a page', () => {
  it('holds one port, and closes it when it leaves', () => {
    const leave = watchShare(SHARE);
    const [port] = runtime.ports;
    expect(port?.name).toBe(`watch/${SHARE}`);
    expect(port?.disconnected).toBe(false);
    leave();
    expect(port?.disconnected).toBe(true);
    vi.advanceTimersByTime(10_000);
    expect(runtime.ports).toHaveLength(1);
  });

  it('opens another where the port was lost, before the document counts it as gone', () => {
    const onLeft = follow();
    const leave = watchShare(SHARE);
    page().onDisconnect.emit();
    runtime.ports[0]?.onDisconnect.emit();
    vi.advanceTimersByTime(SLOW_MS);
    expect(runtime.ports).toHaveLength(2);
    page();
    vi.advanceTimersByTime(10_000);
    expect(onLeft).not.toHaveBeenCalled();
    leave();
    expect(runtime.ports[1]?.disconnected).toBe(true);
  });

  it('does not come back after it left', () => {
    const leave = watchShare(SHARE);
    runtime.ports[0]?.onDisconnect.emit();
    leave();
    vi.advanceTimersByTime(10_000);
    expect(runtime.ports).toHaveLength(1);
  });
});
