import type { TallowError } from '../errors/index.ts';
import type { Cancel, Clock } from './ports.ts';

/**
 * How long something with secrets lives: until it is kept, ended, or its time is over. Steps awaited
 * through `run` stop when it ends, so a connection that never answers cannot hold up a machine.
 */
export class Lifetime {
  #state: 'running' | 'kept' | 'ended' = 'running';
  #always: (() => void)[] = [];
  #unlessKept: (() => void)[] = [];
  #reject: (error: TallowError) => void = () => undefined;
  readonly #over: Promise<never>;
  readonly #cancelTimeout: Cancel;

  constructor(clock: Clock, timeoutMs: number, onTimeout: () => void) {
    this.#over = new Promise<never>((_resolve, reject) => {
      this.#reject = reject;
    });
    // Often nobody waits when it ends.
    this.#over.catch(() => undefined);
    this.#cancelTimeout = clock.schedule(timeoutMs, onTimeout);
  }

  get state(): 'running' | 'kept' | 'ended' {
    return this.#state;
  }

  /**
   * A secret of the exchange itself (`always`), or something that lives on when it succeeds
   * (`unless-kept`). At once if the lifetime has ended.
   */
  own(cleanup: () => void, when: 'always' | 'unless-kept' = 'always'): void {
    if (this.#state !== 'running') cleanup();
    else (when === 'always' ? this.#always : this.#unlessKept).push(cleanup);
  }

  run<Value>(work: Promise<Value>): Promise<Value> {
    return Promise.race([work, this.#over]);
  }

  /** What it was for belongs to someone else now. The timeout goes on, for what is left to do. */
  handOver(): void {
    this.#unlessKept = [];
    for (const cleanup of this.#always.splice(0)) cleanup();
  }

  /** All is done. */
  keep(): void {
    if (this.#state !== 'running') return;
    this.#state = 'kept';
    this.#cancelTimeout();
    this.handOver();
  }

  /** Idempotent. */
  end(error: TallowError): void {
    if (this.#state !== 'running') return;
    this.#state = 'ended';
    this.#cancelTimeout();
    for (const cleanup of [...this.#unlessKept.splice(0), ...this.#always.splice(0)]) cleanup();
    this.#reject(error);
  }
}
