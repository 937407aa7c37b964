import { BitBudget, type LineSample } from './bit-budget.ts';
import { FRAME_RATES, planOf, type Plan } from './encoder-plan.ts';
import { ceilingOf, type QualitySettings, type Size } from './quality.ts';

/**
 * What the encoder of one share is set to ([SH11]): fed with a sample a second, down fast and up
 * slowly. A pure machine, driven by `tick`.
 */

/** How busy the encoder may be: beyond, frames are late and the machine is slow for all else. */
const LOAD = { high: 0.85, fine: 0.6 } as const;
const LOAD_CUT = 0.7;
/** Back up by as much as the last second had room for, within these. */
const LOAD_CLIMB = { least: 1.1, most: 2 } as const;
/** Samples of load, one after the other: a single one tells of something else on the machine. */
const LOAD_SAMPLES = 2;
const LOAD_REST_MS = 10_000;

/** The quantizer says how hard the content is: by strain, from 0 (fine) to 1 (a blur). */
const EASY_STRAIN = 0;
/** Edges of letters suffer long before faces do. */
const HARD_STRAIN = { text: 0.3, motion: 0.6 } as const;
const EFFORT = { least: 0.15, most: 2 } as const;
/** A second's factor: what was easy turns hard at once, as when a still page begins to scroll. */
const HARDER = { belowOne: 1.6, aboveOne: 1.2 } as const;
const EASIER = { easy: 0.93, fair: 0.98 } as const;
/** The browser begins with few bits whatever the line, and all content is hard then. */
const FIRST_MS = 4_000;

/** A better frame rate comes a step at a time; a better size costs a key frame, and has to last. */
const FPS_UP_MS = 2_000;
const SIZE_UP_MS = 8_000;
/** What the better plan is made with, so that it is not taken back at once. */
const UP_MARGIN = 0.85;
/** Two sizes worse in a row are two key frames on a line that has no room for one. */
const SIZE_DOWN_MS = 2_000;
/** Smaller changes of the bit rate are not worth a call. */
const BITRATE_STEP = 0.04;

/** About the last second or so; what the browser does not tell is null. */
export interface QualitySample extends LineSample {
  /** What was captured; null before the first frame. */
  readonly source: Size | null;
  /** Milliseconds of encoding for one frame. */
  readonly encodeMs: number | null;
  /** Frames encoded a second. */
  readonly fps: number | null;
  /** From 0, as good as anyone sees, to 1, where the codec would rather send a smaller picture. */
  readonly strain: number | null;
}

/** For `RTCRtpSender.setParameters`; `audioBitrate` for the sound's sender. */
export interface EncoderParameters {
  readonly maxBitrate: number;
  readonly maxFramerate: number;
  readonly scaleResolutionDownBy: number;
  readonly audioBitrate: number;
}

export class QualityController {
  readonly #budget = new BitBudget();
  #settings: QualitySettings;
  #plan: Plan | null = null;
  #parameters: EncoderParameters | null = null;
  #source: Size | null = null;
  #began: number | null = null;
  #last = -Infinity;
  #effort = 1;
  #pixelRate = Infinity;
  #busy = 0;
  #loadAt = -Infinity;
  #fpsAt = -Infinity;
  #sizeAt = -Infinity;
  /** Since when a better size would do. */
  #betterSince: number | null = null;

  constructor(settings: QualitySettings) {
    this.#settings = settings;
  }

  /** A person chose anew: at the next tick all of it holds at once. */
  choose(settings: QualitySettings): void {
    this.#settings = settings;
    this.#plan = null;
  }

  /** Another path, or another connection. */
  pathChanged(): void {
    this.#began = null;
    this.#budget.forget();
  }

