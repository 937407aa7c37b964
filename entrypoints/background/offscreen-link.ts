import type { OffscreenCall } from '../../lib/messaging/offscreen-calls.ts';
import { PlatformError } from '../../lib/platform/errors.ts';
import type { OffscreenHost } from '../../lib/platform/offscreen-host.ts';

/** From creating the document to its `ready`: it opens databases and starts its worker. */
const READY_TIMEOUT_MS = 15_000;

/** A page that asked for the document hands its files over within this time, or not at all. */
const HAND_OVER_MS = 15_000;

export interface OffscreenLinkDeps {
  readonly host: OffscreenHost;
  readonly call: (call: OffscreenCall) => Promise<unknown>;
  /** True while something outside the document needs it, e.g. a download of its blob. */
  readonly needed: () => boolean;
  /** Runs before each call to a document that is there, which must know something first. */
  readonly before?: () => Promise<void>;
  /** The document closed or is gone. */
  readonly onGone: () => void;
  /** Its answer to `state/get`, when this worker finds a document that an earlier one opened. */
  readonly onState: (state: unknown) => void;
  readonly now?: () => number;
}

type Phase =
  | { readonly state: 'unknown' }
  | { readonly state: 'closed' }
  | { readonly state: 'ready' }
  | { readonly state: 'closing'; readonly done: Promise<void> };

/**
 * The one way to the offscreen document: opens it when it is needed, one opening at a time, and
 * closes it when it is idle. Every call may find that the document died, and opens another.
 */
export class OffscreenLink {
  readonly #deps: OffscreenLinkDeps;
  readonly #now: () => number;
  #phase: Phase = { state: 'unknown' };
  #opening: Promise<void> | undefined;
  #onReady: (() => void) | undefined;
  #inFlight = 0;
  #heldUntil = 0;
  /** The document said so, and nothing was asked of it since. */
  #idle = false;

  constructor(deps: OffscreenLinkDeps) {
    this.#deps = deps;
    this.#now = deps.now ?? Date.now;
  }

  /** Resolves when the document is there and answers. @throws PlatformError */
  ensure(): Promise<void> {
    this.#idle = false;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** @throws PlatformError, CallError */
  async call(call: OffscreenCall): Promise<unknown> {
    this.#inFlight += 1;
    try {
      await this.ensure();
      await this.#deps.before?.();
      return await this.#deps.call(call);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** For what matters only to a document that is there; false when there is none. */
  async callIfOpen(call: OffscreenCall): Promise<boolean> {
    if (!(await this.#isOpen())) return false;
    await this.#deps.before?.();
    return await this.tell(call);
  }

  /** Of what `before` has to say: the same, without it. */
  async tell(call: OffscreenCall): Promise<boolean> {
    if (!this.#isReady()) return false;
    try {
      await this.#deps.call(call);
      return true;
    } catch {
      await this.#notice();
      return false;
    }
  }

  /** The document's first word; a new document may come at any time, e.g. after a crash. */
  ready(): void {
    this.#phase = { state: 'ready' };
    this.#onReady?.();
  }

  /** Keeps the document while a page hands files to it. */
  async ensureForHandOver(): Promise<void> {
    this.#heldUntil = this.#now() + HAND_OVER_MS;
    await this.ensure();
  }

  /** The document said that it has nothing to do. */
  async idle(): Promise<void> {
    this.#idle = true;
    await this.closeIfIdle();
  }

  /** It did something: whatever it said about being idle is over. */
  active(): void {
    this.#idle = false;
  }

  async closeIfIdle(): Promise<void> {
    if (!this.#idle || this.#phase.state !== 'ready' || this.#opening) return;
    if (this.#inFlight > 0 || this.#deps.needed() || this.#now() < this.#heldUntil) return;
    const done = this.#deps.host.close().catch(() => undefined);
    this.#phase = { state: 'closing', done };
    await done;
    if (this.#phase.state === 'closing') this.#gone();
  }

  /** At the worker's start: takes over a document that an earlier worker opened. */
  async adopt(): Promise<boolean> {
    if (!(await this.#deps.host.exists())) {
      if (this.#phase.state === 'unknown') this.#phase = { state: 'closed' };
      return false;
    }
    await this.ensure();
    return true;
  }

  /** It may have crashed: its port closed, or nobody looked for a while. */
  async lost(): Promise<void> {
    await this.#notice();
  }

  async #open(): Promise<void> {
    if (this.#phase.state === 'closing') await this.#phase.done;
    if (await this.#deps.host.exists()) {
      if (this.#phase.state === 'ready') return;
      try {
        this.#deps.onState(await this.#deps.call({ type: 'state/get' }));
        this.#phase = { state: 'ready' };
        return;
      } catch {
        // Not listening yet: another worker began to open it, and it will say when it is ready.
      }
    } else {
      this.#phase = { state: 'closed' };
    }
    await this.#create();
  }

  async #create(): Promise<void> {
    const ready = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new PlatformError('offscreen-failed', 'no ready in time')),
        READY_TIMEOUT_MS,
      );
      this.#onReady = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    // Marked as handled: `create` may fail first, and then nobody waits for it.
    ready.catch(() => undefined);
    try {
      await this.#deps.host.create();
      if (!this.#isReady()) await ready;
    } catch (error) {
      this.#phase = { state: 'closed' };
      // One that never became ready would be in the way of the next.
      await this.#deps.host.close().catch(() => undefined);
      throw error;
    } finally {
      this.#onReady?.();
      this.#onReady = undefined;
    }
  }

  /** A worker that has just begun finds out first: the document of an earlier one may be there. */
  async #isOpen(): Promise<boolean> {
    if (this.#phase.state === 'unknown') await this.adopt().catch(() => false);
    return this.#isReady();
  }

  // A method, because `ready()` changes the phase behind an `await`.
  #isReady(): boolean {
    return this.#phase.state === 'ready';
  }

  async #notice(): Promise<void> {
    if (this.#phase.state === 'ready' && !(await this.#deps.host.exists())) this.#gone();
  }

  #gone(): void {
    this.#phase = { state: 'closed' };
    this.#idle = false;
    this.#deps.onGone();
  }
}
