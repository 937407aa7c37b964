import { describe, expect, it } from 'vitest';
import { LaneController, type LanePlan } from '../../../lib/transfer/lane-controller.ts';

const MB = 1e6;
const TICK_MS = 250;

/** What the lanes of a simulated line carry. */
interface Line {
  readonly rttMs: number;
  /** Most that one association has under way; with the round trip, its rate. */
  readonly windowBytes: number;
  /** Bytes a second that processor and line carry in all. */
  readonly wall: number;
  /** What each further lane costs at the wall, as a part. */
  readonly laneCost?: number;
  /** Each quarter second is off by up to this part. */
  readonly noise?: number;
  readonly connectMs?: number;
  /** Bytes between two losses, each of which halves a window that grows by a packet a round trip. */
  readonly lossEvery?: number;
}

/** Lanes whose windows double each round trip up to their bound, under one wall. */
class World {
  readonly controller = new LaneController();
  now = 0;
  left = 0;
  remaining: number;
  plan: LanePlan = { use: 1, hold: 1 };
  changes = 0;
  broken = false;
  readonly history: { at: number; use: number; rate: number }[] = [];
  line: Line;
  #windows = [12_000];
  readonly #slowStart = new Set([0, 1, 2, 3, 4, 5, 6, 7]);
  #coming: number[] = [];
  #random: () => number;

  constructor(line: Line, remaining: number, seed = 1) {
    this.line = line;
    this.remaining = remaining;
    this.#random = generator(seed);
  }

  run(ms: number): void {
    for (const end = this.now + ms; this.now < end;) this.step();
  }

  step(): void {
    const { rttMs, windowBytes, wall, laneCost = 0, noise = 0, lossEvery } = this.line;
    const { connectMs = 4 * rttMs } = this.line;
    const used = this.#windows.slice(0, this.plan.use);
    const lanes = used.reduce((sum, window) => sum + window / (rttMs / 1000), 0);
    const bound = wall * (1 - laneCost * (used.length - 1));
    const rate = Math.min(lanes, bound) * (1 + noise * (2 * this.#random() - 1));
    const bytes = Math.min(this.remaining, (rate * TICK_MS) / 1000);
    const each = bytes / used.length;
    this.left += bytes;
    this.remaining -= bytes;
    this.#windows = this.#windows.map((window, at) => {
      if (at >= used.length) return window;
      const trips = TICK_MS / rttMs;
      if (lossEvery === undefined) return Math.min(windowBytes, window * 2 ** trips);
      if (this.#random() < each / lossEvery) {
        this.#slowStart.delete(at);
        return Math.max(12_000, window / 2);
      }
      const grown = this.#slowStart.has(at) ? window * 2 ** trips : window + 1200 * trips;
      return Math.min(windowBytes, grown);
    });
    this.now += TICK_MS;
    const arrived = this.#coming.filter((at) => at <= this.now).length;
    this.#coming = this.#coming.filter((at) => at > this.now);
    if (!this.broken) for (let i = 0; i < arrived; i++) this.#windows.push(12_000);
    this.history.push({ at: this.now, use: used.length, rate: bytes / (TICK_MS / 1000) });
    const plan = this.controller.tick({
      now: this.now,
      leftBytes: this.left,
      remainingBytes: this.remaining,
      up: this.#windows.length,
      count: this.#windows.length + this.#coming.length,
      rttMs,
    });
    if (plan.use !== this.plan.use) this.changes++;
    this.plan = plan;
    while (this.#windows.length + this.#coming.length < plan.hold) {
      this.#coming.push(this.now + connectMs);
    }
    this.#windows.length = Math.min(this.#windows.length, Math.max(plan.hold, 1));
  }

  rateSince(at: number): number {
    const part = this.history.filter((each) => each.at > at);
    return part.reduce((sum, { rate }) => sum + rate, 0) / part.length;
  }

  lanesSince(at: number): number {
    const part = this.history.filter((each) => each.at > at);
    return part.reduce((sum, { use }) => sum + use, 0) / part.length;
  }
}

