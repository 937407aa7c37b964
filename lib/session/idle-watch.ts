import type { Cancel, Clock } from './ports.ts';

/** A connection without a transfer is closed after this long. */
export const CONNECTION_IDLE_MS = 120_000;
/** The owner itself is given up this long after the last thing it was needed for. */
export const OWNER_IDLE_MS = 30_000;

interface IdleWatchDeps {
  readonly clock: Clock;
  /** True while a transfer or a pairing is under way. */
  readonly busy: () => boolean;
  /** Devices with an open connection. */
  readonly connected: () => readonly string[];
  readonly closeDevice: (deviceId: string) => void;
  /** Nothing is open and nothing happens. */
  readonly idle: () => void;
}

/** Closes what nobody needs: connections first, then whoever owns them. */
export class IdleWatch {
  readonly #deps: IdleWatchDeps;
  #cancel: Cancel = () => {};

  constructor(deps: IdleWatchDeps) {
    this.#deps = deps;
  }

  /** Something happened: all waiting starts anew. */
  touch(): void {
    const { clock, busy, connected, closeDevice, idle } = this.#deps;
    this.#cancel();
    if (busy()) return;
    if (connected().length > 0) {
      this.#cancel = clock.schedule(CONNECTION_IDLE_MS, () => {
        for (const deviceId of connected()) closeDevice(deviceId);
        this.touch();
      });
      return;
    }
    this.#cancel = clock.schedule(OWNER_IDLE_MS, () => {
      idle();
      // Whoever was told may have had a reason to keep us: ask again later.
      this.touch();
    });
  }
}
