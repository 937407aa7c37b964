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
  for (const transfer of running) {
    const kept = shown.get(transfer.transferId);
    // The device may be gone by now; what is kept of it names it still.
    const deviceName = nameOf(transfer.deviceId) || kept?.deviceName || '';
    shown.set(transfer.transferId, { ...transfer, deviceName });
  }
  const sorted = [...shown.values()].sort((a, b) => b.createdAt - a.createdAt);
  let ended = 0;
  return sorted.filter((transfer) => !isEnded(transfer) || ++ended <= RECENT_KEPT);
}

/** As it is kept once it is over; undefined while it is not. */
export function recentOf(
  transfer: OffscreenTransfer,
  deviceName: string,
  now: number,
): RecentTransfer | undefined {
  const ended = { ...transfer, deviceName, endedAt: transfer.endedAt ?? now };
  const parsed = v.safeParse(recentSchema, ended);
  return parsed.success ? parsed.output : undefined;
}

/** Ids that have to go so that the newest `RECENT_KEPT` remain. */
export function surplus(recent: ReadonlyMap<string, RecentTransfer>): string[] {
  return [...recent.values()]
    .sort((a, b) => (b.endedAt ?? b.createdAt) - (a.endedAt ?? a.createdAt))
    .slice(RECENT_KEPT)
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
