/**
 * How many lanes a session sends over ([LN5]): climbs while the sum of what leaves grows, steps back
 * when it does not, and tries less often each time a try brought nothing. A pure machine, driven by
 * `tick`.
 *
 * One association moves at most a window in a round trip, and a window that was halved by a loss
 * grows back by a packet a round trip: on a long way that takes many seconds, and several lanes
 * recover side by side. Where the line is the wall, the sum stays as it is, and one lane is enough.
 *
 * On a near line the processor is the wall, and there is nothing to climb: one association wakes a
 * thread of each process for every packet or two, several have more to do each time. There four lanes
 * are used for whatever is worth their handshakes.
 *
 * On a far line new lanes take seconds to show what they bring, and a single lane goes up and down by
 * half. There it climbs quickly, as long as the sum does not fall, and then has to prove over some
 * seconds that all of it brings more than one lane does.
 */
import { MAX_LANES } from '../protocol/limits.ts';

/** Numbers of lanes that are tried. */
const LEVELS = [1, 2, 4, MAX_LANES] as const;
const TOP = LEVELS.length - 1;

/**
 * Below this round trip windows are no wall: 10 ms of 50 MB/s are half a megabyte, and a halved one
 * is back within a second. Two busy machines side by side measure less.
 */
export const NEAR_MS = 10;
/** The level there, and what has to be left for the handshakes to be worth it. */
const NEAR_LEVEL = 2;
const NEAR_WORTH_BYTES = 32 * 1024 * 1024;
/** Without a loss for so long after a wait, the next one is the first again. */
const NEAR_CALM_MS = 60_000;
/** From here on windows are slow to grow, and the climb is quick. */
const FAR_MS = 20;
/** From here on the first step is from one lane to four. */
const VERY_FAR_MS = 40;

/** What is left must be worth the handshakes: so much, or so long at the present rate. */
const WORTH_BYTES = 8 * 1024 * 1024;
const WORTH_SECONDS = 5;
/** And it must last longer than a try does. */
const TRY_SECONDS = 1.5;

/** New lanes grow their windows for some round trips before they count. */
const SETTLE_ROUND_TRIPS = 6;
const SETTLE_MS = { min: 300, max: 1000, far: 2000 } as const;
/** A look while climbing on a far line; what is compared there; and what is compared elsewhere. */
const MEASURE_MS = { quick: 700, far: 4000, near: 2000 } as const;
/** Lanes that do not come up within this time do not belong to this try. */
const COME_UP_MS = 5_000;

/** A step up stays when the sum grew by so much; a step down when it fell by no more than this. */
const UP_MARGIN = 1.08;
const DOWN_MARGIN = 0.95;
/** Climbing on a far line goes on unless the sum fell by more than this. */
const CLIMB_MARGIN = 0.85;

/** After a step that was taken back, the next one in its direction waits, twice as long each time. */
const UP_WAIT_MS = { first: 15_000, max: 300_000 } as const;
const DOWN_WAIT_MS = { first: 45_000, max: 300_000 } as const;
/** What was found out about a line holds for so long without a transfer. */
const MEMORY_MS = 60_000;
/** Lanes that are not used any more stay for the next try, before they are closed. */
const SPARE_MS = 10_000;
/** Ticks further apart than this were no measurement: nothing was sent, or the machine slept. */
const GAP_MS = 3_000;

export interface LaneSample {
  /** Milliseconds that only grow. */
  readonly now: number;
  /** Bytes that have left, since any start. */
  readonly leftBytes: number;
  /** Bytes that wait to be sent. */
  readonly remainingBytes: number;
  /** Lanes that are up; and with those that are coming up. */
  readonly up: number;
  readonly count: number;
  /** The shortest round trip of late; null while unknown. */
  readonly rttMs: number | null;
}

export interface LanePlan {
  /** Lanes to send over. */
  readonly use: number;
  /** Connections to have: some are brought up ahead, some kept for the next try. */
  readonly hold: number;
}

type Phase =
  /** Waits for lanes to come up, and then for their windows to grow. */
  | { readonly type: 'settling'; readonly since: number; upSince: number | null }
  | { readonly type: 'measuring'; readonly since: number; readonly leftBytes: number }
  /** Nothing is tried; a look at the rate comes before the next try. */
  | { readonly type: 'resting' };

/** A step from `from`, where the sum was `rate`; or the proof of a whole climb. */
interface Try {
  readonly type: 'step' | 'proof';
  readonly from: number;
  readonly rate: number;
}

export class LaneController {
  #level = 0;
  #phase: Phase = { type: 'resting' };
  #try: Try | null = null;
  #upAt = -Infinity;
  #upWait = 0;
  /** As these, for a near line. */
  #nearAt = -Infinity;
  #nearWait = 0;
  #downAt = -Infinity;
  #downWait = 0;
  /** The way up from one lane, which carried `alone` bytes a second; over once it ended. */
  #climb: 'on' | 'over' = 'on';
  #alone = 0;
  #spareUntil = -Infinity;
  #spare = 0;
  #last: LaneSample | null = null;
  /** Bytes a second over the last second or so of having enough to send; for how long there was. */
  #rate = 0;
  #observedMs = 0;