  /** Answers the same object as long as nothing is worth a call. */
  tick(sample: QualitySample): EncoderParameters {
    const { quality, content } = this.#settings;
    if (sample.source !== null && !isSame(sample.source, this.#source)) {
      this.#source = sample.source;
      this.#plan = null;
    }
    if (sample.at < this.#last) this.#setBack();
    this.#last = sample.at;
    this.#look(sample);
    const source = this.#source ?? ceilingOf(quality, null);
    const ceiling = ceilingOf(quality, this.#source);
    const { video, audio } = this.#budget.tick(sample, ceiling.bitrate);
    const plan = (bitrate: number): Plan => {
      const [effort, pixelRate] = [this.#effort, this.#pixelRate];
      return planOf({ source, ceiling, content, bitrate, effort, pixelRate });
    };
    const prudent = video < ceiling.bitrate ? video * UP_MARGIN : video;
    this.#plan = this.#next(sample.at, plan(video), plan(prudent));
    return this.#told(video, ceiling.bitrate, audio, this.#plan);
  }

  /** The clock: what is waited for would be far away. */
  #setBack(): void {
    this.#began = null;
    this.#loadAt = this.#fpsAt = this.#sizeAt = -Infinity;
    this.#betterSince = null;
  }

  /** How hard content and processor have it. */
  #look({ at, strain, encodeMs, fps }: QualitySample): void {
    this.#began ??= at;
    if (strain !== null && at - this.#began >= FIRST_MS) this.#weigh(strain);
    if (encodeMs === null || fps === null) return;
    const load = (encodeMs * fps) / 1000;
    this.#busy = load > LOAD.high ? this.#busy + 1 : 0;
    if (this.#busy >= LOAD_SAMPLES) {
      this.#busy = 0;
      this.#loadAt = at;
      // Of what it encodes: a cut that has nothing left to take must not be made up for afterwards.
      this.#pixelRate = Math.min(this.#pixelRate, this.#pixelsOf(fps) * LOAD_CUT);
    } else if (load < LOAD.fine && at - this.#loadAt > LOAD_REST_MS) {
      this.#loadAt = at;
      // A tenth at a time a picture that stands still would be a stamp for minutes.
      const room = (this.#pixelsOf(fps) * LOAD.fine) / load / this.#pixelRate;
      this.#pixelRate *= Math.min(LOAD_CLIMB.most, Math.max(LOAD_CLIMB.least, room || 0));
    }
  }

  #weigh(strain: number): void {
    const effort = this.#effort;
    let factor: number = effort > 1 ? EASIER.fair : 1;
    if (strain <= EASY_STRAIN) factor = EASIER.easy;
    if (strain >= HARD_STRAIN[this.#settings.content]) {
      factor = effort < 1 ? HARDER.belowOne : HARDER.aboveOne;
    }
    this.#effort = Math.max(EFFORT.least, Math.min(EFFORT.most, effort * factor));
  }

  #pixelsOf(fps: number): number {
    if (this.#source === null || this.#plan === null) return Infinity;
    return (fps * this.#source.width * this.#source.height) / this.#plan.scale ** 2;
  }

  /** @param prudent what would still be right with fewer bits */
  #next(at: number, wanted: Plan, prudent: Plan): Plan {
    const now = this.#plan;
    if (now === null) {
      this.#fpsAt = this.#sizeAt = at;
      this.#betterSince = null;
      return wanted;
    }
    const scale = this.#nextScale(at, now, wanted, prudent);
    // Between two sizes the frame rate is the one that goes with the size that is sent.
    if (scale !== now.scale) {
      this.#fpsAt = at;
      return { scale, fps: scale === wanted.scale ? wanted.fps : prudent.fps };
    }
    if (wanted.scale >= scale && wanted.fps < now.fps) {
      this.#fpsAt = at;
      return { scale, fps: wanted.fps };
    }
    if (prudent.fps <= now.fps || at - this.#fpsAt < FPS_UP_MS) return now;
    this.#fpsAt = at;
    return { scale, fps: FRAME_RATES.findLast((rate) => rate > now.fps) ?? now.fps };
  }

  #nextScale(at: number, now: Plan, wanted: Plan, prudent: Plan): number {
    if (prudent.scale >= now.scale) this.#betterSince = null;
    if (wanted.scale > now.scale) {
      if (at - this.#sizeAt < SIZE_DOWN_MS) return now.scale;
      this.#sizeAt = at;
      return wanted.scale;
    }
    if (prudent.scale >= now.scale) return now.scale;
    this.#betterSince ??= at;
    if (at - this.#betterSince < SIZE_UP_MS) return now.scale;
    this.#betterSince = null;
    this.#sizeAt = at;
    return prudent.scale;
  }

  #told(
    video: number,
    most: number,
    audioBitrate: number,
    { fps, scale }: Plan,
  ): EncoderParameters {
    const before = this.#parameters;
    const maxBitrate = Math.round(video);
    if (
      before?.maxFramerate === fps &&
      before.scaleResolutionDownBy === scale &&
      before.audioBitrate === audioBitrate &&
      Math.abs(before.maxBitrate - maxBitrate) < before.maxBitrate * BITRATE_STEP &&
      (video < most || before.maxBitrate === maxBitrate)
    ) {
      return before;
    }
    this.#parameters = {
      maxBitrate,
      maxFramerate: fps,
      scaleResolutionDownBy: scale,
      audioBitrate,
    };
    return this.#parameters;
  }
}

function isSame(a: Size, b: Size | null): boolean {
  return a.width === b?.width && a.height === b.height;
}
