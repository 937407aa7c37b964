/**
 * Bits a second that a share may take of its line: down at once, up slowly. The browser's own
 * estimate (RFC 8698's kin, goog-cc) leads where there is one, which sees each packet's loss and
 * delay; where it says nothing, loss and round trip do.
 */

/** What is left of the estimate for other things, and so that no queue stands on the way. */
const SHARE_OF_ESTIMATE = 0.9;
/** Below this nobody could read anything; the browser sends less where the line carries less. */
export const LEAST_BITRATE = 50_000;
/** The browser's estimate begins at 300 kbit/s, whatever the line: it says nothing before. */
const WARM_UP_MS = 3_000;

/** RFC 8888 and goog-cc: under 2 % a line is free, over 10 % it is full. */
const LOSS = { free: 0.02, full: 0.1 } as const;
/** A round trip so much over the shortest: a queue. */
const QUEUE = { factor: 2, ms: 100 } as const;
const QUEUE_CUT = 0.85;
/** A cut must show first. */
const CUT_EVERY_MS = 1_500;

/**
 * After trouble the climb waits, then takes its time, then takes bigger steps. A second's part. Below
 * an estimate there is room that somebody has seen: goog-cc's own climb is as slow.
 */
const HOLD_MS = 3_000;
const CLIMB = { first: 1.08, later: 1.16, laterAfterMs: 15_000 } as const;
/** The shortest round trip of late; an older one was perhaps another way. */
const BASE_MS = 60_000;
/** A report without the estimate now and then says nothing about the line. */
const ESTIMATE_MS = 2_500;
/** A sound that stops for a moment goes on soon. */
const SOUND_MS = 5_000;
/** Samples further apart were no measurement: the machine slept. */
const GAP_MS = 10_000;

/** Opus bits a second by what there is in all. */
const AUDIO_STEPS = [
  { from: 1_000_000, bitrate: 96_000 },
  { from: 500_000, bitrate: 48_000 },
  { from: 200_000, bitrate: 32_000 },
  { from: 0, bitrate: 20_000 },
] as const;
/** Headers of fifty packets a second, and what the frame encryption adds to each ([SF1]). */
const AUDIO_OVERHEAD = 38_000;

export interface LineSample {
  /** Milliseconds that only grow. */
  readonly at: number;
  /** 0 to 1, of a report that is new; null where there is none. */
  readonly loss: number | null;
  readonly rttMs: number | null;
  /** The browser's estimate of what the line carries, bits a second; null where it has none. */
  readonly available: number | null;
  /** Sound is sent as well. */
  readonly audio: boolean;
  /** Bits a second that it took, with all headers: next to none in silence; null: not measured. */
  readonly sound: number | null;
}

export interface Budget {
  readonly video: number;
  readonly audio: number;
}

export class BitBudget {
  #video = Infinity;
  #began: number | null = null;
  #last: number | null = null;
  #troubleAt = -Infinity;
  #cutAt = -Infinity;
  /** Whether the line was ever found to be the wall; before that it is not held back. */
  #wall: 'unknown' | 'met' = 'unknown';
  #trips: { readonly at: number; readonly ms: number }[] = [];
  #estimate: { readonly at: number; readonly bits: number } | null = null;
  #sounds: { readonly at: number; readonly bits: number }[] = [];