  /** Bytes a second at the last measurement; 0 before the first. */
  get rate(): number {
    return this.#rate;
  }

  tick(sample: LaneSample): LanePlan {
    this.#observe(sample);
    const { now, rttMs } = sample;
    if (rttMs === null || rttMs < NEAR_MS) {
      this.#phase = { type: 'resting' };
      this.#try = null;
      if (rttMs !== null) return this.#near(sample);
      this.#settleAt(0, now);
    } else this.#advance(sample, rttMs);
    return { use: lanesAt(this.#level), hold: this.#hold(sample) };
  }

  /** A lane did not come up, or was lost: whatever is tried is called off. */
  laneFailed(now: number): void {
    if (this.#try !== null) return this.#takeBack(now);
    if ((this.#last?.rttMs ?? NEAR_MS) < NEAR_MS) this.#waitNear(now);
    this.#rest();
  }

  #observe(sample: LaneSample): void {
    const last = this.#last;
    this.#last = sample;
    if (last === null) return;
    const gap = sample.now - last.now;
    if (gap > GAP_MS) {
      this.#try = null;
      this.#phase = { type: 'resting' };
      if (gap > MEMORY_MS) this.#forget();
    } else if (gap > 0 && last.remainingBytes > 0 && sample.remainingBytes > 0) {
      const rate = (sample.leftBytes - last.leftBytes) / (gap / 1000);
      const weight = Math.min(1, gap / 1000);
      this.#observedMs += gap;
      this.#rate = this.#rate === 0 ? rate : this.#rate + (rate - this.#rate) * weight;
    }
  }

  #forget(): void {
    this.#level = 0;
    this.#climb = 'on';
    this.#upAt = this.#downAt = this.#nearAt = -Infinity;
    this.#upWait = this.#downWait = this.#nearWait = 0;
    this.#rate = this.#observedMs = 0;
  }

  #near({ now, remainingBytes, up, count }: LaneSample): LanePlan {
    const worth = remainingBytes >= NEAR_WORTH_BYTES && now >= this.#nearAt;
    this.#level = worth || up > 1 ? NEAR_LEVEL : 0;
    // The rest goes over what there is: nothing is opened for it, and nothing that is in use closed.
    const few = lanesAt(NEAR_LEVEL);
    return { use: Math.max(up, few), hold: worth ? Math.max(count, few) : count };
  }

  /** Several that fail together are one time; each next one takes longer, unless it went well for long. */
  #waitNear(now: number): void {
    if (now < this.#nearAt) return;
    if (now - this.#nearAt > NEAR_CALM_MS) this.#nearWait = 0;
    this.#nearWait = longer(this.#nearWait, UP_WAIT_MS);
    this.#nearAt = now + this.#nearWait;
  }

  #advance(sample: LaneSample, rttMs: number): void {
    const { now, up, leftBytes } = sample;
    const phase = this.#phase;
    switch (phase.type) {
      case 'resting':
        if (this.#mayStep(sample)) this.#phase = { type: 'settling', since: now, upSince: null };
        return;
      case 'settling': {
        if (up < lanesAt(this.#level)) {
          if (now - phase.since > COME_UP_MS) this.laneFailed(now);
          return;
        }
        phase.upSince ??= now;
        if (now - phase.upSince < this.#settleMs(rttMs)) return;
        this.#phase = { type: 'measuring', since: now, leftBytes };
        return;
      }
      case 'measuring': {
        const elapsed = now - phase.since;
        if (elapsed < this.#measureMs(rttMs)) return;
        const rate = (leftBytes - phase.leftBytes) / (elapsed / 1000);
        if (this.#climb === 'on') this.#climbOn(sample, rate, rttMs);
        else this.#judge(sample, rate);
      }
    }
  }

  #measureMs(rttMs: number): number {
    if (rttMs < FAR_MS) return MEASURE_MS.near;
    return this.#climb === 'on' ? MEASURE_MS.quick : MEASURE_MS.far;
  }

  #settleMs(rttMs: number): number {
    if (rttMs >= FAR_MS && this.#climb === 'over') return SETTLE_MS.far;
    return clamp(SETTLE_ROUND_TRIPS * rttMs, SETTLE_MS.min, SETTLE_MS.max);
  }

  #climbOn(sample: LaneSample, rate: number, rttMs: number): void {
    const { now } = sample;
    const tried = this.#try;
    const far = rttMs >= FAR_MS;
    if (tried === null) this.#alone = rate;
    else if (rate < tried.rate * (far ? CLIMB_MARGIN : UP_MARGIN)) {
      this.#takeBack(now);
      if (far && this.#level > 0) this.#prove(now);
      return;
    }
    this.#try = null;
    if (this.#mayStepUp(sample)) return this.#step(this.#stepUp(rttMs), rate, now);
    if (this.#level === 0) return this.#rest();
    this.#climb = 'over';
    if (far) this.#prove(now);
    else this.#stay(now);
  }

  /** Whether all that was climbed brings more than one lane did. */
  #prove(now: number): void {
    this.#try = { type: 'proof', from: 0, rate: this.#alone };
    this.#phase = { type: 'settling', since: now, upSince: null };
  }

  /** What the measurement at this level says, and what is tried next. */
  #judge(sample: LaneSample, rate: number): void {
    const { now } = sample;
    const tried = this.#try;
    const wentUp = tried !== null && tried.from < this.#level;
    const wentDown = tried !== null && tried.from > this.#level;
    if (wentUp && rate < tried.rate * UP_MARGIN) {
      // What one lane carried was looked at for less than a second: it is looked at again.
      return tried.type === 'proof' ? this.#step(0, rate, now) : this.#takeBack(now);
    }
    if (wentDown && rate < tried.rate * DOWN_MARGIN) return this.#takeBack(now);
    this.#try = null;
    if (wentUp) this.#stay(now);
    else if (wentDown) this.#waitToGoUp(now);
    if (this.#mayStepUp(sample)) this.#step(this.#level + 1, rate, now);
    else if (this.#mayStepDown(sample)) this.#step(this.#level - 1, rate, now);
    else this.#rest();
  }

  /** More brought more. */
  #stay(now: number): void {
    this.#upWait = 0;
    this.#downWait = DOWN_WAIT_MS.first;
    this.#downAt = now + this.#downWait;
    this.#rest();
  }

  #waitToGoUp(now: number): void {
    this.#upWait = longer(this.#upWait, UP_WAIT_MS);
    this.#upAt = now + this.#upWait;
  }

  #step(to: number, rate: number, now: number): void {
    this.#try = { type: 'step', from: this.#level, rate };
    this.#settleAt(to, now);
    this.#phase = { type: 'settling', since: now, upSince: null };
  }

  /** Back to where the try came from; the next one in its direction waits longer. */
  #takeBack(now: number): void {
    const tried = this.#try;
    this.#try = null;
    this.#climb = 'over';
    if (tried === null) return;
    if (tried.from < this.#level) {
      this.#waitToGoUp(now);
      // More brought nothing: maybe even fewer are enough.
      this.#downAt = now;
    } else {
      this.#downWait = longer(this.#downWait, DOWN_WAIT_MS);
      this.#downAt = now + this.#downWait;
    }
    this.#settleAt(tried.from, now);
    this.#rest();
  }

  #rest(): void {
    this.#phase = { type: 'resting' };
  }

  #settleAt(level: number, now: number): void {
    if (level < this.#level) {
      this.#spare = lanesAt(this.#level);
      this.#spareUntil = now + SPARE_MS;
    }
    this.#level = level;
  }

  #stepUp(rttMs: number): number {
    return Math.min(TOP, this.#level + (this.#level === 0 && rttMs >= VERY_FAR_MS ? 2 : 1));
  }

  #mayStep(sample: LaneSample): boolean {
    return this.#mayStepUp(sample) || this.#mayStepDown(sample);
  }

  #mayStepUp(sample: LaneSample): boolean {
    return this.#level < TOP && sample.now >= this.#upAt && this.#worth(sample.remainingBytes);
  }

