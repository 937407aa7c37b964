/** Which of the shares that come to this device one page shows. */
import type { ShareView } from '../../share/views.ts';
import type { WatchedShare } from './port.ts';

export function isWatched(share: ShareView): share is WatchedShare {
  return share.role === 'viewer';
}

export function isOver({ state }: WatchedShare): boolean {
  return state.type === 'ended';
}

/**
 * A page keeps what it shows while that goes on. Once it is over, the page takes one that began
 * later: not an older one, which another page shows already.
 *
 * @param shares in the order they began
 * @param shown id of what was shown or chosen last; null: nothing yet
 * @param left ids of those that are left to other pages unless one is chosen
 */
export function shareToShow(
  shares: readonly WatchedShare[],
  shown: string | null,
  left: ReadonlySet<string> = new Set(),
): WatchedShare | undefined {
  const at = shares.findIndex(({ shareId }) => shareId === shown);
  const current = shares[at];
  if (current !== undefined && !isOver(current)) return current;
  // One that is on comes before one that asks.
  const later = shares.slice(at + 1).filter((share) => !isOver(share) && !left.has(share.shareId));
  return later.findLast(({ state }) => state.type !== 'asked') ?? later.at(-1) ?? current;
}

/** Those that one can change to: all that go on, and the one that is shown. None where it is alone. */
export function sharesToChoose(
  shares: readonly WatchedShare[],
  shown: string | undefined,
): readonly WatchedShare[] {
  const open = shares.filter((share) => !isOver(share) || share.shareId === shown);
  return open.some(({ shareId }) => shareId !== shown) ? open : [];
}
