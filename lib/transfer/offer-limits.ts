import { MAX_NEW_OFFERS, OFFER_WINDOW_MS, PACED_NEW_OFFERS } from '../protocol/limits.ts';
import type { Clock } from './ports.ts';
import { RateLimit } from '../protocol/rate-limit.ts';

interface Limits {
  /** What the device offers. */
  readonly incoming: RateLimit;
  /** What it is offered. */
  readonly outgoing: RateLimit;
  /** Ends the wait until it may be offered more. */
  stop: (() => void) | null;
}

/** [TR14] How many new offers each device makes, and is made, over all its sessions. */
export class OfferLimits {
  readonly #clock: Clock;
  readonly #devices = new Map<string, Limits>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one from the device; false when it was one too many. */
  takeIncoming(deviceId: string): boolean {
    return this.#of(deviceId).incoming.take();
  }

  /** Counts one to the device; false when it has to wait, and then `later` is called once. */
  takeOutgoing(deviceId: string, later: () => void): boolean {
    const limits = this.#of(deviceId);
    if (limits.outgoing.take()) return true;
    limits.stop ??= this.#clock.after(limits.outgoing.wait(), () => {
      limits.stop = null;
      later();
    });
    return false;
  }

  forget(deviceId: string): void {
    this.#devices.get(deviceId)?.stop?.();
    this.#devices.delete(deviceId);
  }

  close(): void {
    for (const deviceId of [...this.#devices.keys()]) this.forget(deviceId);
  }

  #of(deviceId: string): Limits {
    const known = this.#devices.get(deviceId);
    if (known !== undefined) return known;
    const limits = {
      incoming: new RateLimit(this.#clock, MAX_NEW_OFFERS, OFFER_WINDOW_MS),
      outgoing: new RateLimit(this.#clock, PACED_NEW_OFFERS, OFFER_WINDOW_MS),
      stop: null,
    };
    this.#devices.set(deviceId, limits);
    return limits;
  }
}
