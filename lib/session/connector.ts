import { errorCode } from '../errors/index.ts';
import type { Clock } from './ports.ts';

/** First retry after this long, then twice as long each time, while the device is present. */
export const RETRY_MS = 2_000;
export const MAX_RETRIES = 4;

/** How the way to a device stands, for transfers that wait for it. */
export type Reach = 'connecting' | 'offline' | 'unreachable';

interface ConnectorDeps {
  readonly connect: (deviceId: string) => Promise<unknown>;
  readonly hint: (deviceId: string, reach: Reach) => void;
  readonly clock: Clock;
}

/**
 * Brings up a session for a transfer that needs one, again while the device is there. A device that
 * is away is no failure: the transfer waits until it appears and `reach` is called again.
 */
export class Connector {
  readonly #deps: ConnectorDeps;
  readonly #running = new Set<string>();

  constructor(deps: ConnectorDeps) {
    this.#deps = deps;
  }

  /** Never rejects; a second call while the first runs does nothing. */
  async reach(deviceId: string): Promise<void> {
    if (this.#running.has(deviceId)) return;
    this.#running.add(deviceId);
    try {
      for (let attempt = 0; ; attempt += 1) {
        const outcome = await this.#try(deviceId);
        if (outcome === 'connected') return;
        if (outcome === 'offline') return this.#deps.hint(deviceId, 'offline');
        if (attempt === MAX_RETRIES) return this.#deps.hint(deviceId, 'unreachable');
        await new Promise<void>((resolve) => {
          this.#deps.clock.schedule(RETRY_MS * 2 ** attempt, resolve);
        });
      }
    } finally {
      this.#running.delete(deviceId);
    }
  }

  async #try(deviceId: string): Promise<'connected' | 'offline' | 'failed'> {
    this.#deps.hint(deviceId, 'connecting');
    try {
      await this.#deps.connect(deviceId);
      return 'connected';
    } catch (error) {
      const code = errorCode(error);
      return code === 'peer-offline' || code === 'peer-left' || code === 'server-away'
        ? 'offline'
        : 'failed';
    }
  }
}
