import type { OffscreenTransfer } from '../../lib/messaging/background-calls.ts';
import type { TransferView } from '../../lib/messaging/snapshot.ts';
import * as v from 'valibot';
import { recentSchema, type RecentTransfer } from '../../lib/storage/schemas.ts';

/** Transfers that are over and still shown. */
export const RECENT_KEPT = 50;

/** What the document has, and what is over and was kept, newest first. */
export function transfersView(
  running: readonly OffscreenTransfer[],
  recent: Iterable<RecentTransfer>,
  nameOf: (deviceId: string) => string,
): TransferView[] {
  const shown = new Map<string, TransferView>();
  for (const kept of recent) shown.set(kept.transferId, kept);
  const full = shown.size >= RECENT_KEPT;
  for (const transfer of running) {
    const kept = shown.get(transfer.transferId);
    // It made room for newer ones, whether the document remembers it or not.
    if (!kept && full && isEnded(transfer)) continue;
    // The device may be gone by now; what is kept of it names it still.
    const deviceName = nameOf(transfer.deviceId) || kept?.deviceName || '';
    // What was written down when it ended holds; a document made anew has it from its own records.
    const endedAt = isEnded(transfer) ? (kept?.endedAt ?? transfer.endedAt) : undefined;
    shown.set(transfer.transferId, {
      ...transfer,
      deviceName,
      ...(endedAt !== undefined && { endedAt }),
    });
  }
  const all = [...shown.values()];
  const left = new Set(newestEnded(all.filter(isEnded)));
  return all
    .filter((transfer) => !isEnded(transfer) || left.has(transfer))
    .sort((a, b) => b.createdAt - a.createdAt);
}

/** Those that are kept of transfers that are over: the last to end. */
function newestEnded<T extends TransferView>(ended: Iterable<T>): T[] {
  return [...ended].sort((a, b) => endOf(b) - endOf(a)).slice(0, RECENT_KEPT);
}

/** When it was over; one that does not say so is as old as its beginning. */
export function endOf({ endedAt, createdAt }: Pick<TransferView, 'endedAt' | 'createdAt'>): number {
  return endedAt ?? createdAt;
}

/** As it is kept once it is over; undefined while it is not. */
export function recentOf(
  transfer: OffscreenTransfer,
  deviceName: string,
): RecentTransfer | undefined {
  const parsed = v.safeParse(recentSchema, { ...transfer, deviceName, endedAt: endOf(transfer) });
  return parsed.success ? parsed.output : undefined;
}

/** Ids that have to go so that the newest `RECENT_KEPT` remain. */
export function surplus(recent: ReadonlyMap<string, RecentTransfer>): string[] {
  const kept = new Set(newestEnded(recent.values()));
  return [...recent.values()]
    .filter((transfer) => !kept.has(transfer))
    .map(({ transferId }) => transferId);
}

export function isEnded({ state }: Pick<TransferView, 'state'>): boolean {
  switch (state) {
    case 'delivered':
    case 'saved':
    case 'declined':
    case 'expired':
    case 'failed':
    case 'cancelled':
      return true;
    default:
      return false;
  }
}
