import { describe, expect, it } from 'vitest';
import {
  QualityController,
  type EncoderParameters,
} from '../../../lib/share/quality-controller.ts';
import {
  DEFAULT_QUALITY,
  hintsOf,
  type QualitySettings,
  type Size,
} from '../../../lib/share/quality.ts';

const TICK_MS = 1000;
const HD: Size = { width: 1280, height: 720 };
const FULL_HD: Size = { width: 1920, height: 1080 };

/** What the line and the machine are like. */
interface Line {
  /** Bits a second. */
  readonly capacity: number;
  readonly rttMs?: number;
  /** Packets that are lost for no reason of ours. */
  readonly loss?: number;
  /** The browser tells no estimate. */
  readonly blind?: boolean;
}

interface Content {
  /** Bits a pixel of a frame that a good picture needs; 0.054 is what the presets are made for. */
  readonly bitsPerPixel: number;
  /** Nanoseconds of encoding for a pixel. */
  readonly pixelCost?: number;
  readonly audio?: boolean;
  readonly source?: Size;
}

const MOVING: Content = { bitsPerPixel: 0.054 };
/** Someone types: hardly a pixel changes. */
const TYPING: Content = { bitsPerPixel: 0.004 };

interface Moment {
  readonly at: number;
  readonly parameters: EncoderParameters;
  /** All bits a second that left. */
  readonly sent: number;
  readonly fps: number;
  readonly strain: number;
  readonly rttMs: number;
  readonly lost: number;
}

/**
 * An encoder that meets its bit rate by coarser quantizing and, at its coarsest, by leaving frames
 * out; a bottleneck with a queue; an estimate that falls behind a drop by a second, grows by 8 % a
 * second, and never past one and a half times what is sent (goog-cc's limit where the application
 * is the wall).
 */
class World {
  readonly controller: QualityController;
  now = 0;
  line: Line;
  content: Content;
  parameters: EncoderParameters | null = null;
  calls = 0;
  sizes = 0;
  readonly history: Moment[] = [];
  #estimate = 300_000;
  /** Bits that wait at the bottleneck. */
  #queue = 0;
  #random: () => number;

  constructor(settings: QualitySettings, line: Line, content: Content, seed = 1) {
    this.controller = new QualityController(settings);
    this.line = line;
    this.content = content;
    this.#random = generator(seed);
  }

  run(ms: number): void {
    for (const end = this.now + ms; this.now < end;) this.step();
  }

