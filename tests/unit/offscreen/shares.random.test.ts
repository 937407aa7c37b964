import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ShareStart } from '../../../entrypoints/offscreen/shares.ts';
import { randomBytes } from '../../../lib/crypto/bytes.ts';
import { isTallowError } from '../../../lib/errors/index.ts';
import { DEFAULT_QUALITY } from '../../../lib/share/quality.ts';
import { generator, pick } from '../share/generator.ts';
import { watchCrypto } from './crypto-quiet.ts';
import { FakePeerConnection, FakeRtpReceiver } from './fake-peers.ts';
import { FakeTransformer, frame } from './frames.ts';
import { Device } from './share-devices.ts';

const STEPS = 60;
const SEEDS = 24;

/** Two documents, and whatever persons, networks and browsers do to them, in any order. */
class Lives {
  readonly alice = new Device('alice');
  readonly bob = new Device('bob');
  readonly #random: (below: number) => number;
  #sessions = 0;
  session: string | null = null;
  readonly trouble: unknown[] = [];

  constructor(random: (below: number) => number) {
    this.#random = random;
    [this.alice.peer, this.bob.peer] = [this.bob, this.alice];
  }

  connect(): void {
    if (this.session !== null) return;
    const sessionId = (this.session = `session-${++this.#sessions}`);
    const [bind, media] = [randomBytes(32), randomBytes(32)];
    this.alice.media.open(sessionId, 'i2r', { bind, media });
    this.bob.media.open(sessionId, 'r2i', { bind, media });
    this.alice.shares.onEngine({ type: 'session-attached', sessionId, deviceId: 'bob' });
    this.bob.shares.onEngine({ type: 'session-attached', sessionId, deviceId: 'alice' });
  }

  disconnect(): void {
    const sessionId = this.session;
    if (sessionId === null) return;
    this.session = null;
    for (const { shares, media } of [this.alice, this.bob]) {
      media.close(sessionId);
      shares.onEngine({ type: 'session-detached', sessionId });
    }
  }

  step(): void {
    const random = this.#random;
    const device = random(2) === 0 ? this.alice : this.bob;
    const { shares } = device;
    const id = pick(shares.views(), random)?.shareId ?? '0'.repeat(32);
    switch (random(18)) {
      case 0:
      case 1:
        return this.connect();
      case 2:
        return random(2) === 0 ? this.disconnect() : undefined;
      case 3:
      case 4:
      case 5:
        return this.#start(random(4) === 0 ? this.bob : this.alice);
      case 6:
      case 7:
      case 8:
        return this.#may(() => shares.accept(id));
      case 9:
        return random(3) === 0 ? this.#may(() => shares.decline(id)) : undefined;
      case 10:
        return random(2) === 0 ? shares.stop(id) : undefined;
      case 11:
        return random(3) === 0 ? shares.sourceGone(`tab:${random(3)}`) : undefined;
      case 12:
        return pick(device.captured, random)?.tracks[0]?.end();
      case 13:
        return pick(FakePeerConnection.made, random)?.become(
          pick(['failed', 'disconnected', 'connected'], random) ?? '',
        );
      case 14:
        if (random(3) > 0) return;
        return device.workers.findLast(({ ended }) => !ended)?.onerror?.();
      case 15:
        device.protects = random(3) > 0;
        return this.#may(() => shares.goOnUnprotected(id));
      case 16:
        FakePeerConnection.apart = random(4) === 0;
        FakePeerConnection.mute = random(4) === 0;
        return shares.shaken();
      default:
        if (random(4) === 0) shares.removeDevice(device === this.alice ? 'bob' : 'alice');
    }
  }

  #start(from: Device): void {
    const random = this.#random;
    const wish: ShareStart = {
      ...{ deviceId: random(4) === 0 ? 'carol' : (from.peer?.name ?? ''), source: 'tab' },
      ...{ sourceId: `tab:${random(3)}`, streamId: random(4) === 0 ? null : 'an-id' },
      ...{ title: 'Notes', settings: DEFAULT_QUALITY },
    };
    from.shares.start(wish).catch((error: unknown) => {
      if (!isTallowError(error)) this.trouble.push(error);
    });
  }

  #may(task: () => void): void {
    try {
      task();
    } catch (error) {
      if (!isTallowError(error)) throw error;
    }
  }

  /** Nothing is captured, connected or kept for a share that is over. */
  tidy(): void {
    for (const { shares, workers, captured } of [this.alice, this.bob]) {
      expect(shares.busy).toBe(false);
      expect(workers.every(({ ended }) => ended)).toBe(true);
      const tracks = captured.flatMap((stream) => stream.tracks);
      expect(tracks.every(({ readyState }) => readyState === 'ended')).toBe(true);
    }
    const states = FakePeerConnection.made.map(({ connectionState }) => connectionState);
    expect(states.every((state) => state === 'closed')).toBe(true);
  }

  /** What is captured is shared; and nobody shares what is not captured. */
  holds(): void {
    for (const { shares, captured } of [this.alice, this.bob]) {
      const shared = shares
        .views()
        .flatMap((view) =>
          view.role === 'sharer' && view.state.type !== 'ended' ? [view.sourceId] : [],
        );
      const live = captured.filter(({ tracks }) => tracks[0]?.readyState === 'live');
      expect(live.length).toBe(new Set(shared).size);
    }
  }
}

/** A frame from each sharer's end to where it leads. */
async function carry(settled: () => Promise<void>): Promise<void> {
  const ways = FakePeerConnection.made.flatMap((peer) => {
    const from = peer.getTransceivers()[0]?.sender.transform;
    const to = peer.other?.getTransceivers()[0]?.receiver.transform;
    return from instanceof FakeTransformer && to instanceof FakeTransformer ? [{ from, to }] : [];
  });
  for (const { from } of ways) from.push(frame([1, 2, 3]));
  await settled();
  for (const { from, to } of ways) to.push(...from.out.splice(0));
  await settled();
}

beforeEach(() => {
  vi.stubGlobal('RTCPeerConnection', FakePeerConnection);
  vi.stubGlobal('RTCRtpReceiver', FakeRtpReceiver);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it('[SH7][SF11] random lives of two documents: nothing stays on that is over', async () => {
  const settled = watchCrypto();
  let pictures = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = generator(seed);
    FakePeerConnection.made = [];
    FakePeerConnection.apart = FakePeerConnection.mute = FakePeerConnection.between = false;
    const lives = new Lives(random);
    try {
      for (let i = 0; i < STEPS; i++) {
        lives.step();
        const wait = random(5);
        // Also in the middle of what is under way.
        for (let turn = 0; turn < wait; turn++) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        if (wait === 4) {
          for (const peer of FakePeerConnection.made) peer.frames += 6;
          await carry(settled);
          await vi.advanceTimersByTimeAsync(random(4) === 0 ? random(12_000) : 250);
          await settled();
          lives.holds();
        }
        for (const { shares } of [lives.alice, lives.bob]) {
          pictures += shares.views().filter(({ state }) => state.type === 'watching').length;
        }
      }
      await settled();
      lives.holds();
      expect(lives.trouble).toEqual([]);
      expect(
        [...lives.alice.said, ...lives.bob.said].filter((s) => s.startsWith('breach')),
      ).toEqual([]);
      if (random(2) === 0) {
        for (const { shares } of [lives.alice, lives.bob])
          for (const { shareId } of shares.views()) shares.stop(shareId);
      } else {
        lives.disconnect();
        await vi.advanceTimersByTimeAsync(180_000);
      }
      await settled();
      lives.tidy();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  expect(pictures).toBeGreaterThan(SEEDS);
});
