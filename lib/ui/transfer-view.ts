/** How a transfer is shown: words, order, progress, and what can be done with it. */
import type { ReceiveState, SendState, TransferKind, TransferView } from '../messaging/snapshot.ts';
import { formatBytes, formatSpan } from './format.ts';
import * as text from './text.ts';

/** `active` moves or waits, `ask` wants an answer, the rest is over. */
export type Phase = 'ask' | 'active' | 'attention' | 'good' | 'bad' | 'over';

const sendPhases: Readonly<Record<SendState, Phase>> = {
  preparing: 'active',
  'waiting-for-device': 'active',
  connecting: 'active',
  'waiting-for-accept': 'active',
  transferring: 'active',
  paused: 'active',
  'needs-you': 'attention',
  verifying: 'active',
  delivered: 'good',
  declined: 'bad',
  failed: 'bad',
  cancelled: 'over',
};

const receivePhases: Readonly<Record<ReceiveState, Phase>> = {
  offered: 'ask',
  transferring: 'active',
  paused: 'active',
  verifying: 'active',
  stored: 'active',
  saving: 'active',
  saved: 'good',
  'needs-you': 'attention',
  declined: 'over',
  expired: 'over',
  failed: 'bad',
  cancelled: 'over',
};

/** Text and links are not saved anywhere: they have arrived once they are stored. */
function isWords(kind: TransferKind): boolean {
  return kind === 'text' || kind === 'link' || kind === 'page';
}

export function phaseOf(transfer: TransferView): Phase {
  if (transfer.state === 'stored' && isWords(transfer.kind)) return 'good';
  return transfer.direction === 'out' ? sendPhases[transfer.state] : receivePhases[transfer.state];
}

export function stateText(transfer: TransferView): string {
  if (transfer.state === 'saved' && isWords(transfer.kind)) return text.receivedWords;
  if (transfer.state === 'paused' && transfer.pausedBy !== undefined)
    return text.paused(transfer.pausedBy, transfer.deviceName);
  return transfer.direction === 'out'
    ? text.sendStates[transfer.state]
    : text.receiveStates[transfer.state];
}

export function hasEnded(transfer: TransferView): boolean {
  const phase = phaseOf(transfer);
  return phase === 'good' || phase === 'bad' || phase === 'over';
}

/** What `transfer/open` does for this one, when there is something to open. */
export type OpenAction = 'copy' | 'open' | 'show' | 'save';

export function openActionOf(transfer: TransferView): OpenAction | null {
  if (transfer.direction !== 'in') return null;
  const { kind, state } = transfer;
  const here = state === 'stored' || state === 'saved' || state === 'needs-you';
  if (kind === 'text') return here ? 'copy' : null;
  if (kind === 'link' || kind === 'page') return here ? 'open' : null;
  if (state === 'saved') return 'show';
  return state === 'needs-you' ? 'save' : null;
}

/** Share done from 0 to 1. Something of zero bytes is done when its state says so. */
export function progressOf(transfer: TransferView): number {
  const phase = phaseOf(transfer);
  if (phase === 'good' || phase === 'attention') return 1;
  if (transfer.totalBytes === 0) return 0;
  return Math.min(1, Math.max(0, transfer.doneBytes / transfer.totalBytes));
}

/** Milliseconds until it is done at this speed; null while that cannot be told. */
export function timeLeftOf({ totalBytes, doneBytes, bytesPerSecond }: TransferView): number | null {
  if (bytesPerSecond === undefined || bytesPerSecond < 1) return null;
  return ((totalBytes - doneBytes) * 1000) / bytesPerSecond;
}

/** `12 MiB of 32 MiB · 8.1 MiB/s · 3 s left` while it moves, the whole size otherwise. */
export function amountText(transfer: TransferView): string {
  const total = formatBytes(transfer.totalBytes);
  const { state, bytesPerSecond } = transfer;
  if (state !== 'transferring' && state !== 'paused') return total;
  const amount = text.transfers.of(formatBytes(transfer.doneBytes), total);
  if (state === 'paused' || bytesPerSecond === undefined) return amount;
  const left = timeLeftOf(transfer);
  return [
    amount,
    text.transfers.perSecond(formatBytes(bytesPerSecond)),
    ...(left === null ? [] : [text.transfers.left(formatSpan(Math.max(1_000, left)))]),
  ].join(' · ');
}

/** What a person can do about its moving; null where nothing moves or nothing can be done. */
export function pauseActionOf({ state, pausedBy }: TransferView): 'pause' | 'resume' | null {
  if (state === 'transferring') return 'pause';
  // The other side's own pause is for the other side to end, and a connection's for nobody.
  if (state !== 'paused') return null;
  return pausedBy === 'me' || pausedBy === 'both' ? 'resume' : null;
}

/** Why it came so, where the state alone does not say it, and how it was sent. */
export function remarkText(transfer: TransferView): string {
  const phase = phaseOf(transfer);
  const { reason, note } = transfer;
  const sentences = [
    reason !== undefined && (phase === 'bad' || phase === 'attention') && text.reasonText(reason),
    note !== undefined && text.noteText(note),
  ];
  return sentences.filter((sentence) => typeof sentence === 'string').join(' ');
}

/** `photo.png and 2 more` */
export function titleText({ title, count }: TransferView): string {
  return count > 1 ? `${title} ${text.transfers.more(count - 1)}` : title;
}

const URGENCY: Readonly<Record<Phase, number>> = {
  ask: 0,
  attention: 1,
  active: 2,
  good: 3,
  bad: 3,
  over: 3,
};

/** What asks comes first, then what moves, then what is over; newest first within each. */
export function inOrder(transfers: readonly TransferView[]): TransferView[] {
  return transfers.toSorted(
    (a, b) => URGENCY[phaseOf(a)] - URGENCY[phaseOf(b)] || b.createdAt - a.createdAt,
  );
}
