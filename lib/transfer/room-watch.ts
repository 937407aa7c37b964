import { ROOM_CHECK_MS } from './constants.ts';
import { ignoreFailure } from './context.ts';
import type { Clock, SinkStore } from './ports.ts';

/** Looks for room on a full disk until there is some. */
export class RoomWatch {
  readonly #sinks: SinkStore;
  readonly #clock: Clock;
  #stop: (() => void) | null = null;

  constructor({ sinks, clock }: { readonly sinks: SinkStore; readonly clock: Clock }) {
    this.#sinks = sinks;
    this.#clock = clock;
  }

  /** Whether so many bytes have room, as far as the browser tells. */
  async has(bytes: number): Promise<boolean> {
    try {
      return (await this.#sinks.freeBytes()) >= bytes;
    } catch {
      return false;
    }
  }

  /** Calls `look` after a while, once. */
  wait(look: () => Promise<void>): void {
    this.stop();
    this.#stop = this.#clock.after(ROOM_CHECK_MS, () => ignoreFailure(look()));
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }
}