  step(): void {
    const { capacity, rttMs = 40, loss = 0, blind = false } = this.line;
    const { bitsPerPixel, pixelCost = 4, audio = false, source = HD } = this.content;
    const before = this.parameters ?? {
      maxBitrate: 300_000,
      maxFramerate: 30,
      scaleResolutionDownBy: 1,
      audioBitrate: 0,
    };
    const pixels = (source.width * source.height) / before.scaleResolutionDownBy ** 2;
    const audioBits = audio ? before.audioBitrate + 38_000 : 0;
    // The browser never encodes for more than its estimate.
    const target = Math.min(before.maxBitrate, Math.max(30_000, this.#estimate - audioBits));
    const encodeMs = (pixels * pixelCost) / 1e6;
    let fps = Math.min(before.maxFramerate, 1000 / encodeMs);
    const good = pixels * bitsPerPixel;
    // A tenth of the bits is the coarsest there is.
    const coarsest = good / 10;
    fps = Math.min(fps, target / coarsest);
    const perFrame = Math.min(good, target / fps);
    const strain = Math.min(1.3, Math.max(-0.5, -0.5 + 1.8 * Math.log10(good / perFrame)));
    const sent = perFrame * fps * (1 + 0.1 * (this.#random() - 0.5)) + audioBits;

    this.#queue = Math.max(0, this.#queue + sent - capacity);
    const room = capacity * 0.5;
    const dropped = Math.max(0, this.#queue - room);
    this.#queue = Math.min(this.#queue, room);
    const lost = Math.min(1, dropped / sent + loss * 2 * this.#random());
    const delay = rttMs + (this.#queue / capacity) * 1000;
    if (sent > capacity) this.#estimate = Math.min(this.#estimate, capacity * 0.85);
    else {
      const most =
        this.history.length < 4 ? capacity : Math.max(this.#estimate, sent * 1.5 + 10_000);
      const growth = this.history.length < 4 ? 4 : 1.08;
      this.#estimate = Math.min(this.#estimate * growth, most, capacity * 1.05);
    }
    this.now += TICK_MS;
    const parameters = this.controller.tick({
      at: this.now,
      loss: lost,
      rttMs: delay,
      available: blind ? null : this.#estimate,
      audio,
      sound: null,
      source,
      encodeMs,
      fps,
      strain,
    });
    if (parameters !== this.parameters) this.calls++;
    if (parameters.scaleResolutionDownBy !== this.parameters?.scaleResolutionDownBy) this.sizes++;
    this.parameters = parameters;
    this.history.push({ at: this.now, parameters, sent, fps, strain, rttMs: delay, lost });
  }

  since(at: number): Moment[] {
    return this.history.filter((moment) => moment.at > at);
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

const SEEDS = Array.from({ length: 40 }, (_, at) => at + 1);
const TEXT: QualitySettings = { quality: 'auto', content: 'text' };
const MOTION: QualitySettings = { quality: 'auto', content: 'motion' };

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function sentPixels(source: Size, { scaleResolutionDownBy }: EncoderParameters): number {
  return (source.width * source.height) / scaleResolutionDownBy ** 2;
}

describe('[SH11] a line that is wide enough', () => {
  for (const settings of [TEXT, MOTION]) {
    it(`${settings.content}: the preset’s whole rate, size and thirty frames, within 5 s`, () => {
      for (const seed of SEEDS) {
        const world = new World(settings, { capacity: 20e6 }, MOVING, seed);
        world.run(5_000);
        expect(world.parameters, `seed ${seed}`).toMatchObject({
          maxBitrate: 1_500_000,
          maxFramerate: 30,
          scaleResolutionDownBy: 1,
        });
        const { calls } = world;
        world.run(120_000);
        expect(world.calls - calls, `seed ${seed}`).toBe(0);
      }
    });
  }

  for (const [quality, source, bitrate, scale] of [
    ['720p', FULL_HD, 1_500_000, 1.5],
    ['1080p', FULL_HD, 3_000_000, 1],
    ['auto', FULL_HD, 3_000_000, 1],
    ['auto', { width: 3840, height: 2160 }, 3_000_000, 2],
    ['4k', { width: 3840, height: 2160 }, 8_000_000, 1],
    ['4k', HD, 8_000_000, 1],
    // A tall window: as tall as a wide one is wide.
    ['720p', { width: 1440, height: 2560 }, 1_500_000, 2],
  ] as const) {
    it(`${quality} of ${source.width} × ${source.height}: ${bitrate} bit/s, a ${scale}th`, () => {
      const content = { ...MOVING, source, pixelCost: 1 };
      const world = new World({ quality, content: 'text' }, { capacity: 50e6 }, content);
      world.run(5_000);
      expect(world.parameters).toMatchObject({
        maxBitrate: bitrate,
        maxFramerate: 30,
        scaleResolutionDownBy: scale,
      });
    });
  }

  it('a choice holds at the next tick, as does another size of the source', () => {
    const world = new World(TEXT, { capacity: 20e6 }, { ...MOVING, source: FULL_HD });
    world.run(5_000);
    world.controller.choose({ quality: '720p', content: 'motion' });
    world.step();
    expect(world.parameters).toMatchObject({ maxBitrate: 1_500_000, scaleResolutionDownBy: 1.5 });
    world.content = { ...MOVING, source: HD };
    world.step();
    expect(world.parameters).toMatchObject({ scaleResolutionDownBy: 1 });
  });
});

describe('[SH11] a line that is narrow', () => {
  it('300 kbit/s: at least 3 frames a second of readable text, below the limit', () => {
    for (const audio of [false, true]) {
      for (const seed of SEEDS) {
        const content = { ...MOVING, audio, source: FULL_HD };
        const world = new World(TEXT, { capacity: 300_000 }, content, seed);
        world.run(60_000);
        const later = world.since(15_000);
        expect(mean(later.map(({ sent }) => sent)), `seed ${seed}`).toBeLessThan(300_000);
        expect(Math.min(...later.map(({ fps }) => fps)), `seed ${seed}`).toBeGreaterThanOrEqual(3);
        for (const { parameters } of later) {
          expect(sentPixels(FULL_HD, parameters)).toBeGreaterThanOrEqual(1280 * 720);
        }
        // The queue stays short: what is on the screen is what the sharer sees.
        expect(mean(later.map(({ rttMs }) => rttMs)), `seed ${seed}`).toBeLessThan(200);
      }
    }
  });

  it('"Sharp text": the frame rate goes before the size, and the size never below 720p', () => {
    const frames: number[] = [];
    for (const capacity of [3e6, 1.5e6, 1e6, 600_000, 300_000, 200_000, 150_000]) {
      const world = new World(TEXT, { capacity }, { ...MOVING, source: FULL_HD });
      world.run(60_000);
      const { parameters } = world;
      if (parameters === null) throw new Error('no parameters');
      frames.push(parameters.maxFramerate);
      // Of the whole size there would be fewer than five.
      if (parameters.maxFramerate >= 10) expect(parameters.scaleResolutionDownBy).toBe(1);
      expect(sentPixels(FULL_HD, parameters)).toBeGreaterThanOrEqual(1280 * 720);
      expect(parameters.maxFramerate).toBeGreaterThanOrEqual(3);
      // What is sent can be read: the frames that went paid for it.
      const strain = mean(world.since(30_000).map((moment) => moment.strain));
      expect(strain, `${capacity}`).toBeLessThan(0.35);
    }
    expect(frames[0]).toBeGreaterThanOrEqual(20);
    expect(frames.at(-1)).toBeLessThanOrEqual(8);
  });

  it('"Smooth motion": the size goes before the frame rate', () => {
    const sizes: number[] = [];
    for (const capacity of [3e6, 1.5e6, 1e6, 600_000, 300_000]) {
      const world = new World(MOTION, { capacity }, { ...MOVING, source: FULL_HD });
      world.run(60_000);
      const { parameters } = world;
      if (parameters === null) throw new Error('no parameters');
      sizes.push(sentPixels(FULL_HD, parameters));
      expect(parameters.maxFramerate, `${capacity}`).toBeGreaterThanOrEqual(20);
    }
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(sizes.at(-1)).toBeLessThan(960 * 540);
  });

  it('a page that hardly changes keeps its frames on a narrow line', () => {
    const world = new World(TEXT, { capacity: 300_000 }, TYPING);
    world.run(60_000);
    expect(world.parameters?.maxFramerate).toBeGreaterThanOrEqual(20);
    expect(world.parameters?.scaleResolutionDownBy).toBe(1);
    // And gives them up within a few seconds when it begins to move.
    world.content = MOVING;
    world.run(6_000);
    expect(world.parameters?.maxFramerate).toBeLessThanOrEqual(15);
    expect(world.history.at(-1)?.strain).toBeLessThan(0.4);
    expect(world.history.at(-1)?.fps).toBeGreaterThanOrEqual(3);
  });

  it('sound has its part, and less of it on a narrow line', () => {
    const bitrates = [20e6, 600_000, 250_000, 150_000].map((capacity) => {
      const world = new World(TEXT, { capacity }, { ...MOVING, audio: true });
      world.run(40_000);
      const last = world.parameters;
      if (last === null) throw new Error('no parameters');
      expect(last.maxBitrate + last.audioBitrate).toBeLessThan(capacity);
      return last.audioBitrate;
    });
    expect(bitrates[0]).toBe(96_000);
    expect(bitrates).toEqual(bitrates.toSorted((a, b) => b - a));
    expect(bitrates.at(-1)).toBe(20_000);
    const silent = new World(TEXT, { capacity: 20e6 }, MOVING);
    silent.run(5_000);
    expect(silent.parameters?.audioBitrate).toBe(0);
  });
});

describe('[SH11] a line that changes', () => {
  for (const settings of [TEXT, MOTION]) {
    for (const audio of [false, true]) {
      const sound = audio ? ', with sound' : '';
      it(`${settings.content}${sound}: a drop to 150 kbit/s and back`, () => {
        for (const seed of SEEDS) {
          const content = { ...MOVING, audio };
          const world = new World(settings, { capacity: 5e6 }, content, seed);
          world.run(20_000);
          world.line = { capacity: 150_000 };
          const drop = world.now;
          world.run(4_000);
          // Down fast: within four seconds nothing more is sent than the line carries.
          expect(world.history.at(-1)?.sent, `seed ${seed}`).toBeLessThan(150_000);
          world.run(60_000);
          const low = world.since(drop + 10_000);
          expect(mean(low.map(({ sent }) => sent)), `seed ${seed}`).toBeLessThan(150_000);
          expect(mean(low.map(({ lost }) => lost)), `seed ${seed}`).toBeLessThan(0.02);
          expect(mean(low.map(({ fps }) => fps)), `seed ${seed}`).toBeGreaterThanOrEqual(2);
          if (settings.content === 'text') {
            for (const { parameters } of low) {
              // Two thirds of each side are left.
              expect(sentPixels(HD, parameters)).toBeGreaterThanOrEqual((1280 * 720) / 2.25);
            }
          }
          world.line = { capacity: 5e6 };
          const back = world.now;
          world.run(60_000);
          expect(world.parameters, `seed ${seed}`).toMatchObject({
            maxBitrate: 1_500_000,
            maxFramerate: 30,
            scaleResolutionDownBy: 1,
          });
          // Up slowly: a line that is back for a moment only is not flooded.
          const soon = world.since(back).filter(({ at }) => at <= back + 5_000);
          expect(Math.max(...soon.map(({ sent }) => sent)), `seed ${seed}`).toBeLessThan(400_000);
        }
      });
    }
  }

  it('a line that goes up and down: no flicker of sizes', () => {
    for (const settings of [TEXT, MOTION]) {
      const world = new World(settings, { capacity: 2e6 }, { ...MOVING, source: FULL_HD });
      world.run(20_000);
      const before = world.sizes;
      for (let i = 0; i < 30; i++) {
        world.line = { capacity: i % 2 === 0 ? 600_000 : 2e6 };
        world.run(4_000);
      }
      // Two minutes: a size is a key frame.
      expect(world.sizes - before, settings.content).toBeLessThanOrEqual(12);
    }
  });

  it('a line that falls step by step: one worse size in two seconds, fewer frames meanwhile', () => {
    const controller = new QualityController(MOTION);
    const tick = (second: number, available: number) =>
      controller.tick({
        at: second * 1000,
        loss: 0,
        rttMs: 40,
        available,
        audio: false,
        sound: null,
        source: FULL_HD,
        encodeMs: 5,
        fps: 25,
        strain: 0.2,
      });
    for (let second = 0; second < 10; second++) tick(second, 20e6);
    const steps = [2_000_000, 1_000_000, 500_000, 250_000, 250_000];
    const seen = steps.map((available, i) => tick(10 + i, available));
    const scales = seen.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy);
    expect(scales[1]).toBe(scales[0]);
    expect(scales[2]).toBeGreaterThan(scales[1] ?? 0);
    expect(scales[3]).toBe(scales[2]);
    expect(scales[4]).toBeGreaterThan(scales[3] ?? 0);
    // The bits go down at once all the same.
    expect(seen.map(({ maxBitrate }) => maxBitrate)).toEqual(steps.map((bits) => bits * 0.9));
  });

  it('noise is no reason to call the browser all the time', () => {
    for (const seed of SEEDS) {
      const world = new World(TEXT, { capacity: 900_000, loss: 0.01 }, MOVING, seed);
      world.run(60_000);
      const before = world.calls;
      world.run(120_000);
      expect(world.calls - before, `seed ${seed}`).toBeLessThan(90);
      expect(world.sizes, `seed ${seed}`).toBeLessThanOrEqual(3);
    }
  });

  it('without an estimate (Firefox) loss and round trip lead', () => {
    for (const seed of SEEDS) {
      const world = new World(TEXT, { capacity: 400_000, blind: true }, MOVING, seed);
      world.run(30_000);
      const later = world.since(15_000);
      expect(mean(later.map(({ sent }) => sent)), `seed ${seed}`).toBeLessThan(450_000);
      expect(mean(later.map(({ lost }) => lost)), `seed ${seed}`).toBeLessThan(0.1);
      world.line = { capacity: 5e6, blind: true };
      world.run(60_000);
      expect(world.parameters?.maxBitrate, `seed ${seed}`).toBe(1_500_000);
    }
  });

  it('losses that are not ours cost some of the rate, not the picture', () => {
    const world = new World(TEXT, { capacity: 5e6, loss: 0.05 }, MOVING);
    world.run(120_000);
    const later = world.since(60_000);
    expect(Math.min(...later.map(({ fps }) => fps))).toBeGreaterThanOrEqual(3);
    expect(mean(later.map(({ parameters }) => parameters.maxBitrate))).toBeGreaterThan(300_000);
  });

  it('another path is measured anew', () => {
    const world = new World(TEXT, { capacity: 150_000 }, MOVING);
    world.run(60_000);
    expect(world.parameters?.maxBitrate).toBeLessThan(150_000);
    world.line = { capacity: 5e6, rttMs: 200 };
    world.controller.pathChanged();
    world.run(2_000);
    expect(world.parameters?.maxBitrate).toBe(1_500_000);
  });

  it('a clock that is set back changes nothing', () => {
    const world = new World(TEXT, { capacity: 400_000 }, MOVING);
    world.run(30_000);
    world.now -= 3_600_000;
    world.line = { capacity: 20e6 };
    world.run(90_000);
    expect(world.parameters).toMatchObject({
      maxBitrate: 1_500_000,
      maxFramerate: 30,
      scaleResolutionDownBy: 1,
    });
  });

  it('a machine that slept was no measurement', () => {
    const world = new World(TEXT, { capacity: 1e6 }, MOVING);
    world.run(60_000);
    world.now += 3_600_000;
    world.run(30_000);
    const last = world.parameters;
    expect(last?.maxBitrate).toBeLessThan(1_000_000);
    expect(last?.maxBitrate).toBeGreaterThan(400_000);
  });
});

describe('[SH11] a processor that is the wall', () => {
  it('"Sharp text": fewer frames of the same size', () => {
    // 60 ms for a frame: thirty of them are not to be had.
    const content = { ...MOVING, source: FULL_HD, pixelCost: 29 };
    const world = new World(TEXT, { capacity: 20e6 }, content);
    world.run(60_000);
    const load = world.since(20_000).map(({ fps }) => (fps * 60) / 1000);
    expect(mean(load)).toBeLessThan(0.85);
    expect(world.parameters?.scaleResolutionDownBy).toBe(1);
    expect(world.parameters?.maxFramerate).toBeGreaterThanOrEqual(8);
  });

  it('"Smooth motion": smaller frames at the same rate', () => {
    const content = { ...MOVING, source: FULL_HD, pixelCost: 29 };
    const world = new World(MOTION, { capacity: 20e6 }, content);
    world.run(60_000);
    expect(world.parameters?.scaleResolutionDownBy).toBeGreaterThan(1);
    expect(world.parameters?.maxFramerate).toBeGreaterThanOrEqual(24);
  });

  it('that is free again: back up, slowly', () => {
    const content = { ...MOVING, source: FULL_HD, pixelCost: 29 };
    const world = new World(TEXT, { capacity: 20e6 }, content);
    world.run(60_000);
    world.content = { ...content, pixelCost: 3 };
    world.run(5_000);
    expect(world.parameters?.maxFramerate).toBeLessThan(30);
    world.run(200_000);
    expect(world.parameters?.maxFramerate).toBe(30);
  });

  it('that had nothing left to give for minutes is not paid back for hours', () => {
    // 230 ms for a frame of the least size: nothing that is asked for can help.
    const content = { ...MOVING, source: FULL_HD, pixelCost: 250 };
    const world = new World(TEXT, { capacity: 20e6 }, content);
    world.run(180_000);
    world.content = { ...content, pixelCost: 3 };
    world.run(400_000);
    expect(world.parameters).toMatchObject({ maxFramerate: 30, scaleResolutionDownBy: 1 });
  });
});

it('[SH11] says something before it knows anything', () => {
  const controller = new QualityController(TEXT);
  const nothing = {
    at: 0,
    loss: null,
    rttMs: null,
    available: null,
    audio: false,
    sound: null,
    source: null,
    encodeMs: null,
    fps: null,
    strain: null,
  };
  const first = controller.tick(nothing);
  expect(first).toEqual({
    maxBitrate: 3_000_000,
    maxFramerate: 30,
    scaleResolutionDownBy: 1,
    audioBitrate: 0,
  });
  expect(controller.tick({ ...nothing, at: 1000 })).toBe(first);
});

it('[SH11] by default text is sharp and the size is found out; what is chosen is told to the track', () => {
  expect(DEFAULT_QUALITY).toEqual({ quality: 'auto', content: 'text' });
  expect(hintsOf('text')).toEqual({
    contentHint: 'text',
    degradationPreference: 'maintain-resolution',
  });
  expect(hintsOf('motion')).toEqual({
    contentHint: 'motion',
    degradationPreference: 'maintain-framerate',
  });
});

it('[SH11] a still picture that a busy machine made small is large again in a minute and a half', () => {
  const controller = new QualityController(MOTION);
  let second = 0;
  const tick = (encodeMs: number) =>
    controller.tick({
      at: ++second * 1000,
      loss: 0,
      rttMs: 5,
      available: 5_000_000,
      audio: false,
      sound: null,
      source: HD,
      encodeMs,
      // Captured eight times a second, whatever may be sent.
      fps: 8,
      strain: 0,
    }).scaleResolutionDownBy;
  let scale = 1;
  for (let i = 0; i < 30; i++) scale = tick(150);
  expect(scale).toBeGreaterThan(2);
  for (let i = 0; i < 90; i++) scale = tick(4);
  expect(scale).toBe(1);
});
