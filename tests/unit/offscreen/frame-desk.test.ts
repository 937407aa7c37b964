import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FrameDesk } from '../../../entrypoints/offscreen/frame-desk.ts';
import { copyBytes, randomBytes, type Bytes } from '../../../lib/crypto/bytes.ts';
import type { FramesReport, TransformOptions } from '../../../lib/messaging/frames.ts';
import { parseFrame } from '../../../lib/share/frame-format.ts';
import { FakeClock } from '../share/support.ts';
import { watchCrypto } from './crypto-quiet.ts';
import { FakeTransformer, frame } from './frames.ts';

const SESSION = 'a-session';
const SHARE = 'aa'.repeat(16);

/** A worker of frames, and the document that answers it. */
class Worker {
  readonly clock = new FakeClock();
  readonly reports: FramesReport[] = [];
  readonly desk: FrameDesk;
  /** What the peer is to be told of this end's starts. */
  readonly announced: { kid: number; inst: Bytes; encoding: number }[] = [];
  kids: 'given' | 'refused' = 'given';

  constructor() {
    this.desk = new FrameDesk({
      clock: this.clock,
      report: (report) => {
        this.reports.push(report);
        // As over a port.
        if (report.type === 'announce') queueMicrotask(() => this.#kid(report));
      },
    });
  }

  running(): boolean[] {
    return this.reports.flatMap((report) => (report.type === 'running' ? [report.running] : []));
  }

  of<T extends FramesReport['type']>(type: T): Extract<FramesReport, { type: T }>[] {
    return this.reports.filter((report) => report.type === type) as Extract<
      FramesReport,
      { type: T }
    >[];
  }

  #kid({ transformId, encoding, inst }: Extract<FramesReport, { type: 'announce' }>): void {
    const kid = this.kids === 'given' ? this.announced.length : null;
    if (kid !== null) this.announced.push({ kid, inst, encoding });
    this.desk.handle({ type: 'kid', transformId, encoding, kid });
  }
}

