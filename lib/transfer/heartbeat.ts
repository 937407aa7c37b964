import { PING_MS, SILENCE_MS } from './constants.ts';
import { SessionError } from './errors.ts';
import type { Clock } from './ports.ts';

/** Round trips that are kept: the shortest of some minutes is the way itself, without queues. */
const KEPT = 150;
/**
 * The first follow one another: on a busy machine most of them measure the machine, and a short way
 * that was taken for a far one gets lanes that bring nothing.
 */
const FIRST = 12;
/** A machine that slept is no silence of the peer. */
const LONGEST_STEP_MS = 2 * PING_MS;

type Beat =
  | { readonly type: 'due' }
  | { readonly type: 'asked'; readonly nonce: number; readonly at: number; silentMs: number }
  | { readonly type: 'answered'; readonly at: number };

/** [LN6] Pings over control while something leaves: the round trip, and whether anybody is there. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #ping: (nonce: number) => void;
  readonly #trips: number[] = [];
  #beat: Beat = { type: 'due' };
  #lastNonce = 0;
  #lookedAt: number | null = null;

  constructor(clock: Clock, ping: (nonce: number) => void) {
    this.#clock = clock;
    this.#ping = ping;
  }

  /** The shortest round trip of late, ms; null before the first. */
  get rttMs(): number | null {
    return this.#trips.length === 0 ? null : Math.min(...this.#trips);
  }

  /** How long the peer has owed an answer while something left, ms. */
  get silentMs(): number {
    return this.#beat.type === 'asked' ? this.#beat.silentMs : 0;
  }

  /** Called again and again while something leaves. @throws SessionError `channel-closed` */
  look(): void {
    const now = this.#clock.now();
    const step = now - (this.#lookedAt ?? now);
    this.#lookedAt = now;
    const beat = this.#beat;
    switch (beat.type) {
      case 'due':
        return this.#ask(now);
      case 'answered':
        if (Math.abs(now - beat.at) >= PING_MS) this.#ask(now);
        return;
      case 'asked':
        beat.silentMs += Math.min(Math.max(step, 0), LONGEST_STEP_MS);
        if (beat.silentMs < SILENCE_MS) return;
        throw new SessionError('channel-closed', 'a silent peer');
    }
  }

  /** Another way: what was measured was the one before. */
  forget(): void {
    this.#trips.length = 0;
  }

  /** Nothing leaves any more: the time until the next look says nothing about the peer. */
  pause(): void {
    this.#lookedAt = null;
  }

  /** @throws SessionError `out-of-state` for an answer to nothing */
  onPong(nonce: number): void {
    const beat = this.#beat;
    if (beat.type !== 'asked' || beat.nonce !== nonce) {
      throw new SessionError('out-of-state', 'a pong without a ping');
    }
    this.#beat = { type: 'answered', at: beat.at };
    const trip = this.#clock.now() - beat.at;
    // A wall clock that was set measures nothing.
    if (trip >= 0 && trip < SILENCE_MS) this.#trips.push(trip);
    if (this.#trips.length > KEPT) this.#trips.shift();
    if (this.#trips.length < FIRST) this.#ask(this.#clock.now());
  }

  #ask(now: number): void {
    this.#lastNonce = (this.#lastNonce + 1) >>> 0;
    this.#beat = { type: 'asked', nonce: this.#lastNonce, at: now, silentMs: 0 };
    this.#ping(this.#lastNonce);
  }
}
