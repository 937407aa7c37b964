/** Closes what nobody needs: connections first, then the document itself. */

/** A connection without a transfer is closed after this long. */
const CONNECTION_IDLE_MS = 120_000;
/** The document is given up this long after the last thing it was needed for. */
const DOCUMENT_IDLE_MS = 30_000;

interface IdleWatchDeps {
  readonly busyDevices: () => ReadonlySet<string>;
  readonly connected: () => readonly string[];
  readonly pairing: () => boolean;
  readonly closeDevice: (deviceId: string) => void;
  readonly idle: () => void;
}

export class IdleWatch {
  readonly #deps: IdleWatchDeps;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: IdleWatchDeps) {
    this.#deps = deps;
  }

  /** Something happened: all waiting starts anew. */
  touch(): void {
    clearTimeout(this.#timer);
    const { busyDevices, connected, pairing } = this.#deps;
    if (busyDevices().size > 0 || pairing()) return;
    this.#timer =
      connected().length > 0
        ? setTimeout(() => this.#closeConnections(), CONNECTION_IDLE_MS)
        : setTimeout(() => this.#deps.idle(), DOCUMENT_IDLE_MS);
  }

  #closeConnections(): void {
    for (const deviceId of this.#deps.connected()) this.#deps.closeDevice(deviceId);
    this.touch();
  }
}
