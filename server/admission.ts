import type { IncomingMessage } from 'node:http';
import { addressKey } from './address.ts';
import type { ServerConfig } from './config.ts';

/** Who may open a connection: by origin, by number in all, by number from one address. */
export class Admission {
  readonly #config: ServerConfig;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(config: ServerConfig) {
    this.#config = config;
  }

  get connections(): number {
    return this.#total;
  }

  /** Decided before a connection is made, and without counting it: `opened` does. */
  refusal(request: IncomingMessage): 'origin' | 'capacity' | 'address-capacity' | undefined {
    const { limits } = this.#config;
    if (!this.#allowsOrigin(request.headers.origin)) return 'origin';
    if (this.#total >= limits.connections) return 'capacity';
    const fromAddress = this.#byAddress.get(this.addressOf(request)) ?? 0;
    return fromAddress >= limits.connectionsPerAddress ? 'address-capacity' : undefined;
  }

  /** Counts a connection; the returned function takes it out again. */
  opened(request: IncomingMessage): () => void {
    const address = this.addressOf(request);
    this.#count(address, 1);
    return () => this.#count(address, -1);
  }

  addressOf(request: IncomingMessage): string {
    return addressKey(request, this.#config.trustedProxies);
  }

  #count(address: string, change: 1 | -1): void {
    this.#total += change;
    const count = (this.#byAddress.get(address) ?? 0) + change;
    if (count === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count);
  }

  /** Without the header it is no web page, and whatever else it is could write any header. */
  #allowsOrigin(origin: string | undefined): boolean {
    if (origin === undefined) return true;
    return this.#config.origins.some((allowed) => {
      if (allowed === '*' || allowed === origin) return true;
      return allowed.endsWith('://*') && origin.startsWith(allowed.slice(0, -1));
    });
  }
}
