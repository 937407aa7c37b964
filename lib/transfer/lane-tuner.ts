import { MAX_LANES } from '../protocol/limits.ts';
import { RateLimit } from '../protocol/rate-limit.ts';
import {
  DOUBT_MS,
  FIRST_TUNES_MS,
  LANE_IDLE_MS,
  LANE_OFFER_WINDOW_MS,
  LANE_RETRY_MS,
  MAX_LANE_OFFERS,
  TUNE_MS,
} from './constants.ts';
import type { Heartbeat } from './heartbeat.ts';
import { LaneController, type LanePlan } from './lane-controller.ts';
import type { LaneDesk } from './lane-desk.ts';
import type { Lanes } from './lanes.ts';
import type { Clock, RandomBytes } from './ports.ts';

export interface LaneTunerDeps {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly lanes: Lanes;
  readonly desk: LaneDesk;
  readonly heartbeat: Heartbeat;
  /** Bytes of this session's transfers that may be sent now and have not been. */
  readonly bytesLeft: () => number;
  /** Lanes to have, whatever they bring: for measurements. Null: what brings most. */
  readonly fixedLanes: number | null;
  readonly fail: (error: unknown) => void;
}

/**
 * While chunks leave: measures, sets watermarks, and brings the number of lanes to what the
 * controller wants. It never drives sending.
 */
export class LaneTuner {
  readonly #deps: LaneTunerDeps;
  readonly #controller = new LaneController();
  readonly #offers: RateLimit;
  #stopTimer: (() => void) | null = null;
  #state: 'idle' | 'ticking' | 'closed' = 'idle';
  /** Of this machine's clock at the last tick, and what has passed in ticks: that only grows. */
  #tickedAt: number | null = null;
  #now = 0;
  /** Ticks since sending began. */
  #ticks = 0;
  #leftBefore = 0;
  #remainingBefore = 0;
  #receivedBefore = 0;
  #retryAt = 0;
  #retryWait = 0;

  constructor(deps: LaneTunerDeps) {
    this.#deps = deps;
    this.#offers = new RateLimit(deps.clock, MAX_LANE_OFFERS / 2, LANE_OFFER_WINDOW_MS);
  }

  /** Bytes a second of late while there was enough to send; null while unknown. */
  get rate(): number | null {
    const { rate } = this.#controller;
    return rate > 0 ? rate : null;
  }

  /** After each chunk. */
  onSent(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'ticking';
    this.#tick();
  }

  /** A lane did not come up, or was lost: no other one is asked for at once. */
  onLost(): void {
    this.#controller.laneFailed(this.#now);
    // Several that fail together are one reason to wait.
    if (this.#now < this.#retryAt) return;
    const { first, max } = LANE_RETRY_MS;
    this.#retryWait = Math.min(max, Math.max(first, this.#retryWait * 2));
    const [dice = 0] = this.#deps.random(1);
    this.#retryAt = this.#now + this.#retryWait * (0.5 + dice / 256);
  }

  onUp(): void {
    this.#retryWait = 0;
  }

  close(): void {
    this.#state = 'closed';
    this.#stopTimer?.();
  }

  #tick(): void {
    const { clock, lanes, heartbeat, bytesLeft, fail } = this.#deps;
    const at = clock.now();
    const elapsed = Math.max(1, at - (this.#tickedAt ?? at));
    this.#tickedAt = at;
    this.#now += elapsed;
    const remaining = bytesLeft();
    const { leftBytes } = lanes;
    if (remaining === 0 && leftBytes === this.#leftBefore) return this.#rest();
    try {
      heartbeat.look();
    } catch (error) {
      return fail(error);
    }
    // With nothing waiting at either end, what left says nothing about the line.
    const busy = remaining > 0 && this.#remainingBefore > 0;
    lanes.tune(elapsed, heartbeat.rttMs, busy);
    this.#leftBefore = leftBytes;
    this.#remainingBefore = remaining;
    if (heartbeat.silentMs >= DOUBT_MS) lanes.inUse = 1;
    else this.#follow(this.#plan(leftBytes, remaining));
    const wait = FIRST_TUNES_MS[this.#ticks++] ?? TUNE_MS;
    this.#stopTimer = clock.after(wait, () => this.#tick());
  }

  #plan(leftBytes: number, remainingBytes: number): LanePlan {
    const { lanes, desk, heartbeat, fixedLanes } = this.#deps;
    const plan = this.#controller.tick({
      now: this.#now,
      leftBytes,
      remainingBytes,
      up: lanes.open,
      count: desk.count,
      rttMs: heartbeat.rttMs,
    });
    if (fixedLanes === null) return plan;
    const count = Math.min(MAX_LANES, Math.max(1, fixedLanes));
    return { use: count, hold: count };
  }

  #follow({ use, hold }: LanePlan): void {
    const { lanes, desk } = this.#deps;
    lanes.inUse = use;
    while (desk.count < hold && this.#now >= this.#retryAt && this.#offers.take()) desk.offer();
    // The peer may be sending over what this side needs no more.
    const { received } = desk;
    if (desk.count > hold && received === this.#receivedBefore) desk.closeOwn();
    this.#receivedBefore = received;
  }

  /** Nothing leaves any more. */
  #rest(): void {
    const { clock, desk, heartbeat } = this.#deps;
    this.#state = 'idle';
    this.#ticks = 0;
    this.#remainingBefore = 0;
    heartbeat.pause();
    if (desk.own === 0) return;
    const { received } = desk;
    this.#stopTimer = clock.after(LANE_IDLE_MS, () => {
      if (this.#state !== 'idle') return;
      if (desk.received !== received) return this.#rest();
      while (desk.own > 0) desk.closeOwn();
    });
  }
}
