/** What views see of one transfer: the engine's snapshot in the contract's words. */
import { isTextKind, type TransferKind } from '../protocol/kinds.ts';
import type { FileSnapshot, TransferSnapshot } from '../transfer/records.ts';
import { ended, type ReceiveState as EngineReceiveState } from '../transfer/states.ts';
import type { OffscreenTransfer } from './background-calls.ts';
import { VIEW_FILES, type FileState, type FileView, type ReceiveState } from './snapshot.ts';

/** What is known of a transfer before the engine has it, and what the engine need not know. */
export interface Draft {
  readonly transferId: string;
  readonly deviceId: string;
  readonly kind: TransferKind;
  readonly title: string;
  readonly createdAt: number;
  readonly note?: string;
  /** Set when it ended before the engine got it. */
  readonly ended?:
    | { readonly state: 'failed'; readonly reason: string; readonly at: number }
    | { readonly state: 'cancelled'; readonly at: number };
}

/** What the board knows beside the engine. */
export interface Beside {
  readonly draft: Draft | undefined;
  readonly title: string;
  /** Null while it cannot be told. */
  readonly bytesPerSecond: number | null;
}

export function viewOf(
  snapshot: TransferSnapshot,
  { draft, title, bytesPerSecond }: Beside,
): OffscreenTransfer {
  const { state } = snapshot;
  const reason = reasonOf(snapshot);
  const many = !isTextKind(snapshot.kind) && snapshot.count > 1;
  const files = many ? filesOf(snapshot) : [];
  // Not the peer's note: a view takes this for the code of a sentence of this side.
  const note = noteOf(snapshot, draft);
  const base = {
    transferId: snapshot.transferId,
    deviceId: snapshot.deviceId,
    kind: snapshot.kind,
    title: draft?.title ?? title,
    count: snapshot.count,
    totalBytes: snapshot.totalBytes,
    doneBytes: snapshot.doneBytes,
    wireBytes: snapshot.wireBytes,
    createdAt: draft?.createdAt ?? snapshot.createdAt,
    ...(reason !== undefined && { reason }),
    ...(state.type === 'paused' && { pausedBy: state.by }),
    ...(state.type === 'cancelled' && { cancelledBy: state.by }),
    ...(bytesPerSecond !== null && { bytesPerSecond: Math.round(bytesPerSecond) }),
    ...(snapshot.endedAt !== null && { endedAt: snapshot.endedAt }),
    ...(snapshot.firstByteAt !== null && { firstByteAt: snapshot.firstByteAt }),
    ...(note !== undefined && { note }),
    ...(many && { doneFiles: snapshot.doneFiles }),
    ...(files.length > 0 && { files }),
    ...(canBeRetried(snapshot) && { retryable: true }),
    ...(snapshot.alreadyThere !== undefined && { alreadyThere: snapshot.alreadyThere }),
    ...(snapshot.lock !== undefined && { lock: snapshot.lock }),
  };
  return snapshot.direction === 'send'
    ? { ...base, direction: 'out', state: snapshot.state.type }
    : { ...base, direction: 'in', state: unsavedState(snapshot) ?? receiveState(snapshot.state) };
}

/** What a restart would lose is no news of what is over. */
function noteOf(snapshot: TransferSnapshot, draft: Draft | undefined): string | undefined {
  const note = draft?.note;
  return note === 'not-kept' && ended(snapshot.state) ? undefined : note;
}

export function viewOfDraft(draft: Draft): OffscreenTransfer {
  const { transferId, deviceId, kind, title, createdAt, note, ended: end } = draft;
  return {
    transferId,
    deviceId,
    kind,
    title,
    createdAt,
    count: 1,
    totalBytes: 0,
    doneBytes: 0,
    direction: 'out',
    state: end?.state ?? 'preparing',
    ...(note !== undefined && { note }),
    ...(end && { endedAt: end.at }),
    ...(end?.state === 'failed' && { reason: end.reason }),
  };
}

/** Nothing is under way and nothing of it is held here. */
export function hasEnded(snapshot: TransferSnapshot): boolean {
  return ended(snapshot.state) && unsavedState(snapshot) === null;
}

/**
 * Of what was cancelled or failed in part: files that came through and are not where the person
 * wants them yet. Until they are it is not over, or its only copy could be let go of.
 */
function unsavedState({
  direction,
  state,
  files,
}: TransferSnapshot): 'needs-you' | 'saving' | null {
  if (direction === 'send' || !ended(state)) return null;
  if (files.some((file) => file.state === 'needs-you')) return 'needs-you';
  return files.some((file) => file.state === 'stored' || file.state === 'saving') ? 'saving' : null;
}

/** Views know one state that needs a person; the reason says what for. */
function receiveState({ type }: EngineReceiveState): ReceiveState {
  return type === 'needs-room' ? 'needs-you' : type;
}

function reasonOf(snapshot: TransferSnapshot): string | undefined {
  const { state } = snapshot;
  if (unsavedState(snapshot) === 'needs-you') return 'save-failed';
  if (state.type === 'needs-room') return 'make-room';
  if (state.type === 'needs-you') return state.what;
  return 'reason' in state ? state.reason : undefined;
}

/**
 * Those first that are not done, for there are more than are shown; in the order of the offer. Of
 * what is over only those that did not come through: the others are no news.
 */
function filesOf(snapshot: TransferSnapshot): FileView[] {
  const over = hasEnded(snapshot);
  const listed = snapshot.files.flatMap((file) => {
    const { state } = file;
    // One that changed is listed again, under the id of the version that goes.
    if (state === 'replaced' || (over && isThrough(state))) return [];
    return [fileView(file, state)];
  });
  const open = listed.filter(({ state }) => !isThrough(state));
  const done = listed.filter(({ state }) => isThrough(state));
  return [...open, ...done].slice(0, VIEW_FILES).sort((a, b) => a.fileId - b.fileId);
}

function fileView(file: FileSnapshot, state: FileState): FileView {
  const { fileId, path, size, doneBytes, pausedBy, alreadyThere } = file;
  const reason = file.needs ?? file.reason;
  return {
    fileId,
    path,
    size,
    doneBytes,
    state,
    ...(reason !== undefined && { reason }),
    ...(pausedBy !== undefined && { pausedBy }),
    ...(alreadyThere && { alreadyThere }),
  };
}

function isThrough(state: FileState): boolean {
  return state === 'delivered' || state === 'stored' || state === 'saving' || state === 'saved';
}

/** [TR20] What failed may go once more, unless there is nobody left to send it to. */
function canBeRetried({ direction, state }: TransferSnapshot): boolean {
  if (state.type === 'failed') return state.reason !== 'device-removed';
  return direction === 'send' && state.type === 'declined';
}
