import { QUIET_MS } from './constants.ts';
import type { Cancel, Clock, SocketAddress } from './ports.ts';

/** Sockets whose hellos wait; further ones are dropped. */
const MAX_DEFERRED = 8;

/**
 * A pause after a failed handshake. One forged or lost hello can leave both sides one nonce apart;
 * if each answered at once, every answer would cross the other's next k1, for ever. Hellos that come
 * in the pause are answered after it, when nothing is on its way any more.
 */
export class QuietTime<Hello> {
  readonly #clock: Clock;
  readonly #after: (from: SocketAddress, hello: Hello) => void;
  readonly #deferred = new Map<string, { from: SocketAddress; hello: Hello }>();
  #cancel: Cancel | undefined;

  constructor(clock: Clock, after: (from: SocketAddress, hello: Hello) => void) {
    this.#clock = clock;
    this.#after = after;
  }

  begin(): void {
    this.#cancel?.();
    this.#cancel = this.#clock.schedule(QUIET_MS, () => {
      this.#cancel = undefined;
      const waiting = [...this.#deferred.values()];
      this.#deferred.clear();
      for (const { from, hello } of waiting) this.#after(from, hello);
    });
  }

  /** @returns whether it is quiet: then the hello waits, and a later one of its socket replaces it. */
  defer(from: SocketAddress, hello: Hello): boolean {
    if (this.#cancel === undefined) return false;
    if (this.#deferred.size < MAX_DEFERRED || this.#deferred.has(from.target)) {
      this.#deferred.set(from.target, { from, hello });
    }
    return true;
  }

  /** The sockets are gone. */
  forget(): void {
    this.#deferred.clear();
  }
}
