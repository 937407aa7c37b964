import { beforeEach, describe, expect, it } from 'vitest';
import { CHUNK_HEADER_BYTES } from '../../../lib/protocol/chunk-frame.ts';
import { MAX_LANE_CANDIDATES, MAX_LANES } from '../../../lib/protocol/limits.ts';
import type { LaneMessage } from '../../../lib/protocol/messages.ts';
import { chooseChunkSize } from '../../../lib/transfer/chunking.ts';
import {
  DOUBT_MS,
  FIRST_TUNES_MS,
  LANE_CLOSE_MS,
  LANE_CONNECT_MS,
  LANE_IDLE_MS,
  LOW_PART,
  MAX_HIGH_WATERMARK,
  MAX_LANE_OFFERS,
  MIN_HIGH_WATERMARK,
  PING_MS,
  SILENCE_MS,
  TUNE_MS,
} from '../../../lib/transfer/constants.ts';
import { Gate, SendCredit } from '../../../lib/transfer/flow.ts';
import { Heartbeat } from '../../../lib/transfer/heartbeat.ts';
import { LaneDesk, type LaneTask } from '../../../lib/transfer/lane-desk.ts';
import { Lanes, type ChunkJob } from '../../../lib/transfer/lanes.ts';
import { flush, memoryChannelPair, type MemoryChannel } from './memory-channel.ts';
import { FakeClock } from './memory-stores.ts';
import { RawPeer } from './raw-peer.ts';
import { attach, item, newId, pattern, Rig, settle } from './rig.ts';

/** A queue of chunks of one size, that remembers what became of each. */
class Queue {
  readonly bytes: number;
  readonly sent: number[] = [];
  readonly lost: number[] = [];
  readonly tag: number;
  left: number;
  live = true;
  #next = 0;

  constructor(count: number, bytes = 1000, tag = 0) {
    this.left = count;
    this.bytes = bytes;
    this.tag = tag;
  }

  readonly pull = (): ChunkJob | null => {
    if (this.left === 0) return null;
    this.left--;
    return this.#job(this.#next++);
  };

  #job(chunkIndex: number): ChunkJob {
    return {
      header: { tag: this.tag, fileId: 0, chunkIndex },
      bytes: this.bytes,
      live: () => this.live,
      seal: async () => new Uint8Array(this.bytes).fill(chunkIndex),
      sent: () => this.sent.push(chunkIndex),
      failed: (error) => {
        throw error;
      },
      lost: () => this.lost.push(chunkIndex),
    };
  }
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

async function rounds(count = 200): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}

/** Chunk indexes of frames that lie in a channel. */
function indexes(channel: MemoryChannel): number[] {
  return channel.outbox.map((frame) => frame[CHUNK_HEADER_BYTES] ?? -1);
}

