import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OffscreenLink } from '../../../entrypoints/background/offscreen-link.ts';
import type { OffscreenCall } from '../../../lib/messaging/offscreen-calls.ts';
import { CallError } from '../../../lib/messaging/rpc.ts';
import { EMPTY_STATE, FakeHost } from './fakes.ts';

let host: FakeHost;
let link: OffscreenLink;
let calls: OffscreenCall[];
let answer: (call: OffscreenCall) => Promise<unknown>;
let needed: boolean;
let now: number;
const onGone = vi.fn();
const onState = vi.fn();

function newLink(): OffscreenLink {
  return new OffscreenLink({
    host,
    call: (call) => {
      calls.push(call);
      return answer(call);
    },
    needed: () => needed,
    onGone,
    onState,
    now: () => now,
  });
}

beforeEach(() => {
  vi.useRealTimers();
  onGone.mockReset();
  onState.mockReset();
  host = new FakeHost();
  calls = [];
  answer = (call) => Promise.resolve(call.type === 'state/get' ? EMPTY_STATE : {});
  needed = false;
  now = 0;
  link = newLink();
  host.onCreate = () => link.ready();
});

describe('opening', () => {
  it('happens once for everybody who asks at the same time', async () => {
    await Promise.all([link.ensure(), link.ensure(), link.call({ type: 'pair/cancel' })]);
    expect(host.creations).toBe(1);
    expect(calls).toEqual([{ type: 'pair/cancel' }]);
  });

  it('ends when the document said that it is ready, not before', async () => {
    host.onCreate = () => {};
    let opened = false;
    const opening = link.ensure().then(() => {
      opened = true;
    });
    await vi.waitFor(() => expect(host.creations).toBe(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(opened).toBe(false);
    link.ready();
    await opening;
  });

  it('fails, and leaves no half-made document, when it never says so', async () => {
    vi.useFakeTimers();
    host.onCreate = () => {};
    const opening = link.ensure();
    const failed = expect(opening).rejects.toMatchObject({ code: 'offscreen-failed' });
    await vi.advanceTimersByTimeAsync(20_000);
    await failed;
    expect(host.present).toBe(false);
    host.onCreate = () => link.ready();
    await link.ensure();
    expect(host.creations).toBe(2);
  });

  it('opens another when the document crashed', async () => {
    await link.ensure();
    host.present = false;
    await link.call({ type: 'pair/cancel' });
    expect(host.creations).toBe(2);
  });

  it('takes over the document of an earlier worker, with its state', async () => {
    host.present = true;
    expect(await link.adopt()).toBe(true);
    expect(host.creations).toBe(0);
    expect(onState).toHaveBeenCalledWith(EMPTY_STATE);
  });

  it('waits for a document that an earlier worker had only begun to open', async () => {
    host.present = true;
    host.onCreate = () => {};
    answer = () => Promise.reject(new CallError('no-answer'));
    const opening = link.ensure();
    await vi.waitFor(() => expect(host.creations).toBe(1));
    link.ready();
    await opening;
  });

  it('finds nothing to take over where there is no document', async () => {
    expect(await link.adopt()).toBe(false);
    expect(host.creations).toBe(0);
  });
});

describe('what matters only to an open document', () => {
  it('opens none', async () => {
    expect(await link.callIfOpen({ type: 'pair/cancel' })).toBe(false);
    expect(host.creations).toBe(0);
  });

  it('notices that the document died', async () => {
    await link.ensure();
    host.present = false;
    answer = () => Promise.reject(new CallError('no-answer'));
    expect(await link.callIfOpen({ type: 'pair/cancel' })).toBe(false);
    expect(onGone).toHaveBeenCalledOnce();
  });
});

describe('closing', () => {
  beforeEach(() => link.ensure());

  it('happens when the document is idle', async () => {
    await link.idle();
    expect(host.present).toBe(false);
    expect(onGone).toHaveBeenCalledOnce();
  });

  it('waits for what needs the document, and then happens', async () => {
    needed = true;
    await link.idle();
    expect(host.present).toBe(true);
    needed = false;
    await link.closeIfIdle();
    expect(host.present).toBe(false);
  });

  it('waits for calls under way', async () => {
    let finish = (): void => {};
    answer = () =>
      new Promise((resolve) => {
        finish = () => resolve({});
      });
    const call = link.call({ type: 'pair/cancel' });
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    await link.idle();
    expect(host.present).toBe(true);
    finish();
    await call;
  });

  it('is off once the document did something again', async () => {
    needed = true;
    await link.idle();
    link.active();
    needed = false;
    await link.closeIfIdle();
    expect(host.present).toBe(true);
  });

  it('leaves a page the time to hand its files over', async () => {
    await link.ensureForHandOver();
    await link.idle();
    expect(host.present).toBe(true);
    now += 15_000;
    await link.closeIfIdle();
    expect(host.present).toBe(false);
  });

  it('and opening at the same time ends with an open document', async () => {
    const closing = link.idle();
    const opening = link.ensure();
    await Promise.all([closing, opening]);
    expect(host.present).toBe(true);
    expect(await link.callIfOpen({ type: 'pair/cancel' })).toBe(true);
  });
});
