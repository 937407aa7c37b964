/** How a transfer is shown: words, order, progress, and what can be done with it. */
import type { ReceiveState, SendState, TransferKind, TransferView } from '../messaging/snapshot.ts';
import { formatBytes } from './format.ts';
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

/** Average speed in bytes a second since the first byte; null before it says anything. */
export function speedOf(transfer: TransferView, nowMs: number): number | null {
  const { firstByteAt, doneBytes } = transfer;
  if (transfer.state !== 'transferring' || firstByteAt === undefined) return null;
  const elapsed = nowMs - firstByteAt;
  return elapsed < 500 ? null : (doneBytes * 1000) / elapsed;
}

/** `12 MiB of 32 MiB, 8.1 MiB/s` while it moves, the whole size otherwise. */
export function amountText(transfer: TransferView, nowMs: number): string {
  const total = formatBytes(transfer.totalBytes);
  const { state } = transfer;
  if (state !== 'transferring' && state !== 'paused') return total;
  const amount = text.transfers.of(formatBytes(transfer.doneBytes), total);
  const speed = speedOf(transfer, nowMs);
  return speed === null ? amount : `${amount} · ${text.transfers.perSecond(formatBytes(speed))}`;
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
