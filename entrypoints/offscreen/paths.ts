import type { ConnectionPath } from '../../lib/ice/path.ts';

/** A person looking at the popup sees a change within this time. */
const SAMPLE_MS = 2_000;

interface PathsDeps {
  /** Devices with an open connection. */
  readonly connected: () => readonly string[];
  readonly read: (deviceId: string) => Promise<ConnectionPath | undefined>;
  /** A path is another one, or measured anew. */
  readonly changed: (deviceId: string, before: ConnectionPath | null, path: ConnectionPath) => void;
}

/** Which way each connection goes, measured while there are any. */
export class Paths {
  readonly #deps: PathsDeps;
  readonly #paths = new Map<string, ConnectionPath>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: PathsDeps) {
    this.#deps = deps;
  }

  of(deviceId: string): ConnectionPath | null {
    return this.#paths.get(deviceId) ?? null;
  }

  /** After a connection came, went, or changed. */
  refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const connected = this.#deps.connected();
    for (const deviceId of [...this.#paths.keys()])
      if (!connected.includes(deviceId)) this.#paths.delete(deviceId);
    if (connected.length === 0) return;
    this.#timer = setTimeout(() => this.refresh(), SAMPLE_MS);
    for (const deviceId of connected) void this.#sample(deviceId);
  }

  async #sample(deviceId: string): Promise<void> {
    const path = await this.#deps.read(deviceId).catch(() => undefined);
    if (path === undefined || !this.#deps.connected().includes(deviceId)) return;
    const before = this.of(deviceId);
    this.#paths.set(deviceId, path);
    this.#deps.changed(deviceId, before, path);
  }
}
