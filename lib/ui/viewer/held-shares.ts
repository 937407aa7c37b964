import type { WatchedShare } from './port.ts';

/**
 * The shares that one page watches: the one that it shows, and those that it showed and can change
 * back to. Who looks at another one, or answers whether to, did not want the first to end.
 */
export class HeldShares {
  readonly #watch: (shareId: string) => () => void;
  readonly #leaves = new Map<string, () => void>();

  constructor(watch: (shareId: string) => () => void) {
    this.#watch = watch;
  }

  /** @param shown of `shares`; undefined: none of them */
  update(shares: readonly WatchedShare[], shown: WatchedShare | undefined): void {
    const on = new Set(shares.filter(isOn).map(({ shareId }) => shareId));
    for (const [shareId, leave] of [...this.#leaves]) {
      if (on.has(shareId)) continue;
      this.#leaves.delete(shareId);
      leave();
    }
    if (shown === undefined || !on.has(shown.shareId) || this.#leaves.has(shown.shareId)) return;
    this.#leaves.set(shown.shareId, this.#watch(shown.shareId));
  }
}

/** Accepted, and not over. */
function isOn({ state }: WatchedShare): boolean {
  return state.type !== 'asked' && state.type !== 'ended';
}