describe('Lanes', () => {
  let first: MemoryChannel;
  let further: MemoryChannel;
  let credit: SendCredit;

  beforeEach(() => {
    [first] = memoryChannelPair();
    [further] = memoryChannelPair();
    credit = new SendCredit();
    credit.grant(1e9);
  });

  it('[CT1] give each chunk to the lane with the shortest queue', async () => {
    const queue = new Queue(40);
    const lanes = new Lanes([first], credit, queue.pull);
    lanes.add(further);
    await rounds();
    expect(queue.sent).toHaveLength(40);
    expect(Math.abs(first.outbox.length - further.outbox.length)).toBeLessThanOrEqual(1);
  });

  it('[LN4] what a dead lane lost goes again, and nothing else', async () => {
    const queue = new Queue(40);
    const lanes = new Lanes([first], credit, queue.pull);
    lanes.add(further);
    await rounds();
    const over = indexes(further);
    for (let i = 0; i < 5; i++) further.deliver();
    lanes.end(further);
    expect(queue.lost, 'nobody knows yet').toEqual([]);
    expect(lanes.settle(further, 5 * queue.bytes)).toBe(true);
    expect(queue.lost).toEqual(over.slice(5));
  });

  it('[LN4] the credit of what was lost comes back, also of transfers that ended meanwhile', async () => {
    credit = new SendCredit();
    credit.grant(40_000);
    const queue = new Queue(40);
    const lanes = new Lanes([first], credit, queue.pull);
    lanes.add(further);
    await rounds();
    const over = further.outbox.length;
    expect(credit.reserve(1)).toBe(false);
    queue.live = false;
    lanes.acknowledge(queue.tag);
    lanes.end(further);
    expect(lanes.settle(further, 3 * queue.bytes)).toBe(true);
    expect(queue.lost).toEqual([]);
    const back = (over - 3) * queue.bytes;
    expect(credit.reserve(back)).toBe(true);
    expect(credit.reserve(1)).toBe(false);
  });

  it('[LN4] a peer that claims more than was sent is refused', async () => {
    const queue = new Queue(10);
    const lanes = new Lanes([first], credit, queue.pull);
    lanes.add(further);
    await rounds();
    const over = further.outbox.length;
    lanes.end(further);
    expect(lanes.settle(further, over * queue.bytes + 1)).toBe(false);
    expect(lanes.settle(further, over * queue.bytes)).toBe(true);
    expect(queue.lost).toEqual([]);
  });

  it('[LN4] what is being sealed for a lane that ends goes over another, once', async () => {
    const queue = new Queue(6);
    const lanes = new Lanes([first], credit, queue.pull);
    lanes.add(further);
    lanes.pump();
    expect(first.outbox.length + further.outbox.length).toBe(0);
    lanes.end(further);
    await rounds();
    expect(indexes(first).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(lanes.settle(further, 0)).toBe(true);
    expect(queue.lost).toEqual([]);
  });

  it('[LN5] lanes beyond those in use get nothing until they are needed', async () => {
    const queue = new Queue(10);
    const lanes = new Lanes([first], credit, queue.pull);
    lanes.add(further);
    lanes.inUse = 1;
    expect([lanes.open, lanes.inUse]).toEqual([2, 1]);
    queue.left = 20;
    lanes.pump();
    await rounds();
    const before = further.outbox.length;
    queue.left = 20;
    lanes.pump();
    await rounds();
    expect(further.outbox.length).toBe(before);
    queue.left = 20;
    lanes.inUse = 2;
    await rounds();
    expect(further.outbox.length).toBeGreaterThan(before);
  });

  it('[TR10] a channel holds its high mark and one chunk at most, sealing included', async () => {
    const queue = new Queue(100, 200_000);
    const lanes = new Lanes([first], credit, queue.pull);
    lanes.pump();
    await rounds(2000);
    expect(first.bufferedAmount).toBeGreaterThanOrEqual(1024 * 1024);
    expect(first.bufferedAmount).toBeLessThan(1024 * 1024 + 200_000 + CHUNK_HEADER_BYTES * 7);
  });

  it('[TR10] a slow lane queues little, a fast one more, all together half a window', async () => {
    const queue = new Queue(1e6, 200_000);
    const lanes = new Lanes([first], credit, queue.pull);
    lanes.add(further);
    lanes.pump();
    const flow = async (bytesEach: readonly [number, number]) => {
      for (const [at, channel] of [first, further].entries()) {
        for (let moved = 0; moved < (bytesEach[at] ?? 0);) {
          if (!channel.deliver()) await rounds(20);
          else moved += queue.bytes;
        }
      }
      await rounds(20);
      lanes.tune(1000, 100, true);
    };
    for (let i = 0; i < 8; i++) await flow([200_000, 2_000_000]);
    expect(first.lowThreshold).toBe((MIN_HIGH_WATERMARK / 2) * LOW_PART);
    // 2 MB/s times 350 ms.
    expect(further.lowThreshold / LOW_PART).toBeGreaterThan(600_000);
    expect(further.lowThreshold / LOW_PART).toBeLessThan(800_000);
    for (let i = 0; i < 4; i++) await flow([24_000_000, 24_000_000]);
    expect(first.lowThreshold / LOW_PART).toBe(MAX_HIGH_WATERMARK / 2);
    expect(further.lowThreshold / LOW_PART).toBe(MAX_HIGH_WATERMARK / 2);
  });

  it('[LN5] counts what left, over lanes that are gone as well', async () => {
    const queue = new Queue(10);
    const lanes = new Lanes([first], credit, queue.pull);
    lanes.add(further);
    await rounds();
    expect(lanes.leftBytes).toBe(0);
    const frame = queue.bytes + CHUNK_HEADER_BYTES;
    further.deliver();
    further.deliver();
    first.deliver();
    expect(lanes.leftBytes).toBe(3 * frame);
    lanes.end(further);
    lanes.settle(further, 2 * queue.bytes);
    expect(lanes.leftBytes).toBe(3 * frame);
  });
});

describe('Gate', () => {
  it('[TR10] a low mark raised past what is queued opens it: nobody else would', () => {
    const [channel] = memoryChannelPair();
    let opened = 0;
    const gate = new Gate(channel, () => opened++, { high: 300, low: 100 });
    for (let i = 0; i < 3; i++) channel.send(new Uint8Array(100));
    expect(gate.open).toBe(false);
    channel.deliver();
    gate.setMarks({ high: 900, low: 250 });
    expect(opened).toBe(1);
    expect(gate.open).toBe(true);
  });
});

describe('chunk sizes', () => {
  it('[TR2] are smaller on a slower line', () => {
    const size = 64 << 20;
    expect(chooseChunkSize(size, 262_144, null)).toBe(245_760);
    expect(chooseChunkSize(size, 262_144, 300_000)).toBe(65_536);
    expect(chooseChunkSize(size, 262_144, 2_000_000)).toBe(131_072);
    expect(chooseChunkSize(size, 262_144, 20_000_000)).toBe(245_760);
    expect(chooseChunkSize(size, 65_536 + 30, 2_000_000)).toBe(65_536);
    expect(chooseChunkSize(size, 65_536 + 29, 300_000)).toBeNull();
    expect(chooseChunkSize(1 << 20, 262_144, 20_000_000)).toBe(65_536);
  });
});

describe('Heartbeat', () => {
  let clock: FakeClock;
  let pings: number[];
  let heart: Heartbeat;

  beforeEach(() => {
    clock = new FakeClock();
    pings = [];
    heart = new Heartbeat(clock, (nonce) => pings.push(nonce));
  });

  it('[LN6] asks twelve times in a row, then every two seconds, and keeps the shortest trip', () => {
    heart.look();
    for (const trip of [80, 90, 200, 80, 80, 95, 80, 80, 80, 80, 30, 90]) {
      clock.advance(trip);
      heart.onPong(pings.at(-1) ?? 0);
    }
    expect(pings).toHaveLength(12);
    expect(heart.rttMs).toBe(30);
    clock.advance(PING_MS - 91);
    heart.look();
    expect(pings).toHaveLength(12);
    clock.advance(1);
    heart.look();
    clock.advance(20);
    heart.onPong(13);
    clock.advance(PING_MS - 21);
    heart.look();
    expect(pings).toHaveLength(13);
    expect(heart.rttMs).toBe(20);
  });

  it('[LN6] measures another way anew', () => {
    const answer = (trip: number) => {
      clock.advance(trip);
      heart.onPong(pings.at(-1) ?? 0);
    };
    heart.look();
    for (let i = 0; i < 12; i++) answer(2);
    heart.forget();
    expect(heart.rttMs).toBeNull();
    clock.advance(PING_MS);
    heart.look();
    for (let i = 0; i < 12; i++) answer(90);
    expect(heart.rttMs).toBe(90);
    expect(pings).toHaveLength(24);
  });

  it('[LN6] gives up a peer that is silent for 30 s', () => {
    heart.look();
    for (let at = 0; at < SILENCE_MS - 250; at += 250) {
      clock.advance(250);
      heart.look();
    }
    clock.advance(250);
    expect(() => heart.look()).toThrow(expect.objectContaining({ code: 'channel-closed' }));
  });

  it('[LN6] a machine that slept, or had nothing to send, is no silence', () => {
    heart.look();
    clock.advance(3_600_000);
    heart.look();
    heart.pause();
    clock.advance(3_600_000);
    heart.look();
    heart.onPong(1);
    expect(heart.rttMs, 'two hours are no round trip').toBeNull();
  });

  it('[CT3] refuses an answer to nothing, another answer and a second one', () => {
    const refused = expect.objectContaining({ code: 'out-of-state' }) as Error;
    expect(() => heart.onPong(0)).toThrow(refused);
    heart.look();
    expect(() => heart.onPong(2)).toThrow(refused);
    heart.onPong(1);
    expect(() => heart.onPong(1)).toThrow(refused);
    heart.onPong(2);
  });
});

describe('LaneDesk', () => {
  let clock: FakeClock;
  let posted: LaneMessage[];
  let tasks: LaneTask[];
  let failures: unknown[];
  let lost: number;
  let ups: number;
  let lanes: Lanes;
  let queue: Queue;
  let desk: LaneDesk;

  beforeEach(() => {
    clock = new FakeClock();
    posted = [];
    tasks = [];
    failures = [];
    lost = 0;
    ups = 0;
    const credit = new SendCredit();
    credit.grant(1e9);
    queue = new Queue(0);
    lanes = new Lanes([memoryChannelPair()[0]], credit, queue.pull);
    let id = 0;
    desk = new LaneDesk({
      clock,
      random: (n) => new Uint8Array(n).fill(++id),
      lanes,
      post: (message) => posted.push(message),
      onFrame: (frame) => frame.length,
      onTask: (task) => tasks.push(task),
      onLost: () => lost++,
      onCount: () => undefined,
      onUp: () => ups++,
      fail: (error) => failures.push(error),
    });
  });

  const pcId = (n: number) => n.toString(16).padStart(2, '0').repeat(16);
  const refused = (code: string) => expect.objectContaining({ code }) as Error;

  it('[LN1] offers by way of the document, and hands on what the peer answers', () => {
    expect(desk.offer()).toBe(true);
    const id = pcId(1);
    expect(tasks).toEqual([{ type: 'lane-open', pcId: id }]);
    desk.onNews({ type: 'lane-offer', pcId: id, sdp: 'mine' });
    expect(posted).toEqual([{ type: 'lane-offer', pcId: id, sdp: 'mine' }]);
    desk.onMessage({ type: 'lane-answer', pcId: id, sdp: 'theirs' });
    desk.onMessage({ type: 'lane-candidates-end', pcId: id });
    expect(tasks.map(({ type }) => type)).toEqual([
      'lane-open',
      'lane-answer',
      'lane-candidates-end',
    ]);
    desk.add(id, memoryChannelPair()[0]);
    expect([lanes.open, desk.count, desk.own]).toEqual([2, 2, 1]);
    expect(ups).toBe(1);
  });

  it('[LN1] refuses the ninth lane of either side without a word to the document', () => {
    for (let n = 1; n < MAX_LANES; n++) expect(desk.offer()).toBe(true);
    expect(desk.offer()).toBe(false);
    tasks.length = 0;
    desk.onMessage({ type: 'lane-offer', pcId: pcId(99), sdp: 's' });
    expect(posted).toEqual([{ type: 'lane-close', pcId: pcId(99), received: 0 }]);
    expect(tasks).toEqual([]);
    // What was on its way meanwhile is no breach.
    desk.onMessage({
      type: 'lane-candidate',
      pcId: pcId(99),
      candidate: 'c',
      sdpMid: null,
      sdpMLineIndex: 0,
    });
    desk.onMessage({ type: 'lane-close', pcId: pcId(99), received: 0 });
  });

  it('[LN1] a peer that offers more than 60 in a minute is over the limit', () => {
    const offer = (n: number) => {
      desk.onMessage({ type: 'lane-offer', pcId: pcId(n), sdp: 's' });
      desk.onMessage({ type: 'lane-close', pcId: pcId(n), received: 0 });
    };
    for (let n = 0; n < MAX_LANE_OFFERS; n++) offer(n);
    expect(() => offer(200)).toThrow(refused('over-limit'));
  });

  it('[LN1][BP1] what cannot be ends the session', () => {
    expect(() => desk.onMessage({ type: 'lane-candidates-end', pcId: pcId(7) })).toThrow(
      refused('out-of-state'),
    );
    desk.onMessage({ type: 'lane-offer', pcId: pcId(7), sdp: 's' });
    expect(() => desk.onMessage({ type: 'lane-offer', pcId: pcId(7), sdp: 's' })).toThrow(
      refused('out-of-state'),
    );
    expect(() => desk.onMessage({ type: 'lane-answer', pcId: pcId(7), sdp: 's' })).toThrow(
      refused('out-of-state'),
    );
    desk.offer();
    expect(() => desk.onMessage({ type: 'lane-close', pcId: pcId(1), received: 0 })).toThrow(
      refused('out-of-state'),
    );
    desk.onNews({ type: 'lane-offer', pcId: pcId(1), sdp: 's' });
    const candidate = { candidate: 'c', sdpMid: null, sdpMLineIndex: 0 } as const;
    expect(() => desk.onMessage({ type: 'lane-candidate', pcId: pcId(1), ...candidate })).toThrow(
      refused('out-of-state'),
    );
    desk.onMessage({ type: 'lane-answer', pcId: pcId(1), sdp: 's' });
    expect(() => desk.onMessage({ type: 'lane-answer', pcId: pcId(1), sdp: 's' })).toThrow(
      refused('out-of-state'),
    );
    for (let n = 1; n < MAX_LANE_CANDIDATES; n++) {
      desk.onMessage({ type: 'lane-candidate', pcId: pcId(1), ...candidate });
    }
    desk.onMessage({ type: 'lane-close', pcId: pcId(7), received: 0 });
    expect(() => desk.onMessage({ type: 'lane-offer', pcId: pcId(7), sdp: 's' })).toThrow(
      refused('out-of-state'),
    );
  });

  it('[LN4] says once what came, and ignores what comes later', () => {
    desk.onMessage({ type: 'lane-offer', pcId: pcId(7), sdp: 's' });
    const [mine, theirs] = memoryChannelPair();
    desk.add(pcId(7), mine);
    theirs.send(new Uint8Array(30));
    theirs.send(new Uint8Array(12));
    flush(theirs);
    mine.remoteClosed();
    expect(posted).toEqual([{ type: 'lane-close', pcId: pcId(7), received: 42 }]);
    expect(tasks.at(-1)).toEqual({ type: 'lane-drop', pcId: pcId(7) });
    expect([ups, lost]).toEqual([1, 1]);
    desk.onMessage({ type: 'lane-close', pcId: pcId(7), received: 0 });
    expect(posted).toHaveLength(1);
    clock.advance(LANE_CLOSE_MS);
    expect(failures).toEqual([]);
  });

  it('[LN4] answers a close with its own, and closes the channel', () => {
    desk.onMessage({ type: 'lane-offer', pcId: pcId(7), sdp: 's' });
    const [mine] = memoryChannelPair();
    desk.add(pcId(7), mine);
    desk.onMessage({ type: 'lane-close', pcId: pcId(7), received: 0 });
    expect(posted).toEqual([{ type: 'lane-close', pcId: pcId(7), received: 0 }]);
    expect(mine.closed).toBe(true);
    expect(lanes.open).toBe(1);
  });

  it('[LN4] a peer that never says what came takes the session with it', () => {
    desk.onMessage({ type: 'lane-offer', pcId: pcId(7), sdp: 's' });
    const [mine] = memoryChannelPair();
    desk.add(pcId(7), mine);
    mine.remoteClosed();
    clock.advance(LANE_CLOSE_MS - 1);
    expect(failures).toEqual([]);
    clock.advance(1);
    expect(failures).toMatchObject([{ code: 'channel-closed' }]);
  });

  it('[LN4] more than was sent ends the session, also of a lane that never came up', () => {
    desk.onMessage({ type: 'lane-offer', pcId: pcId(7), sdp: 's' });
    expect(() => desk.onMessage({ type: 'lane-close', pcId: pcId(7), received: 1 })).toThrow(
      refused('out-of-state'),
    );
    desk.onMessage({ type: 'lane-offer', pcId: pcId(8), sdp: 's' });
    desk.add(pcId(8), memoryChannelPair()[0]);
    expect(() => desk.onMessage({ type: 'lane-close', pcId: pcId(8), received: 1 })).toThrow(
      refused('out-of-state'),
    );
  });

  it('[LN2] a lane that the peer never heard of goes without a word', () => {
    desk.offer();
    desk.onNews({ type: 'lane-failed', pcId: pcId(1) });
    expect(posted).toEqual([]);
    expect([desk.count, lost]).toEqual([1, 1]);
  });

  it('[LN2] a lane that does not come up is given up after 15 s', () => {
    desk.offer();
    desk.onNews({ type: 'lane-offer', pcId: pcId(1), sdp: 's' });
    posted.length = 0;
    clock.advance(LANE_CONNECT_MS);
    expect(posted).toEqual([{ type: 'lane-close', pcId: pcId(1), received: 0 }]);
    expect(tasks.at(-1)).toEqual({ type: 'lane-drop', pcId: pcId(1) });
    expect(desk.count).toBe(1);
    // Its channel was bound at that very moment.
    const [late] = memoryChannelPair();
    desk.add(pcId(1), late);
    expect(late.closed).toBe(true);
  });

  it('[LN2] a lane that carries shorter messages than the first is none', () => {
    desk.offer();
    desk.onNews({ type: 'lane-offer', pcId: pcId(1), sdp: 's' });
    posted.length = 0;
    const [mine] = memoryChannelPair({ maxMessageSize: 65_536 });
    desk.add(pcId(1), mine);
    expect(mine.closed).toBe(true);
    expect(posted).toEqual([{ type: 'lane-close', pcId: pcId(1), received: 0 }]);
    expect(lanes.open).toBe(1);
  });

  it('closes with its session: connections go, nothing is posted', () => {
    desk.offer();
    desk.onMessage({ type: 'lane-offer', pcId: pcId(7), sdp: 's' });
    desk.add(pcId(7), memoryChannelPair()[0]);
    tasks.length = 0;
    desk.close();
    expect(tasks).toEqual([
      { type: 'lane-drop', pcId: pcId(1) },
      { type: 'lane-drop', pcId: pcId(7) },
    ]);
    expect(posted).toEqual([]);
    clock.advance(60_000);
    expect(failures).toEqual([]);
  });
});

describe('lanes of a session', () => {
  async function accepted(rig: Rig, bytes: Uint8Array) {
    rig.connect();
    const id = newId();
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', bytes)] });
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept' });
    // Lanes stand still until their queues are full: there is something to lose in each.
    const ends = rig.wire.lanes.map(([own]) => own);
    await settle(
      () => flush(...rig.wire.control),
      () => false,
      'quiet',
    );
    return { id, ends };
  }

  /** Bytes of ciphertext that Alice sends over her lanes from now on. */
  function count(ends: readonly MemoryChannel[]): () => number {
    let bytes = 0;
    for (const end of ends) {
      const send = end.send.bind(end);
      end.send = (frame) => {
        if (!end.closed) bytes += frame.length - CHUNK_HEADER_BYTES;
        send(frame);
      };
    }
    return () => bytes;
  }

  it('[LN4] a lane that dies loses nothing, and only what it lost goes twice', async () => {
    const rig = await Rig.create({ lanes: 3 });
    const sentBytes = count(rig.wire.lanes.map(([own]) => own));
    const bytes = pattern(9_000_000);
    const { id, ends } = await accepted(rig, bytes);
    for (const end of ends) expect(end.outbox.length).toBeGreaterThan(2);
    const dying = ends[2];
    if (dying === undefined) throw new Error('three lanes');
    dying.deliver();
    const gone = dying.outbox.reduce((sum, frame) => sum + frame.length - CHUNK_HEADER_BYTES, 0);
    dying.cut();
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(same(rig.bob.sinks.content(id, 0), bytes)).toBe(true);
    const chunks = Math.ceil(bytes.length / 245_760);
    expect(sentBytes()).toBe(bytes.length + 16 * chunks + gone);
    expect([...rig.alice.told('session-error'), ...rig.bob.told('session-error')]).toEqual([]);
    expect(rig.alice.told('lanes').at(-1)?.count).toBe(2);
  });

  it('[LN4] after the last chunk as well, with the file’s end already told', async () => {
    const rig = await Rig.create({ lanes: 3 });
    const bytes = pattern(2_000_000);
    const { id, ends } = await accepted(rig, bytes);
    expect(rig.alice.state(id)).toBe('verifying');
    ends[1]?.cut();
    await rig.quiet();
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(same(rig.bob.sinks.content(id, 0), bytes)).toBe(true);
  });

  it('[LN4] every further lane may go: the first one carries the rest', async () => {
    const rig = await Rig.create({ lanes: 4 });
    const bytes = pattern(9_000_000);
    const { id, ends } = await accepted(rig, bytes);
    for (const end of ends.slice(1)) end.cut();
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(same(rig.bob.sinks.content(id, 0), bytes)).toBe(true);
  });

  it('[CT1] the first lane takes the session with it', async () => {
    const rig = await Rig.create({ lanes: 2 });
    const { id, ends } = await accepted(rig, pattern(9_000_000));
    ends[0]?.cut();
    expect(rig.alice.told('session-error')).toMatchObject([{ code: 'channel-closed' }]);
    expect(rig.alice.state(id)).toBe('connecting');
    expect(rig.alice.told('lane-task').at(-1)?.task.type).toBe('lane-drop');
  });

  it('[LN3] carries both ways at once', async () => {
    const rig = await Rig.create({ lanes: 3 });
    rig.connect();
    const there = pattern(3_000_000, 1);
    const back = pattern(3_000_000, 2);
    const [a, b] = [newId(), newId()];
    rig.alice.engine.send('bob', { transferId: a, kind: 'files', items: [item('a', there)] });
    rig.bob.engine.send('alice', { transferId: b, kind: 'files', items: [item('b', back)] });
    await rig.quiet();
    await rig.bob.engine.decide(a, { type: 'accept' });
    await rig.alice.engine.decide(b, { type: 'accept' });
    const over = rig.wire.lanes[2];
    const used = { there: false, back: false };
    await rig.run(() => {
      used.there ||= (over?.[0].maxBuffered ?? 0) > 0;
      used.back ||= (over?.[1].maxBuffered ?? 0) > 0;
      return rig.alice.state(a) === 'delivered' && rig.bob.state(b) === 'delivered';
    });
    expect(used).toEqual({ there: true, back: true });
    expect(same(rig.bob.sinks.content(a, 0), there)).toBe(true);
    expect(same(rig.alice.sinks.content(b, 0), back)).toBe(true);
  });

  it('[LN6] a peer that answers no ping while chunks leave ends the session', async () => {
    const rig = await Rig.create();
    await accepted(rig, pattern(30_000_000));
    // Its connection stands, and nobody is there.
    for (let at = 0; at <= SILENCE_MS + PING_MS; at += 250) rig.clock.advance(250);
    expect(rig.alice.told('session-error')).toMatchObject([{ code: 'channel-closed' }]);
  });

  /** Alice wants so many lanes, and has one. */
  async function sendingWith(fixedLanes: number, bytes: Uint8Array) {
    const rig = await Rig.create();
    const { sessionId, keys, pcId, control, lanes } = rig.wire;
    attach(rig.bob, 'alice', rig.wire, 1);
    const options = { sessionId, keys, pcId, control: control[0], fixedLanes };
    rig.alice.engine.attachSession({
      ...options,
      deviceId: 'bob',
      role: 'i2r',
      lanes: lanes.map(([own]) => own),
    });
    const id = newId();
    rig.alice.engine.send('bob', { transferId: id, kind: 'files', items: [item('x', bytes)] });
    await rig.quiet();
    await rig.bob.engine.decide(id, { type: 'accept' });
    const opened = () =>
      rig.alice
        .told('lane-task')
        .flatMap(({ task }) => (task.type === 'lane-open' ? [task.pcId] : []));
    return { rig, id, sessionId, opened };
  }

  it('[LN6] while control is silent, chunks keep to its own connection', async () => {
    const rig = await Rig.create({ lanes: 3 });
    const { ends } = await accepted(rig, pattern(12_000_000));
    const [first, second, third] = ends;
    const queued = () => [first, second, third].map((end) => (end?.outbox.length ?? 0) > 0);
    const pass = (ms: number) => {
      for (let at = 0; at < ms; at += TUNE_MS) rig.clock.advance(TUNE_MS);
    };
    /** What lies in the lanes arrives, and is replaced where chunks still go. */
    const refill = async () => {
      for (const end of ends) while (end.deliver());
      await settle(
        () => 0,
        () => false,
        'quiet',
      );
    };
    pass(PING_MS);
    await refill();
    expect(queued()).toEqual([true, true, true]);
    pass(DOUBT_MS);
    await refill();
    expect(queued()).toEqual([true, false, false]);
    flush(...rig.wire.control);
    pass(TUNE_MS);
    await refill();
    expect(queued()).toEqual([true, true, true]);
  });

  it('[LN5] closes its lanes when nothing has left for a while', async () => {
    const { rig, id, sessionId, opened } = await sendingWith(3, pattern(2_000_000));
    await rig.run(() => rig.alice.state(id) === 'delivered');
    expect(opened()).toHaveLength(2);
    for (const pcId of opened()) {
      rig.alice.engine.laneNews(sessionId, { type: 'lane-offer', pcId, sdp: 's' });
      await rig.quiet();
      const [mine, theirs] = memoryChannelPair();
      rig.alice.engine.addLane(sessionId, pcId, mine);
      rig.bob.engine.addLane(sessionId, pcId, theirs);
    }
    expect(rig.alice.told('lanes').at(-1)?.count).toBe(3);
    // The second look finds that nothing leaves any more.
    for (const ms of FIRST_TUNES_MS) rig.clock.advance(ms);
    rig.clock.advance(LANE_IDLE_MS - 1);
    expect(rig.alice.told('lanes').at(-1)?.count).toBe(3);
    rig.clock.advance(1);
    expect(rig.alice.told('lanes').at(-1)?.count).toBe(1);
    await rig.quiet();
    expect(rig.bob.told('lanes').at(-1)?.count).toBe(1);
    expect(rig.bob.told('session-error')).toEqual([]);
  });

  it('[LN5] where no connection comes up, it asks less and less often', async () => {
    const { rig, sessionId, opened } = await sendingWith(8, new Uint8Array(60_000_000));
    let failed = 0;
    for (let at = 0; at < 60_000; at += TUNE_MS) {
      for (const pcId of opened().slice(failed)) {
        failed++;
        if (failed % 2 === 0)
          rig.alice.engine.laneNews(sessionId, { type: 'lane-offer', pcId, sdp: 's' });
        rig.alice.engine.laneNews(sessionId, { type: 'lane-failed', pcId });
      }
      flush(...rig.wire.control);
      await new Promise((resolve) => setImmediate(resolve));
      rig.clock.advance(TUNE_MS);
    }
    expect(failed).toBeGreaterThan(7);
    expect(failed).toBeLessThanOrEqual(MAX_LANE_OFFERS / 2);
    expect(rig.bob.told('session-error')).toEqual([]);
  });

  it('[LN1] both sides offer at once, each within the limit: in the end there are eight', async () => {
    const rig = await Rig.create();
    const { sessionId, keys, pcId, control, lanes } = rig.wire;
    for (const [end, device, peer] of [
      [0, rig.alice, 'bob'],
      [1, rig.bob, 'alice'],
    ] as const) {
      device.engine.attachSession({
        ...{ sessionId, keys, pcId, control: control[end], fixedLanes: 8, deviceId: peer },
        role: end === 0 ? 'i2r' : 'r2i',
        lanes: lanes.map((lane) => lane[end]),
      });
    }
    const ids = [newId(), newId()] as const;
    const items = [item('x', new Uint8Array(60_000_000))];
    rig.alice.engine.send('bob', { transferId: ids[0], kind: 'files', items });
    rig.bob.engine.send('alice', { transferId: ids[1], kind: 'files', items });
    await rig.quiet();
    await rig.bob.engine.decide(ids[0], { type: 'accept' });
    await rig.alice.engine.decide(ids[1], { type: 'accept' });
    const made = new Set<string>();
    const channels = new Map<string, [MemoryChannel, MemoryChannel]>();
    const told = [0, 0];
    const up = (device: typeof rig.alice) => device.told('lanes').at(-1)?.count ?? 1;
    // The documents of both, whose connections come up at once when both know of them.
    for (let round = 0; round < 2000 && (up(rig.alice) < 8 || up(rig.bob) < 8); round++) {
      for (const [end, device] of [rig.alice, rig.bob].entries()) {
        const tasks = device.told('lane-task').slice(told[end]);
        told[end] = (told[end] ?? 0) + tasks.length;
        for (const { task } of tasks) {
          if (task.type === 'lane-open') {
            device.engine.laneNews(sessionId, { ...task, type: 'lane-offer', sdp: 's' });
            made.add(task.pcId);
          } else if (task.type === 'lane-offer') {
            device.engine.laneNews(sessionId, { ...task, type: 'lane-answer', sdp: 's' });
          } else if (task.type === 'lane-answer') {
            const pair = memoryChannelPair();
            channels.set(task.pcId, pair);
            rig.alice.engine.addLane(sessionId, task.pcId, pair[0]);
            rig.bob.engine.addLane(sessionId, task.pcId, pair[1]);
          }
        }
      }
      flush(...control);
      await new Promise((resolve) => setImmediate(resolve));
      rig.clock.advance(TUNE_MS);
    }
    expect([up(rig.alice), up(rig.bob)]).toEqual([8, 8]);
    expect(made.size).toBeGreaterThanOrEqual(7);
    expect([...rig.alice.told('session-error'), ...rig.bob.told('session-error')]).toEqual([]);
  });

  it('[LN1][BP1] a lane’s message that cannot be ends the session', async () => {
    const rig = await Rig.create();
    const peer = new RawPeer(rig.alice);
    peer.post({ type: 'lane-candidates-end', pcId: '00'.repeat(16) });
    await peer.quiet();
    expect(peer.endedWith()).toBe('out-of-state');
  });

  it('[LN1] an offer of the peer is the document’s to answer', async () => {
    const rig = await Rig.create();
    const peer = new RawPeer(rig.alice);
    const pcId = '07'.repeat(16);
    peer.post({ type: 'lane-offer', pcId, sdp: 'theirs' });
    await peer.quiet();
    const { sessionId } = peer.wire;
    expect(rig.alice.told('lane-task')).toEqual([
      { type: 'lane-task', sessionId, task: { type: 'lane-offer', pcId, sdp: 'theirs' } },
    ]);
    rig.alice.engine.laneNews(sessionId, { type: 'lane-answer', pcId, sdp: 'mine' });
    await peer.quiet();
    expect(peer.received.at(-1)).toEqual({ type: 'lane-answer', pcId, sdp: 'mine' });
  });
});
