import type { Log } from '../../lib/log/entry.ts';
import { sizeClass } from '../../lib/log/size-class.ts';
import type { OffscreenTransfer } from '../../lib/messaging/background-calls.ts';
import type { SignalingView } from '../../lib/messaging/snapshot.ts';

/** What the debug log says of the signaling server: changes, by numbered server and reason. */
export function watchSignaling(log: Log): (view: SignalingView, devicesOnline: number) => void {
  let told = '';
  let before: SignalingView | undefined;
  let toldOnline = 0;
  return (view, devicesOnline) => {
    const reason = view.state === 'offline' ? view.reason : null;
    const now = `${view.state} ${view.url} ${reason}`;
    if (now !== told) {
      told = now;
      log('Signaling', wordsFor(view, before), () => ({
        ...(view.url !== '' && { server: view.url }),
        ...(reason !== null && { reason }),
      }));
    }
    before = view;
    if (devicesOnline !== toldOnline) {
      toldOnline = devicesOnline;
      log('Signaling', 'Devices online', { count: devicesOnline });
    }
  };
}

function wordsFor(view: SignalingView, before: SignalingView | undefined): string {
  switch (view.state) {
    case 'online':
      return 'Online';
    case 'offline':
      return 'Offline';
    case 'connecting':
      if (before === undefined || before.url === '') return 'Connecting';
      if (before.url !== view.url) return 'Trying another server';
      return before.state === 'online' ? 'Lost, connecting again' : 'Connecting again';
  }
}

/** What it says of transfers: each change of state, with kind and rough size, never a name. */
export function watchTransfers(log: Log): (transfers: readonly OffscreenTransfer[]) => void {
  let told = new Map<string, string>();
  let first = true;
  return (transfers) => {
    const now = new Map(transfers.map(({ transferId, state }) => [transferId, state]));
    for (const transfer of transfers) {
      const { transferId, state } = transfer;
      // What was there before this worker is no change.
      if (first || told.get(transferId) === state) continue;
      log('Transfer', transfer.direction === 'out' ? 'Sending' : 'Receiving', () => ({
        transfer: transferId,
        device: transfer.deviceId,
        state,
        kind: transfer.kind,
        count: transfer.count,
        size: sizeClass(transfer.totalBytes),
        ...(transfer.reason !== undefined && { reason: transfer.reason }),
      }));
    }
    told = now;
    first = false;
  };
}