  /** @param ceiling bits a second of video */
  tick(sample: LineSample, ceiling: number): Budget {
    const { at } = sample;
    if (this.#last !== null && at - this.#last > GAP_MS) this.#forget();
    if (this.#last !== null && at < this.#last) this.#setBack(at);
    const seconds = this.#last === null ? 0 : Math.max(0, at - this.#last) / 1000;
    this.#last = at;
    this.#began ??= at;
    const before = Math.min(this.#video, ceiling);
    // Held back by nothing but a ceiling, which may be a higher one now.
    const next = this.#wall === 'met' ? before : ceiling;
    const carried = this.#carried(sample);
    // Loss and queues are what an estimate is made of: cut once more for them, half the line lies idle.
    const cut = carried === null ? this.#cut(sample, before) : before;
    if (cut < before || (carried !== null && carried < next)) {
      this.#troubleAt = at;
      this.#wall = 'met';
      this.#video = Math.max(LEAST_BITRATE, carried ?? cut);
    } else if (this.#wall === 'met') {
      const climbed = this.#climb(sample, before, seconds, carried);
      this.#video = Math.min(climbed, carried ?? climbed);
      if (this.#video >= ceiling) this.#wall = 'unknown';
    } else this.#video = ceiling;
    this.#video = Math.min(this.#video, ceiling);
    return { video: this.#video, audio: sample.audio ? audioOf(this.#video) : 0 };
  }

  /** Another path: what was found out is of the one before. */
  forget(): void {
    this.#forget();
    this.#last = null;
  }

  #forget(): void {
    this.#began = null;
    this.#trips = [];
    this.#estimate = null;
    this.#wall = 'unknown';
    this.#troubleAt = this.#cutAt = -Infinity;
  }

  /** The clock, not the line: what is waited for would be far away. */
  #setBack(at: number): void {
    this.#began = at;
    this.#trips = [];
    this.#troubleAt = Math.min(this.#troubleAt, at);
    this.#cutAt = Math.min(this.#cutAt, at);
  }

  /** What the estimate leaves for video; null where it says nothing. */
  #carried(sample: LineSample): number | null {
    const { at, available } = sample;
    if (available !== null) this.#estimate = { at, bits: available };
    const estimate = this.#estimate;
    if (estimate === null || at - estimate.at > ESTIMATE_MS) return null;
    if (at - (this.#began ?? at) < WARM_UP_MS) return null;
    const usable = estimate.bits * SHARE_OF_ESTIMATE;
    return usable - this.#soundOf(sample, usable);
  }

  /** What the sound takes of it. */
  #soundOf({ at, audio, sound }: LineSample, usable: number): number {
    if (!audio) return 0;
    if (sound === null) return audioOf(usable) + AUDIO_OVERHEAD;
    this.#sounds = this.#sounds.filter((one) => at - one.at < SOUND_MS);
    this.#sounds.push({ at, bits: sound });
    return Math.max(...this.#sounds.map(({ bits }) => bits));
  }

  /** What loss and queues leave of it. */
  #cut({ at, loss, rttMs }: LineSample, before: number): number {
    const queued = this.#isQueued(at, rttMs);
    if (at - this.#cutAt < CUT_EVERY_MS) return before;
    const lossy = loss !== null && loss >= LOSS.full;
    if (!lossy && !queued) return before;
    this.#cutAt = at;
    return before * Math.min(lossy ? 1 - loss / 2 : 1, queued ? QUEUE_CUT : 1);
  }

  #isQueued(at: number, rttMs: number | null): boolean {
    if (rttMs === null) return false;
    this.#trips = this.#trips.filter((trip) => at - trip.at < BASE_MS);
    this.#trips.push({ at, ms: rttMs });
    const base = Math.min(...this.#trips.map(({ ms }) => ms));
    return rttMs > base * QUEUE.factor + QUEUE.ms;
  }

  #climb(
    { at, loss }: LineSample,
    before: number,
    seconds: number,
    carried: number | null,
  ): number {
    if (loss !== null && loss >= LOSS.free)
      this.#troubleAt = Math.max(this.#troubleAt, at - HOLD_MS);
    const calm = at - this.#troubleAt;
    if (calm <= HOLD_MS) return before;
    const known = carried !== null || calm > CLIMB.laterAfterMs;
    return before * (known ? CLIMB.later : CLIMB.first) ** seconds;
  }
}

function audioOf(total: number): number {
  return AUDIO_STEPS.find(({ from }) => total >= from)?.bitrate ?? AUDIO_STEPS[3].bitrate;
}