describe('the worker of frames', () => {
  let mediaKey: Bytes;
  let sharer: Worker;
  let viewer: Worker;

  let settled: () => Promise<void>;

  beforeEach(() => {
    settled = watchCrypto();
    mediaKey = randomBytes(32);
    sharer = new Worker();
    viewer = new Worker();
  });

  afterEach(() => vi.restoreAllMocks());

  function keys(sessionId = SESSION): void {
    sharer.desk.open({ sessionId, role: 'i2r', mediaKey: copyBytes(mediaKey) });
    viewer.desk.open({ sessionId, role: 'r2i', mediaKey: copyBytes(mediaKey) });
  }

  function transform(worker: Worker, over: Partial<TransformOptions> = {}): FakeTransformer {
    const way = worker === sharer ? 'seal' : 'open';
    const made = new FakeTransformer({
      ...{ transformId: 0, sessionId: SESSION, shareId: SHARE, track: 'video', way },
      ...over,
    });
    worker.desk.transform(made);
    return made;
  }

  /** The viewer hears of the sharer's starts. */
  function tell(from = 0, track: 'video' | 'audio' = 'video'): void {
    for (const start of sharer.announced.slice(from)) {
      const told = { ...start, shareId: SHARE, track };
      viewer.desk.handle({ type: 'key', sessionId: SESSION, start: told });
    }
  }

  /** What left the sharer arrives at the viewer. */
  function carry(from: FakeTransformer, to: FakeTransformer): void {
    to.push(...from.out.splice(0).map(({ data }) => frame([...new Uint8Array(data)])));
  }

  function bytesOf({ out }: FakeTransformer): number[][] {
    return out.map(({ data }) => [...new Uint8Array(data)]);
  }

  it('[SH3] seals what one end encodes and opens it at the other, in order', async () => {
    keys();
    const [sealing, opening] = [transform(sharer), transform(viewer)];
    await settled();
    tell();
    sealing.push(...Array.from({ length: 20 }, (_, i) => frame([i, 2, 3])));
    await settled();
    expect(sealing.out).toHaveLength(20);
    for (const { data } of sealing.out) {
      expect(parseFrame(new Uint8Array(data))?.trailer.kid).toBe(0);
    }
    carry(sealing, opening);
    await settled();
    expect(bytesOf(opening)).toEqual(Array.from({ length: 20 }, (_, i) => [i, 2, 3]));
    expect([sharer.running(), viewer.running()]).toEqual([[true], [true]]);
  });

  it('frames wait for the session’s key, whichever comes first', async () => {
    const [sealing, opening] = [transform(sharer), transform(viewer)];
    sealing.push(frame([1]));
    await settled();
    expect([sealing.out, sharer.reports, viewer.reports]).toEqual([[], [], []]);
    keys();
    await settled();
    tell();
    sealing.push(frame([2]));
    await settled();
    carry(sealing, opening);
    await settled();
    expect(bytesOf(opening)).toEqual([[1], [2]]);
  });

  it('[SF3] nothing is sealed, and nothing leaves, where there is no kid', async () => {
    sharer.kids = 'refused';
    keys();
    const sealing = transform(sharer);
    await settled();
    sealing.push(frame([1]), frame([2]));
    await settled();
    expect(sealing.out).toEqual([]);
    expect(sharer.running()).toEqual([]);
    expect(sharer.of('counts')).toMatchObject([{ way: 'seal', counts: { unsealed: 1 } }]);
  });

  it('[SF6] a codec that must not be sealed is dropped; payload types tell where frames do not', async () => {
    keys();
    const sealing = transform(sharer);
    await settled();
    const silent = { mimeType: undefined, payloadType: 98 };
    sealing.push(frame([1], { mimeType: 'video/AV1' }), frame([2], silent));
    await settled();
    expect(sealing.out).toEqual([]);
    const codecs = [{ payloadType: 98, mimeType: 'video/VP9' }];
    sharer.desk.handle({ type: 'codecs', transformId: 0, codecs });
    sealing.push(frame([3], silent), frame([4], { ...silent, payloadType: 99 }));
    await settled();
    expect(sealing.out).toHaveLength(1);
  });

  it('[SF7] an empty frame goes on as it is', async () => {
    keys();
    const sealing = transform(sharer, { track: 'audio' });
    await settled();
    sealing.push(frame([], { mimeType: 'audio/opus' }));
    await settled();
    expect(bytesOf(sealing)).toEqual([[]]);
  });

  it('[SF9] frames of a start that is announced late are lost, and a key frame is asked for', async () => {
    keys();
    const [sealing, opening] = [transform(sharer), transform(viewer)];
    await settled();
    sealing.push(frame([1]));
    await settled();
    carry(sealing, opening);
    await settled();
    expect([opening.out, opening.keyFrames]).toEqual([[], 0]);
    expect(viewer.of('counts')).toMatchObject([{ way: 'open', counts: { unknownKey: 1 } }]);
    tell();
    expect(opening.keyFrames).toBe(1);
    sealing.push(frame([2]));
    await settled();
    carry(sealing, opening);
    await settled();
    expect(bytesOf(opening)).toEqual([[2]]);
  });

  it('[SF8] what was changed or comes twice is dropped; key frames are asked for once a second', async () => {
    keys();
    const [sealing, opening] = [transform(sharer), transform(viewer)];
    await settled();
    tell();
    sealing.push(frame([1, 2, 3]), frame([4, 5, 6]));
    await settled();
    const [first, second] = bytesOf(sealing).map((bytes) => ({
      bytes,
      flipped: bytes.with(1, (bytes[1] ?? 0) ^ 1),
    }));
    if (first === undefined || second === undefined) throw new Error('two were sealed');
    opening.push(frame(first.flipped), frame(first.flipped), frame([9]));
    opening.push(frame(first.bytes), frame(first.bytes));
    await settled();
    expect(bytesOf(opening)).toEqual([[1, 2, 3]]);
    expect(opening.keyFrames).toBe(1);
    viewer.clock.pass(1_000);
    opening.push(frame(second.flipped));
    await settled();
    expect(opening.keyFrames).toBe(2);
    expect(viewer.of('counts').at(-1)).toMatchObject({
      counts: { opened: 1, unauthentic: 3, malformed: 1, replayed: 1, unknownKey: 0 },
    });
  });

  it('[SF3] further encodings have starts of their own, and begin with a key frame', async () => {
    keys();
    const sealing = transform(sharer);
    await settled();
    sealing.push(frame([1]), frame([2], { synchronizationSource: 7 }));
    await settled();
    expect(sharer.announced.map(({ encoding }) => encoding)).toEqual([0, 1]);
    expect(sealing.out).toHaveLength(1);
    expect(sealing.keyFrames).toBe(1);
    sealing.push(frame([3], { synchronizationSource: 7 }));
    await settled();
    const [, second = frame([])] = sealing.out;
    expect(parseFrame(new Uint8Array(second.data))?.trailer.kid).toBe(1);
  });

  it('[SF3] a start out of order is the peer’s breach', () => {
    keys();
    const start = { shareId: SHARE, track: 'video', encoding: 0, inst: randomBytes(16) } as const;
    viewer.desk.handle({ type: 'key', sessionId: SESSION, start: { ...start, kid: 3 } });
    viewer.desk.handle({ type: 'key', sessionId: SESSION, start: { ...start, kid: 3 } });
    expect(viewer.reports).toEqual([{ type: 'bad-start', sessionId: SESSION }]);
  });

  it('[SF11] a share that is over sends and opens nothing more', async () => {
    keys();
    const [sealing, opening] = [transform(sharer), transform(viewer)];
    await settled();
    tell();
    sealing.push(frame([1]));
    await settled();
    const before = sealing.out.slice();
    viewer.desk.handle({ type: 'drop-share', shareId: SHARE });
    sharer.desk.handle({ type: 'drop-share', shareId: SHARE });
    sealing.push(frame([2]));
    carry(sealing, opening);
    await settled();
    expect([sealing.out, opening.out]).toEqual([[], []]);
    expect(before).toHaveLength(1);
    // Its keys are gone with it.
    const again = transform(viewer, { transformId: 1 });
    again.push(...before);
    await settled();
    expect(again.out).toEqual([]);
  });

  it('[SF11] a share that is over before the session’s key is here has none of its own later', async () => {
    sharer.desk.open({ sessionId: SESSION, role: 'i2r', mediaKey: copyBytes(mediaKey) });
    const sealing = transform(sharer);
    await settled();
    sealing.push(frame([1]));
    await settled();
    tell();
    viewer.desk.handle({ type: 'drop-share', shareId: SHARE });
    viewer.desk.open({ sessionId: SESSION, role: 'r2i', mediaKey: copyBytes(mediaKey) });
    const late = transform(viewer);
    carry(sealing, late);
    await settled();
    expect(late.out).toEqual([]);
    // The order of kids counts on ([SF3]).
    tell();
    expect(viewer.reports).toContainEqual({ type: 'bad-start', sessionId: SESSION });
  });

  it('[SF11] a session that is over: its keys are wiped, also those that come too late', async () => {
    const key = copyBytes(mediaKey);
    const sealing = transform(sharer);
    sharer.desk.handle({ type: 'drop-session', sessionId: SESSION });
    sharer.desk.open({ sessionId: SESSION, role: 'i2r', mediaKey: key });
    sealing.push(frame([1]));
    await settled();
    expect([...key]).toEqual(Array.from({ length: 32 }, () => 0));
    expect([sealing.out, sharer.reports]).toEqual([[], []]);
    transform(sharer, { transformId: 1 });
    expect(sharer.reports).toEqual([]);
  });

  it('wipes the key that it is given, and ends with nothing left', async () => {
    const key = copyBytes(mediaKey);
    sharer.desk.open({ sessionId: SESSION, role: 'i2r', mediaKey: key });
    expect(key.some((byte) => byte !== 0)).toBe(false);
    const sealing = transform(sharer);
    await settled();
    sharer.desk.end();
    sealing.push(frame([1]));
    await settled();
    expect(sealing.out).toEqual([]);
  });

  it('a transform that is dropped before its key is here never starts', async () => {
    transform(sharer);
    sharer.desk.handle({ type: 'drop-transform', transformId: 0 });
    keys();
    await settled();
    expect(sharer.reports).toEqual([]);
  });

  it('tells when its frames have an end', async () => {
    keys();
    const opening = transform(viewer, { track: 'audio' });
    await settled();
    opening.close();
    await vi.waitFor(() => expect(viewer.running()).toEqual([true, false]));
  });
});
