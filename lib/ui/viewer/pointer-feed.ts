import type { PointerPlace } from './port.ts';

/** Thirty places a second look smooth; [SH10] allows twice as many. */
const INTERVAL_MS = 33;

/** A pointer that rests points at nothing any more: who only watches leaves no mark over there. */
const REST_MS = 3_000;

export interface PointerFeedDeps {
  /** Milliseconds of any clock that does not go back. */
  readonly now: () => number;
  /** Calls `task` once after `ms`; the answer cancels it. */
  readonly after: (ms: number, task: () => void) => () => void;
  readonly post: (at: PointerPlace | null) => void;
}

/** From every move of the pointer to what is told: evenly, the last place always, and its end. */
export class PointerFeed {
  readonly #deps: PointerFeedDeps;
  #next: PointerPlace | null = null;
  #posted: PointerPlace | null = null;
  #postedAt = -Infinity;
  #cancelPost: (() => void) | null = null;
  #cancelRest = () => {};

  constructor(deps: PointerFeedDeps) {
    this.#deps = deps;
  }

  move(at: PointerPlace | null): void {
    this.#cancelRest();
    if (at === null) return this.gone();
    this.#cancelRest = this.#deps.after(REST_MS, () => this.gone());
    this.#next = at;
    if (this.#cancelPost !== null) return;
    const wait = this.#postedAt + INTERVAL_MS - this.#deps.now();
    if (wait <= 0) return this.#post(at);
    this.#cancelPost = this.#deps.after(wait, () => {
      this.#cancelPost = null;
      this.#post(this.#next);
    });
  }

  /** It left the picture, or may no longer be shown. */
  gone(): void {
    this.#cancelRest();
    this.#cancelPost?.();
    this.#cancelPost = null;
    this.#next = null;
    if (this.#posted !== null) this.#post(null);
  }

  #post(at: PointerPlace | null): void {
    this.#posted = at;
    this.#postedAt = this.#deps.now();
    this.#deps.post(at);
  }
}
