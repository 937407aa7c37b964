import { afterEach, describe, expect, it, vi } from 'vitest';
import { toHex, type Bytes } from '../../../lib/crypto/bytes.ts';
import type { Direction } from '../../../lib/crypto/direction.ts';
import { EPOCH_MS, parseFrame, type FrameCodec } from '../../../lib/share/frame-format.ts';
import { FrameOpener } from '../../../lib/share/frame-opener.ts';
import { FrameSealer } from '../../../lib/share/frame-sealer.ts';
import { KeyRing, type FrameScope } from '../../../lib/share/key-ring.ts';
import { KidSource } from '../../../lib/share/kid-source.ts';
import { TrackSealer } from '../../../lib/share/track-sealer.ts';
import { counting } from '../crypto/support.ts';
import { FakeClock, fate, frameOf, MEDIA_KEY, nonceBook, sealAll, sealed } from './support.ts';

afterEach(() => vi.restoreAllMocks());

/** One direction of a session, as its sharer and its viewer hold it. */
class Session {
  readonly clock = new FakeClock();
  readonly kids = new KidSource();
  readonly drawn: number[] = [];
  /** Trailers on the wire, in order: `kid/epoch/ctr`. */
  readonly wire: string[] = [];
  readonly #mediaKey: Bytes;
  readonly #dir: Direction;
  readonly #ring: KeyRing;
  readonly #openers = new Map<string, FrameOpener>();

  constructor(mediaKey: Bytes, dir: Direction) {
    this.#mediaKey = mediaKey;
    this.#dir = dir;
    this.#ring = new KeyRing({ mediaKey, dir });
  }

  transform(scope: FrameScope): TrackSealer {
    const queue: { encoding: number; inst: Bytes }[] = [];
    const sealer = new TrackSealer({
      ...{ mediaKey: this.#mediaKey, dir: this.#dir, clock: this.clock },
      announce: (start) => {
        queue.push(start);
        // As over a port: the sealer is there by then.
        queueMicrotask(() => {
          const { encoding, inst } = queue.shift() ?? expect.fail('announced twice');
          const kid = this.kids.next();
          this.drawn.push(kid);
          expect(this.#ring.add({ ...scope, kid, inst, encoding })).toBe('in-time');
          sealer.begin(encoding, kid);
        });
      },
    });
    return sealer;
  }

  /** Seals `count` frames at once, and the viewer opens each. */
  async send(scope: FrameScope, sealer: TrackSealer, source: number, count = 3): Promise<number> {
    const codec: FrameCodec = scope.track === 'audio' ? 'opus' : 'vp8';
    // The first frame of an encoding asks for its kid.
    await sealer.seal(source, new Uint8Array(0), codec);
    const all = Array.from({ length: count }, () => sealer.seal(source, frameOf(40), codec));
    for (const frame of await Promise.all(all.map(sealed))) {
      const { kid, epoch, ctr } = parseFrame(frame)?.trailer ?? expect.fail('no trailer');
      this.wire.push(`${kid}/${epoch}/${ctr}`);
      expect(await fate(this.#opener(scope).open(frame))).toBe('opened');
    }
    return count;
  }

  #opener(scope: FrameScope): FrameOpener {
    const name = `${scope.shareId} ${scope.track}`;
    const opener = this.#openers.get(name) ?? new FrameOpener(this.#ring, scope);
    this.#openers.set(name, opener);
    return opener;
  }
}

function scopeOf(share: number, track: 'video' | 'audio'): FrameScope {
  return { shareId: toHex(counting(16, share)), track };
}

describe('no key and nonce are used twice', () => {
  it('[SF3] over audio and video, encodings, two shares, a restarted worker, an ICE restart', async () => {
    const book = nonceBook();
    const sessions = [
      new Session(MEDIA_KEY, 'i2r'),
      // The other side shares too; and so does this side with another device.
      new Session(MEDIA_KEY, 'r2i'),
      new Session(counting(32, 99), 'i2r'),
    ];
    let sent = 0;
    const scopes = [1, 2].flatMap((share) => [scopeOf(share, 'video'), scopeOf(share, 'audio')]);
    /** Every transform of every share anew: the first time, and when the worker was restarted. */
    const startWorker = () =>
      sessions.flatMap((session) =>
        scopes.map((scope) => ({ session, scope, sealer: session.transform(scope) })),
      );
    const sendAll = async (transforms: ReturnType<typeof startWorker>) => {
      for (const { session, scope, sealer } of transforms) {
        const encodings = scope.track === 'video' ? [10, 20, 30] : [40];
        for (const source of encodings) sent += await session.send(scope, sealer, source);
      }
    };

    const first = startWorker();
    await sendAll(first);
    // An ICE restart: another offer for the same connection; the transforms are the same ones.
    await sendAll(first);
    for (const { clock } of sessions) clock.pass(EPOCH_MS);
    await sendAll(first);
    // The worker died without a word. What it had sealed is out there.
    const second = startWorker();
    await sendAll(second);
    // A connection was replaced: a new transform in the worker that lives.
    await sendAll(startWorker());
    book.close();

    expect(book.repeated()).toEqual([]);
    expect(book.pairs()).toBe(sent);
    // In each session 8 encodings; of the first worker's transforms two epochs.
    expect(book.keys()).toBe(sessions.length * 8 * (2 + 1 + 1));
    for (const { drawn, wire } of sessions) {
      expect(drawn).toEqual(Array.from({ length: 24 }, (_, kid) => kid));
      expect(new Set(wire).size).toBe(wire.length);
    }
  });

  it('[SF3] after an ICE restart, where the counter goes on under the same kid', async () => {
    const session = new Session(MEDIA_KEY, 'i2r');
    const scope = scopeOf(1, 'video');
    const sealer = session.transform(scope);
    await session.send(scope, sealer, 10, 2);
    // The connection finds another path; nobody tells the transform.
    await session.send(scope, sealer, 10, 2);
    expect(session.wire).toEqual(['0/0/0', '0/0/1', '0/0/2', '0/0/3']);
  });

  it('[SF3] even where a kid is given twice', async () => {
    const book = nonceBook();
    for (let worker = 0; worker < 2; worker++) {
      const sealer = new FrameSealer({ mediaKey: MEDIA_KEY, dir: 'i2r', clock: new FakeClock() });
      sealer.begin(0);
      await sealAll(sealer, 3);
    }
    book.close();
    expect(book.repeated()).toEqual([]);
    expect(book.pairs()).toBe(6);
  });

  it('[SF3] which this test would see: two starts with one inst repeat', async () => {
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => array);
    const book = nonceBook();
    for (let worker = 0; worker < 2; worker++) {
      const sealer = new FrameSealer({ mediaKey: MEDIA_KEY, dir: 'i2r', clock: new FakeClock() });
      sealer.begin(worker);
      await sealAll(sealer, 3);
    }
    book.close();
    expect(book.repeated()).toHaveLength(3);
  });
});
