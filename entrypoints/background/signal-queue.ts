import type { OffscreenCall, Presence } from '../../lib/messaging/offscreen-calls.ts';

type Signal = Extract<OffscreenCall, { type: 'signal' }>;

/** More than any handshake of several devices at once; a flood beyond it is dropped. */
const MAX_WAITING = 512;

export interface SignalQueueDeps {
  /** Opens the document when needed. */
  readonly call: (call: OffscreenCall) => Promise<unknown>;
  /** Answers false where there is no document. */
  readonly callIfOpen: (call: OffscreenCall) => Promise<boolean>;
  readonly presence: () => Presence;
}

type Item = { readonly type: 'presence' } | { readonly message: Signal; readonly opens: boolean };

/**
 * Presence and relayed messages on their way to the document, strictly in the order in which the
 * server gave them: a handshake message must not come before the news of who sent it.
 */
export class SignalQueue {
  readonly #deps: SignalQueueDeps;
  readonly #waiting: Item[] = [];
  #running = false;

  constructor(deps: SignalQueueDeps) {
    this.#deps = deps;
  }

  /** @param opens whether this message is worth opening the document for. */
  push(message: Signal, opens: boolean): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    this.#add({ message, opens });
  }

  presenceChanged(): void {
    // It is read when its turn comes, so one at the end of the queue is enough.
    const last = this.#waiting.at(-1);
    if (!last || !('type' in last)) this.#add({ type: 'presence' });
  }

  #add(item: Item): void {
    this.#waiting.push(item);
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let item = this.#waiting.shift(); item; item = this.#waiting.shift()) {
      try {
        await this.#pass(item);
      } catch {
        // The other side repeats what matters; a handshake that lost a message times out.
      }
    }
    this.#running = false;
  }

  async #pass(item: Item): Promise<void> {
    if ('type' in item) {
      await this.#deps.callIfOpen({ type: 'presence', presence: this.#deps.presence() });
    } else if (item.opens) await this.#deps.call(item.message);
    else await this.#deps.callIfOpen(item.message);
  }
}