  #mayStepDown({ now }: LaneSample): boolean {
    return this.#level > 0 && now >= this.#downAt;
  }

  #worth(remainingBytes: number): boolean {
    // Windows still grow in the first second: what is left would seem to last for ever.
    if (this.#observedMs < 1000) return remainingBytes >= WORTH_BYTES;
    const seconds = this.#rate > 0 ? remainingBytes / this.#rate : Infinity;
    return seconds >= TRY_SECONDS && (remainingBytes >= WORTH_BYTES || seconds >= WORTH_SECONDS);
  }

  #hold(sample: LaneSample): number {
    const { now, rttMs } = sample;
    const used = lanesAt(this.#level);
    // Handshakes take round trips: while this level is looked at, the next one's lanes come up.
    const ahead =
      this.#climb === 'on' && rttMs !== null && rttMs >= FAR_MS && this.#mayStepUp(sample)
        ? lanesAt(this.#stepUp(rttMs))
        : 0;
    const spare = now < this.#spareUntil ? this.#spare : 0;
    return Math.max(used, ahead, spare);
  }
}

/** The wait after one of `ms` that was in vain. */
function longer(ms: number, { first, max }: { readonly first: number; readonly max: number }) {
  return clamp(ms * 2, first, max);
}

function lanesAt(level: number): number {
  return LEVELS[level] ?? 1;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
