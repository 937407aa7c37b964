import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ShareStart } from '../../../entrypoints/offscreen/shares.ts';
import { randomBytes } from '../../../lib/crypto/bytes.ts';
import { DEFAULT_QUALITY } from '../../../lib/share/quality.ts';
import { watchCrypto } from './crypto-quiet.ts';
import { FakeStream } from './fake-media.ts';
import { FakePeerConnection, FakeRtpReceiver } from './fake-peers.ts';
import { frame, type FakeTransformer } from './frames.ts';
import { Device } from './share-devices.ts';

const SESSION = 'a-session';

describe('shares of two documents', () => {
  let alice: Device;
  let bob: Device;
  let settled: () => Promise<void>;

  beforeEach(() => {
    settled = watchCrypto();
    vi.stubGlobal('RTCPeerConnection', FakePeerConnection);
    vi.stubGlobal('RTCRtpReceiver', FakeRtpReceiver);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    FakePeerConnection.made = [];
    FakePeerConnection.between = false;
    FakePeerConnection.mute = false;
    FakePeerConnection.apart = false;
    alice = new Device('alice');
    bob = new Device('bob');
    [alice.peer, bob.peer] = [bob, alice];
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  function connect(sessionId = SESSION): void {
    const [bind, media] = [randomBytes(32), randomBytes(32)];
    alice.media.open(sessionId, 'i2r', { bind, media });
    bob.media.open(sessionId, 'r2i', { bind, media });
    alice.shares.onEngine({ type: 'session-attached', sessionId, deviceId: 'bob' });
    bob.shares.onEngine({ type: 'session-attached', sessionId, deviceId: 'alice' });
  }

  function disconnect(sessionId = SESSION): void {
    for (const { shares, media } of [alice, bob]) {
      media.close(sessionId);
      shares.onEngine({ type: 'session-detached', sessionId });
    }
  }

  /** Time passes in steps of a look at the statistics; the picture moves on meanwhile. */
  async function pass(ms: number, moving = true): Promise<void> {
    for (let at = 0; at < ms; at += 200) {
      for (const peer of FakePeerConnection.made) if (moving) peer.frames += 6;
      await vi.advanceTimersByTimeAsync(200);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  const WISH: ShareStart = {
    ...{ deviceId: 'bob', source: 'tab', sourceId: 'tab:7', streamId: 'an-id' },
    ...{ title: 'Notes', settings: DEFAULT_QUALITY },
  };

  /** A share that both see. */
  async function live(): Promise<string> {
    connect();
    const id = await alice.shares.start(WISH);
    await settled();
    bob.shares.accept(id);
    await settled();
    await carry();
    await pass(400);
    await settled();
    return id;
  }

  /** One frame of the picture, through both transforms of the last connection. */
  async function carry(): Promise<void> {
    const { sharer, viewer } = ends();
    const from = sharer.getTransceivers()[0]?.sender.transform as FakeTransformer;
    const to = viewer.getTransceivers()[0]?.receiver.transform as FakeTransformer;
    from.push(frame([1, 2, 3]));
    await settled();
    to.push(...from.out.splice(0));
    await settled();
    to.out.length = 0;
  }

  /** The connection that was made last, from either end. */
  function ends(): { sharer: FakePeerConnection; viewer: FakePeerConnection } {
    const [sharer, viewer] = FakePeerConnection.made.slice(-2);
    if (sharer === undefined || viewer === undefined) throw new Error('no connection');
    return { sharer, viewer };
  }

  it('[SH4] from a click to a picture: nothing attached before both proofs, then seen by both', async () => {
    connect();
    const id = await alice.shares.start(WISH);
    await settled();
    expect([alice.state(id), bob.state(id)]).toEqual(['offering', 'asked']);
    expect(FakePeerConnection.made).toEqual([]);
    bob.shares.accept(id);
    await settled();
    const { sharer, viewer } = ends();
    expect(alice.posted.slice(0, 4)).toEqual([
      ...['share-offer', 'media-key', 'media-key', 'media-offer'],
    ]);
    const codecs = [['video/VP9', 'video/VP8', 'video/rtx'], ['audio/opus']];
    for (const end of [sharer, viewer])
      expect(end.getTransceivers().map((each) => each.codecs)).toEqual(codecs);
    const [stream] = alice.captured;
    expect(sharer.getTransceivers().map(({ sender }) => sender.track)).toEqual(stream?.tracks);
    expect(alice.state(id)).toBe('live');
    await pass(400);
    await settled();
    expect(bob.state(id)).toBe('connecting');
    // [SH3] The viewer's browser may pass frames by the transform: nothing of them is shown.
    expect(alice.view(id).protection).toEqual({ type: 'protected' });
    expect([bob.view(id).protection, bob.shares.stream(id)]).toEqual([{ type: 'pending' }, null]);
    await carry();
    const tracks = viewer.getTransceivers().map(({ receiver }) => receiver.track);
    expect(bob.shares.stream(id)?.getTracks()).toEqual(tracks);
    expect(bob.view(id).protection).toEqual({ type: 'protected' });
    await pass(400);
    await settled();
    expect(bob.state(id)).toBe('watching');
    expect([alice.said, bob.said]).toEqual([[], []]);
  });

  it('[SH3] a frame that one end’s transform seals is opened by the other’s, which protects then', async () => {
    const id = await live();
    const { sharer, viewer } = ends();
    for (const [i, mimeType] of ['video/VP9', 'audio/opus'].entries()) {
      const from = sharer.getTransceivers()[i]?.sender.transform as FakeTransformer;
      const to = viewer.getTransceivers()[i]?.receiver.transform as FakeTransformer;
      from.push(frame([1, 2, 3], { mimeType }));
      await vi.waitFor(() => expect(from.out).toHaveLength(1));
      const [sealed = frame([])] = from.out;
      expect(sealed.data.byteLength).toBe(3 + 16 + 17);
      to.push(sealed);
      await vi.waitFor(() => expect(to.out).toHaveLength(1));
      expect([...new Uint8Array(to.out[0]?.data ?? new ArrayBuffer())]).toEqual([1, 2, 3]);
    }
    await vi.waitFor(() => expect(bob.view(id).protection).toEqual({ type: 'protected' }));
  });

  it('[BD4] someone in between: nothing is attached or shown, and the session ends', async () => {
    FakePeerConnection.between = true;
    connect();
    const id = await alice.shares.start(WISH);
    await settled();
    bob.shares.accept(id);
    await settled();
    expect(alice.said).toEqual(['binding-failed']);
    expect(bob.said).toEqual(['binding-failed']);
    expect(
      ends()
        .sharer.getTransceivers()
        .map(({ sender }) => sender.track),
    ).toEqual([null, null]);
    expect(bob.shares.stream(id)).toBeNull();
    expect(alice.state(id)).toBe('connecting');
  });

  it('[SH11] the encoder is set to what the line carries, and a person’s choice', async () => {
    await live();
    const video = () => ends().sharer.getTransceivers()[0]?.sender.parameters;
    expect(video()).toMatchObject({
      degradationPreference: 'maintain-resolution',
      encodings: [{ active: true, maxFramerate: 30, maxBitrate: 1_500_000 }],
    });
    alice.shares.setQuality({ quality: '4k', content: 'motion' });
    await pass(2_400);
    expect(video()).toMatchObject({
      degradationPreference: 'maintain-framerate',
      encodings: [{ active: true, maxBitrate: 8_000_000 }],
    });
    expect(alice.captured[0]?.tracks[0]?.contentHint).toBe('motion');
  });

  it('statistics make a line for both sides', async () => {
    const id = await live();
    await pass(3_000);
    expect(alice.view(id).line).toMatchObject({ size: { width: 1280, height: 720 } });
    expect(bob.view(id).line?.fps).toBeGreaterThan(20);
  });

  it('a picture that stands still is told, and comes back by itself', async () => {
    const id = await live();
    await pass(5_000, false);
    expect(bob.view(id).state).toMatchObject({ type: 'stalled', cause: 'frames' });
    await pass(600);
    expect(bob.state(id)).toBe('watching');
  });

  it('[SH5] a connection that is gone before its proof is only that: the next one is taken', async () => {
    connect();
    const id = await alice.shares.start(WISH);
    await settled();
    // The proofs of the first are lost on their way.
    FakePeerConnection.mute = true;
    bob.shares.accept(id);
    await settled();
    expect([alice.state(id), bob.state(id)]).toEqual(['connecting', 'connecting']);
    FakePeerConnection.mute = false;
    await pass(10_400);
    await settled();
    await carry();
    await pass(400);
    await settled();
    expect(FakePeerConnection.made).toHaveLength(4);
    expect([alice.state(id), bob.state(id)]).toEqual(['live', 'watching']);
  });

  it('[SH5] a path that is lost is looked for anew; transforms, stream and accept stay', async () => {
    const id = await live();
    const { sharer, viewer } = ends();
    const stream = bob.shares.stream(id);
    const { transform } = sharer.getTransceivers()[0]?.sender ?? {};
    for (const end of [sharer, viewer]) end.become('failed');
    await settled();
    expect(sharer.offers).toBe(2);
    expect([alice.state(id), bob.state(id)]).toEqual(['live', 'watching']);
    expect(FakePeerConnection.made).toHaveLength(2);
    expect(sharer.getTransceivers()[0]?.sender.transform).toBe(transform);
    expect(bob.shares.stream(id)).toBe(stream);
    expect(alice.posted.filter((type) => type === 'media-key')).toHaveLength(2);
  });

  it('[SH6] in a new session it goes on by itself, with new keys, in the same stream', async () => {
    const id = await live();
    const stream = bob.shares.stream(id);
    const [before] = stream?.getTracks() ?? [];
    disconnect();
    await settled();
    expect(alice.said).toEqual(['pursues bob']);
    expect(FakePeerConnection.made.every((peer) => peer.connectionState === 'closed')).toBe(true);
    expect([alice.state(id), bob.state(id)]).toEqual(['interrupted', 'stalled']);
    connect('another-session');
    await settled();
    // The last picture stays until a frame of the new connection was opened.
    expect(stream?.getTracks()).toEqual([]);
    await carry();
    await pass(600);
    await settled();
    expect([alice.state(id), bob.state(id)]).toEqual(['live', 'watching']);
    expect(bob.shares.stream(id)).toBe(stream);
    expect(stream?.getTracks()).toHaveLength(2);
    expect(stream?.getTracks()[0]).not.toBe(before);
    const { sharer, viewer } = ends();
    const from = sharer.getTransceivers()[0]?.sender.transform as FakeTransformer;
    const to = viewer.getTransceivers()[0]?.receiver.transform as FakeTransformer;
    from.push(frame([5]));
    await vi.waitFor(() => expect(from.out).toHaveLength(1));
    to.push(...from.out);
    await vi.waitFor(() => expect(to.out).toHaveLength(1));
  });

  it('the last picture stays while there is no connection: its track is gone before it ends', async () => {
    const id = await live();
    const stream = bob.shares.stream(id);
    const atClose: number[] = [];
    const { viewer } = ends();
    const close = viewer.close.bind(viewer);
    viewer.close = () => {
      atClose.push(stream?.getTracks().length ?? 0);
      close();
    };
    disconnect();
    await settled();
    expect(atClose).toEqual([0]);
    expect(bob.shares.stream(id)).toBe(stream);
  });

  it('[SF3] two shares, a new connection, a new worker: no start twice, and kids go up', async () => {
    const id = await live();
    const second = await alice.shares.start({ ...WISH, sourceId: 'tab:8' });
    await settled();
    bob.shares.accept(second);
    await settled();
    expect(alice.starts.map(({ kid }) => kid)).toEqual([0, 1, 2, 3]);
    // No path for ten seconds: another connection.
    const [sharer] = FakePeerConnection.made;
    if (sharer === undefined) throw new Error('no connection');
    FakePeerConnection.apart = true;
    sharer.become('failed');
    await pass(10_400);
    FakePeerConnection.apart = false;
    await pass(10_400);
    await settled();
    expect(alice.state(id)).toBe('live');
    // All are over, and with them the worker: the session still counts on.
    for (const each of [id, second]) alice.shares.stop(each);
    await settled();
    const third = await alice.shares.start(WISH);
    await settled();
    bob.shares.accept(third);
    await settled();
    expect(alice.state(third)).toBe('live');
    expect(alice.workers).toHaveLength(2);
    const { starts } = alice;
    expect(starts.length).toBeGreaterThanOrEqual(8);
    expect(starts.map(({ kid }) => kid)).toEqual(starts.map((_, i) => i));
    expect(new Set(starts.map(({ inst }) => inst)).size).toBe(starts.length);
    expect([alice.said, bob.said]).toEqual([[], []]);
  });

  it('[SH7][SF11] stopped by either, it is over at both: capture, connections, keys, stream', async () => {
    const id = await live();
    bob.shares.stop(id);
    await settled();
    expect([alice.view(id).state, bob.view(id).state]).toEqual([
      { type: 'ended', reason: 'stopped', by: 'peer' },
      { type: 'ended', reason: 'stopped', by: 'me' },
    ]);
    expect(alice.captured[0]?.tracks.every(({ readyState }) => readyState === 'ended')).toBe(true);
    expect(FakePeerConnection.made.every((peer) => peer.connectionState === 'closed')).toBe(true);
    expect([alice.workers[0]?.ended, bob.workers[0]?.ended]).toEqual([true, true]);
    expect(bob.shares.stream(id)).toBeNull();
    expect([alice.shares.busy, bob.shares.busy]).toEqual([false, false]);
    await pass(2_000);
  });

  it.each([
    ['its picture ends', () => alice.captured[0]?.tracks[0]?.end()],
    ['background says so', () => alice.shares.sourceGone('tab:7')],
  ])('[SH7] ends with its tab: %s', async (_name, close) => {
    const id = await live();
    close();
    await settled();
    expect(bob.view(id).state).toEqual({ type: 'ended', reason: 'closed', by: 'peer' });
    expect(alice.captured[0]?.tracks.every(({ readyState }) => readyState === 'ended')).toBe(true);
  });

  it('a tab that is shared already is captured once; refused, nothing stays captured', async () => {
    connect();
    await alice.shares.start(WISH);
    await expect(alice.shares.start(WISH)).rejects.toMatchObject({ code: 'duplicate-share' });
    expect(alice.captured[0]?.tracks[0]?.readyState).toBe('live');
    await alice.shares.start({ ...WISH, deviceId: 'carol' });
    expect(alice.captured).toHaveLength(1);
    await expect(
      alice.shares.start({ ...WISH, sourceId: 'screen:1', streamId: null }),
    ).rejects.toMatchObject({ code: 'unknown-source' });
  });

  it('a device that is removed while the capture begins is offered nothing, and nothing stays captured', async () => {
    connect();
    const starting = alice.shares.start(WISH);
    alice.shares.removeDevice(WISH.deviceId);
    await expect(starting).rejects.toMatchObject({ code: 'device-unknown' });
    expect(alice.captured[0]?.tracks[0]?.readyState).toBe('ended');
    // Paired anew, it is a device like others.
    await alice.shares.start(WISH);
  });

  it('two who wait for one capture: where the first is refused, the second hears that it is gone', async () => {
    connect();
    // Offers to one device are paced ([SH8]).
    for (let i = 0; i < 10; i++) alice.shares.stop(await alice.shares.start(WISH));
    const both = [alice.shares.start(WISH), alice.shares.start({ ...WISH, deviceId: 'carol' })];
    const [first, second] = await Promise.allSettled(both);
    expect(first).toMatchObject({ reason: { code: 'too-many-shares' } });
    expect(second).toMatchObject({ reason: { code: 'unknown-source' } });
    expect(alice.captured.every(({ tracks }) => tracks[0]?.readyState === 'ended')).toBe(true);
    expect(alice.shares.busy).toBe(false);
  });

  it('what a page captured ends where nobody shares it, and with that page', async () => {
    connect();
    const source = 'screen:' + 'ab'.repeat(16);
    const wish: ShareStart = { ...WISH, source: 'screen', sourceId: source, streamId: null };
    const [lost, kept] = [FakeStream.of('video'), FakeStream.of('video')];
    alice.shares.give('screen:' + 'cd'.repeat(16), lost.real);
    alice.shares.give(source, kept.real);
    const id = await alice.shares.start(wish);
    await settled();
    bob.shares.accept(id);
    await settled();
    await pass(30_000);
    expect([lost, kept].map(({ tracks }) => tracks[0]?.readyState)).toEqual(['ended', 'live']);
    expect(alice.state(id)).toBe('live');
    alice.shares.sourceGone(source);
    expect(kept.tracks[0]?.readyState).toBe('ended');
    expect(alice.view(id).state).toMatchObject({ type: 'ended', reason: 'closed', by: 'me' });
  });

  it('[SH3] without the transform at the viewer the sharer’s person is asked, and told', async () => {
    bob.protects = false;
    connect();
    const id = await alice.shares.start(WISH);
    await settled();
    bob.shares.accept(id);
    await settled();
    expect([alice.state(id), FakePeerConnection.made.length]).toEqual(['unprotected', 0]);
    alice.shares.goOnUnprotected(id);
    await settled();
    await pass(400);
    await settled();
    expect([alice.state(id), bob.state(id)]).toEqual(['live', 'watching']);
    const { sharer, viewer } = ends();
    expect(sharer.getTransceivers()[0]?.sender.transform).toBeNull();
    expect(viewer.getTransceivers()[0]?.receiver.transform).toBeNull();
    expect(alice.view(id).protection).toEqual({ type: 'unprotected', missing: 'there' });
    expect([alice.workers, bob.workers]).toEqual([[], []]);
  });

  it('[SF9] a worker that dies takes its shares with it: they are not gone on with in clear', async () => {
    const id = await live();
    bob.workers[0]?.onerror?.();
    await settled();
    expect(bob.view(id).state).toMatchObject({ type: 'ended', reason: 'failed' });
    expect(alice.view(id).state).toMatchObject({ type: 'ended', reason: 'failed', by: 'peer' });
    expect(bob.workers[0]?.ended).toBe(true);
  });

  it('[SH10] the viewer’s pointer is there while it is allowed', async () => {
    const id = await live();
    alice.shares.allowPointer(id, true);
    await settled();
    bob.shares.point(id, { x: 0.25, y: 0.5 });
    await settled();
    expect(alice.shares.pointerOf(id)).toEqual({ x: 0.25, y: 0.5 });
    expect(alice.pointed).toEqual([['tab:7', { x: 0.25, y: 0.5 }]]);
    alice.shares.allowPointer(id, false);
    expect(alice.shares.pointerOf(id)).toBeNull();
  });

  it('[BP1] a breach ends the session; [RM1] a removed device’s shares are gone', async () => {
    const id = await live();
    bob.shares.onEngine({
      type: 'share-message',
      sessionId: SESSION,
      message: { type: 'share-accept', shareId: id, frames: true },
    });
    expect(bob.said).toEqual(['breach out-of-state']);
    alice.shares.removeDevice('bob');
    expect(alice.shares.views()).toEqual([]);
    expect(alice.shares.waitsFor('bob')).toBe(false);
    expect(alice.captured[0]?.tracks[0]?.readyState).toBe('ended');
  });

  it('an offer waits for its device, and is over where nothing leads to it', async () => {
    const id = await alice.shares.start(WISH);
    expect(alice.said).toEqual(['pursues bob']);
    expect(alice.shares.waitsFor('bob')).toBe(true);
    alice.shares.onSession({ type: 'reach', deviceId: 'bob', how: 'connecting' });
    expect(alice.state(id)).toBe('offering');
    alice.shares.onSession({ type: 'reach', deviceId: 'bob', how: 'offline' });
    expect(alice.view(id).state).toMatchObject({ type: 'ended', reason: 'device-gone' });
  });

  it('[IC9] a session that had to look for another path has its media look as well', async () => {
    await live();
    const { sharer } = ends();
    const state = (type: 'restarting' | 'connected') =>
      alice.shares.onSession({
        ...{ type: 'state', deviceId: 'bob' },
        state: { type, sessionId: SESSION },
      });
    state('connected');
    await settled();
    expect(sharer.offers).toBe(1);
    state('restarting');
    state('connected');
    await settled();
    expect(sharer.offers).toBe(2);
    alice.shares.shaken();
    await settled();
    expect(sharer.offers).toBe(3);
  });
});