/** Mulberry32: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SEEDS = Array.from({ length: 60 }, (_, at) => at + 1);

describe('LaneController', () => {
  it('[LN5] begins with one lane', () => {
    const world = new World({ rttMs: 50, windowBytes: 100_000, wall: 100 * MB }, 1000 * MB);
    world.step();
    expect(world.history[0]?.use).toBe(1);
    expect(world.plan.use).toBe(1);
  });

  for (const rttMs of [20, 50, 100, 250]) {
    it(`[LN5] uses eight lanes within 5 s where windows are the wall, at ${rttMs} ms`, () => {
      for (const seed of SEEDS) {
        const line = { rttMs, windowBytes: 150_000, wall: 1000 * MB, noise: 0.03 };
        const world = new World(line, 1e12, seed);
        world.run(6_000);
        const reached = world.history.find(({ use }) => use === 8)?.at;
        expect(reached, `seed ${seed}`).toBeLessThanOrEqual(5_000);
      }
    });
  }

  it('[LN5] carries at least 2.5 times one lane at 50 ms, noise or not', () => {
    const rates = SEEDS.map((seed) => {
      // One lane 2.4 MB/s, a wall at 7: what two small processors gave.
      const line = { rttMs: 50, windowBytes: 120_000, wall: 7 * MB, noise: 0.15 };
      const world = new World(line, 1e12, seed);
      world.run(26_000);
      return world.rateSince(6_000) / 2.4e6;
    });
    expect(median(rates)).toBeGreaterThan(2.5);
  });

  it('[LN5] carries at least 2.8 times one lane at 100 ms, noise or not', () => {
    const rates = SEEDS.map((seed) => {
      const line = { rttMs: 100, windowBytes: 220_000, wall: 7.5 * MB, noise: 0.15 };
      const world = new World(line, 1e12, seed);
      world.run(27_000);
      return world.rateSince(7_000) / 2.2e6;
    });
    expect(median(rates)).toBeGreaterThan(2.8);
  });

  for (const [rttMs, ratio] of [
    [50, 2.5],
    [100, 2.8],
  ] as const) {
    it(`[LN5] where losses halve windows, ${ratio} times one lane at ${rttMs} ms after 10 s`, () => {
      const line = { rttMs, windowBytes: 5e6, wall: 8 * MB, lossEvery: 3e6, noise: 0.1 };
      const ratios = SEEDS.map((seed) => {
        const many = new World(line, 1e12, seed);
        const one = new World(line, 1e12, seed + 1000);
        one.broken = true;
        many.run(30_000);
        one.run(30_000);
        return many.rateSince(10_000) / one.rateSince(10_000);
      });
      expect(median(ratios)).toBeGreaterThan(ratio);
    });
  }

  it('[LN5] on a near line uses four lanes at once, and tries nothing', () => {
    const world = new World({ rttMs: 1, windowBytes: 5_000_000, wall: 9 * MB }, 1e12);
    world.run(60_000);
    expect(world.changes).toBe(1);
    expect(world.history[2]?.use).toBe(4);
    expect(world.plan).toEqual({ use: 4, hold: 4 });
  });

  it('[LN5] on a near line opens none for what is soon gone, and uses those that are up for it', () => {
    const line = { rttMs: 1, windowBytes: 5_000_000, wall: 9 * MB };
    const small = new World(line, 20 * MB);
    small.run(5_000);
    expect(small.remaining).toBe(0);
    expect(small.plan.hold).toBe(1);

    const large = new World(line, 60 * MB);
    large.run(5_000);
    expect(large.remaining).toBeLessThan(20 * MB);
    expect(large.plan).toEqual({ use: 4, hold: 4 });
    // Closed meanwhile, as nothing was sent for a while.
    const { controller, now, left } = large;
    const text = {
      now: now + 20_000,
      leftBytes: left,
      remainingBytes: 1_000,
      up: 1,
      count: 1,
      rttMs: 1,
    };
    expect(controller.tick(text).hold).toBe(1);
  });

  it('[LN5] on a near line the rest goes over as many as are up, and none of them is closed', () => {
    const controller = new LaneController();
    const tick = (now: number, left: number, up: number, count = up) =>
      controller.tick({ now, leftBytes: 0, remainingBytes: left * MB, up, count, rttMs: 1 });
    expect(tick(0, 60, 1)).toEqual({ use: 4, hold: 4 });
    expect(tick(250, 40, 3, 4)).toEqual({ use: 4, hold: 4 });
    // One is late, or was lost.
    expect(tick(500, 30, 3, 4)).toEqual({ use: 4, hold: 4 });
    expect(tick(750, 25, 3)).toEqual({ use: 4, hold: 3 });
    expect(tick(1000, 20, 8)).toEqual({ use: 8, hold: 8 });
  });

  it('[LN5] on a near line where lanes are lost, asks for them less and less often', () => {
    const controller = new LaneController();
    const asked: number[] = [];
    for (let now = 0; now < 300_000; now += TICK_MS) {
      const sample = { now, leftBytes: now, remainingBytes: 1e12, up: 1, count: 1, rttMs: 1 };
      if (controller.tick(sample).hold === 1) continue;
      asked.push(now);
      // All three at once, as when the way is shut for them.
      for (let lane = 0; lane < 3; lane++) controller.laneFailed(now);
    }
    expect(asked).toEqual([0, 15_000, 45_000, 105_000, 225_000]);
  });

  it('[LN5] opens none while nobody has measured the way', () => {
    const controller = new LaneController();
    const sample = { now: 0, leftBytes: 0, remainingBytes: 1e12, up: 1, count: 1, rttMs: null };
    expect(controller.tick(sample)).toEqual({ use: 1, hold: 1 });
  });

  it('[LN5] a near line that becomes a long one: what brings most is found out there', () => {
    const line = { rttMs: 1, windowBytes: 5_000_000, wall: 9 * MB };
    const world = new World(line, 1e12);
    world.run(10_000);
    world.line = { rttMs: 100, windowBytes: 220_000, wall: 1000 * MB };
    world.run(40_000);
    expect(world.plan.use).toBe(8);
    world.line = { rttMs: 100, windowBytes: 5_000_000, wall: 2 * MB };
    world.run(200_000);
    expect(world.plan.use).toBe(1);
  });

  it('[LN5] where the processor is the wall, it is no slower than one lane, and mostly is one', () => {
    for (const seed of SEEDS) {
      const line = { rttMs: 30, windowBytes: 5_000_000, wall: 8 * MB, laneCost: 0.01, noise: 0.1 };
      const world = new World(line, 1e12, seed);
      world.run(120_000);
      expect(world.rateSince(2_000) / (8 * MB), `seed ${seed}`).toBeGreaterThan(0.97);
      expect(world.lanesSince(60_000), `seed ${seed}`).toBeLessThan(2);
    }
  });

  it('[LN5] tries less and less often where it brings nothing', () => {
    const line = { rttMs: 30, windowBytes: 5_000_000, wall: 8 * MB };
    const world = new World(line, 1e13);
    world.run(600_000);
    const before = world.changes;
    expect(before).toBeLessThan(30);
    world.run(600_000);
    expect(world.changes - before).toBeLessThanOrEqual(8);
    expect(world.plan.use).toBe(1);
  });

  it('[LN5] does not thrash where many lanes are right', () => {
    const line = { rttMs: 80, windowBytes: 200_000, wall: 1000 * MB, noise: 0.03 };
    const world = new World(line, 1e13);
    world.run(600_000);
    expect(world.plan.use).toBe(8);
    expect(world.changes).toBeLessThan(20);
    expect(world.lanesSince(10_000)).toBeGreaterThan(7.5);
  });

  it('[LN5] steps back when the wall comes nearer', () => {
    const line = { rttMs: 80, windowBytes: 400_000, wall: 1000 * MB };
    const world = new World(line, 1e13);
    world.run(20_000);
    expect(world.plan.use).toBe(8);
    world.line = { ...line, wall: 4 * MB };
    world.run(120_000);
    expect(world.plan.use).toBe(1);
  });

  it('[LN5] opens none for what is gone before they are up', () => {
    const world = new World({ rttMs: 50, windowBytes: 100_000, wall: 100 * MB }, 6 * MB);
    let held = 1;
    for (let i = 0; i < 40; i++) {
      world.step();
      held = Math.max(held, world.plan.hold);
    }
    // 6 MB at 2 MB/s: three seconds.
    expect(held).toBe(1);
  });

  it('[LN5] opens some for a small file on a slow line: seconds count, not bytes', () => {
    const world = new World({ rttMs: 200, windowBytes: 50_000, wall: 100 * MB }, 4 * MB);
    let held = 1;
    for (let i = 0; i < 40; i++) {
      world.step();
      held = Math.max(held, world.plan.hold);
    }
    expect(held).toBeGreaterThan(1);
  });

  it('[LN5] lanes that do not come up: goes on with what there is, and rarely asks again', () => {
    const world = new World({ rttMs: 60, windowBytes: 150_000, wall: 100 * MB }, 1e13);
    world.broken = true;
    world.run(300_000);
    expect(world.plan.use).toBe(1);
    expect(world.rateSince(10_000)).toBeGreaterThan(2.4 * MB);
    expect(world.changes).toBeLessThan(30);
  });

  it('[LN5] remembers between two transfers, and forgets after a minute', () => {
    const world = new World({ rttMs: 80, windowBytes: 200_000, wall: 1000 * MB }, 1e13);
    world.run(10_000);
    expect(world.plan.use).toBe(8);
    world.now += 20_000;
    world.step();
    expect(world.plan.use).toBe(8);
    world.now += 70_000;
    world.step();
    expect(world.plan.use).toBe(1);
  });

  it('[LN5] one tick a second, as in a hidden page, is enough', () => {
    const controller = new LaneController();
    let use = 1;
    let left = 0;
    for (let now = 0; now <= 20_000; now += 1000) {
      left += use * 2 * MB;
      const sample = { now, leftBytes: left, remainingBytes: 1e12, up: 8, count: 8, rttMs: 60 };
      use = controller.tick(sample).use;
    }
    expect(use).toBe(8);
  });
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
