/** What a person can do with a transfer, and with one file of it: the buttons of a row. */
import type { Intent } from '../messaging/intents.ts';
import type { FileView, TransferView } from '../messaging/snapshot.ts';
import { hasEnded, isAllHere, neededFile, phaseOf } from './transfer-view.ts';

/** What `transfer/open` does for one, when there is something to open. */
export type OpenAction = 'copy' | 'open' | 'show' | 'save';

export function openActionOf(transfer: TransferView): OpenAction | null {
  if (transfer.direction !== 'in') return null;
  const { kind, state } = transfer;
  const here = state === 'stored' || state === 'saved' || isAllHere(transfer);
  if (kind === 'text') return here ? 'copy' : null;
  if (kind === 'link' || kind === 'page') return here ? 'open' : null;
  if (state === 'saved') return 'show';
  return isAllHere(transfer) ? 'save' : null;
}

/** What helps one on that does not go on, or not as it should, by itself. */
export type HelpAction = 'retry' | 'send-anyway' | 'allow' | 'choose' | 'check-room';

export function helpActionOf(transfer: TransferView): HelpAction | null {
  const { state, reason, direction, retryable, alreadyThere } = transfer;
  if (state === 'needs-you') {
    if (direction === 'in') return reason === 'make-room' ? 'check-room' : null;
    return reason === 'allow-file' ? 'allow' : 'choose';
  }
  // The others go on meanwhile.
  const need = neededFile(transfer);
  if (need !== undefined) return need.reason === 'allow-file' ? 'allow' : 'choose';
  if (retryable === true && hasEnded(transfer)) return 'retry';
  return state === 'delivered' && alreadyThere !== undefined ? 'send-anyway' : null;
}

export function helpIntent(action: HelpAction, transferId: string): Intent {
  switch (action) {
    case 'retry':
      return { type: 'transfer/retry', transferId };
    case 'send-anyway':
      return { type: 'transfer/retry', transferId, force: true };
    case 'allow':
    case 'choose':
      return { type: 'open/sources', transferId };
    case 'check-room':
      return { type: 'transfer/resume', transferId };
  }
}

/** What a person can do about its moving; null where nothing moves or nothing can be done. */
export function pauseActionOf({ state, pausedBy }: TransferView): 'pause' | 'resume' | null {
  if (state === 'transferring') return 'pause';
  // The other side's own pause is for the other side to end, and a connection's for nobody.
  if (state !== 'paused') return null;
  return pausedBy === 'me' || pausedBy === 'both' ? 'resume' : null;
}

/**
 * An offer is answered instead; what is being saved has left the wire, and its bytes are needed a
 * moment longer; what is all here and not saved can only be let go of, as what is over.
 */
export function endActionOf(transfer: TransferView): 'cancel' | 'dismiss' | null {
  const { direction, state } = transfer;
  if (hasEnded(transfer) || isAllHere(transfer)) return 'dismiss';
  const saving = direction === 'in' && (state === 'stored' || state === 'saving');
  return saving || phaseOf(transfer) === 'ask' ? null : 'cancel';
}

export type FileAction = 'pause' | 'resume' | 'cancel' | 'retry';

/** In the order of their buttons. */
export function fileActionsOf(transfer: TransferView, file: FileView): FileAction[] {
  const { state } = file;
  // Of what one receives only all that failed can be asked for.
  if (state === 'failed')
    return transfer.retryable === true && transfer.direction === 'out' ? ['retry'] : [];
  const open = state === 'waiting' || state === 'transferring' || state === 'paused';
  if (!open && state !== 'needs-you') return [];
  if (hasEnded(transfer) || phaseOf(transfer) === 'ask') return [];
  const pause = filePauseActionOf(transfer, file);
  return pause === null ? ['cancel'] : [pause, 'cancel'];
}

function filePauseActionOf(transfer: TransferView, file: FileView): 'pause' | 'resume' | null {
  if (file.state === 'paused')
    return file.pausedBy === 'me' || file.pausedBy === 'both' ? 'resume' : null;
  // What stands still as a whole, or has not begun, has nothing that one file could stop.
  if (transfer.state !== 'transferring' && transfer.state !== 'verifying') return null;
  return file.state === 'waiting' || file.state === 'transferring' ? 'pause' : null;
}

export function fileIntent(action: FileAction, transferId: string, fileId: number): Intent {
  return { type: `transfer/${action}`, transferId, fileId };
}

/** Those that "Clear finished" lets go of: what failed waits for a person's own decision. */
export function clearable(transfers: readonly TransferView[]): TransferView[] {
  return transfers.filter((transfer) => hasEnded(transfer) && transfer.retryable !== true);
}
