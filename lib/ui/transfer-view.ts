/** How a transfer is shown: words, order, progress, and what can be done with it. */
import type {
  DeviceView,
  FileView,
  ReceiveState,
  SendState,
  TransferKind,
  TransferView,
} from '../messaging/snapshot.ts';
import { formatBytes, formatSpan } from './format.ts';
import { pathName } from './path-words.ts';
import { LOCK_TRIES } from '../protocol/limits.ts';
import * as text from './text.ts';

/** Longest name of a device within a sentence, characters. */
const BRIEF_NAME = 24;

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
  const { state, kind, pausedBy, cancelledBy } = transfer;
  const deviceName = brief(transfer.deviceName);
  if ((state === 'saved' || state === 'stored') && isWords(kind)) return text.receivedWords;
  if (state === 'paused' && pausedBy !== undefined)
    return isOutOfRoom(transfer)
      ? text.pausedForRoom(deviceName)
      : text.paused(pausedBy, deviceName);
  if (state === 'cancelled' && cancelledBy === 'peer') return text.cancelledBy(deviceName);
  return transfer.direction === 'out'
    ? text.sendStates[transfer.state]
    : text.receiveStates[transfer.state];
}

/** The other device's disk is full, and it said so. */
function isOutOfRoom({ state, reason }: TransferView): boolean {
  return state === 'paused' && reason === 'no-space';
}

export function hasEnded(transfer: TransferView): boolean {
  const phase = phaseOf(transfer);
  return phase === 'good' || phase === 'bad' || phase === 'over';
}

/** Everything has arrived, and only where it goes is still open. */
export function isAllHere({ direction, state, reason }: TransferView): boolean {
  return direction === 'in' && state === 'needs-you' && reason !== 'make-room';
}

/** Share done from 0 to 1. Something of zero bytes is done when its state says so. */
export function progressOf(transfer: TransferView): number {
  if (phaseOf(transfer) === 'good' || isAllHere(transfer)) return 1;
  return shareOf(transfer.doneBytes, transfer.totalBytes);
}

export function shareOf(doneBytes: number, totalBytes: number): number {
  if (totalBytes === 0) return 0;
  return Math.min(1, Math.max(0, doneBytes / totalBytes));
}

/** Milliseconds until it is done at this speed; null while that cannot be told. */
export function timeLeftOf({ totalBytes, doneBytes, bytesPerSecond }: TransferView): number | null {
  if (bytesPerSecond === undefined || bytesPerSecond < 1) return null;
  return ((totalBytes - doneBytes) * 1000) / bytesPerSecond;
}

/** `12 MiB of 32 MiB · 8.1 MiB/s · 3 s left` while it moves, the whole size otherwise. */
export function amountText(transfer: TransferView): string {
  const { state, doneBytes, totalBytes, bytesPerSecond } = transfer;
  const total = formatBytes(totalBytes);
  const begun = doneBytes > 0 && doneBytes < totalBytes;
  const moves = state === 'transferring';
  if (!moves && state !== 'paused' && !(begun && isUnderWay(transfer))) return total;
  const amount = text.transfers.of(formatBytes(doneBytes), total);
  if (!moves || bytesPerSecond === undefined) return amount;
  const left = timeLeftOf(transfer);
  return [
    amount,
    text.transfers.perSecond(formatBytes(bytesPerSecond)),
    ...(left === null ? [] : [text.transfers.left(formatSpan(Math.max(1_000, left)))]),
  ].join(' · ');
}

/** Not over, and not all of it here yet. */
export function isUnderWay(transfer: TransferView): boolean {
  const phase = phaseOf(transfer);
  return phase === 'active' || (phase === 'attention' && !isAllHere(transfer));
}

/** The way it takes to the other device, in words; empty where nothing moves. */
export function pathText(transfer: TransferView, devices: readonly DeviceView[]): string {
  const { state, deviceId } = transfer;
  if (state !== 'transferring' && state !== 'verifying') return '';
  const device = devices.find((one) => one.deviceId === deviceId);
  if (device?.connection !== 'connected' || device.path === null) return '';
  return pathName(device.path);
}

/** One of its files that only a person can make readable again, while others may go on. */
export function neededFile(transfer: TransferView): FileView | undefined {
  if (transfer.direction === 'in' || hasEnded(transfer)) return undefined;
  return transfer.files?.find(({ state }) => state === 'needs-you');
}

/** Why it came so and what helps, where the state alone does not say it, and how it was sent. */
export function remarkText(transfer: TransferView): string {
  const phase = phaseOf(transfer);
  const { reason, note, direction, count, alreadyThere } = transfer;
  const sentences = [
    reason !== undefined &&
      (phase === 'bad' || phase === 'attention') &&
      text.failureText(reason, transfer),
    phase === 'active' && heldText(transfer),
    isOutOfRoom(transfer) && text.pausedForRoomHint,
    alreadyThere !== undefined &&
      phase === 'good' &&
      text.alreadyThere[direction](alreadyThere, count),
    lockText(transfer),
    note !== undefined && text.noteText(note),
  ];
  return sentences.filter((sentence) => typeof sentence === 'string').join(' ');
}

/** Why one of the files does not go, where the others do. */
function heldText(transfer: TransferView): string | false {
  const held = neededFile(transfer);
  return held?.reason !== undefined && text.failureText(held.reason, transfer);
}

/** What the sender's person is told of a password that they set. */
function lockText({ direction, state, lock }: TransferView): string | false {
  if (direction !== 'out' || state !== 'waiting-for-accept' || lock?.type !== 'locked')
    return false;
  return lock.triesLeft < LOCK_TRIES ? text.lock.wrongThere(lock.triesLeft) : text.lock.asked;
}

/** `photo.png and 2 more`; of a file in folders its own name. */
export function titleText(transfer: TransferView): string {
  return [nameText(transfer), othersText(transfer)].filter((part) => part !== '').join(' ');
}

export function nameText({ title, kind }: TransferView): string {
  return isWords(kind) ? title : splitPath(title).name;
}

/** `and 2 more` */
export function othersText({ count }: TransferView): string {
  return count > 1 ? text.transfers.more(count - 1) : '';
}

/** Its folder and its own name: `trip/day 1/` and `north.jpeg`. */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const at = path.lastIndexOf('/') + 1;
  return { folder: path.slice(0, at), name: path.slice(at) };
}

/** A name beside other words in one line, by characters as people count them. */
function brief(name: string): string {
  const letters = Array.from(name);
  return letters.length <= BRIEF_NAME ? name : `${letters.slice(0, BRIEF_NAME - 1).join('')}…`;
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
