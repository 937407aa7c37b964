import type { PauseReason } from '../protocol/kinds.ts';
import type { Pauses } from './pauses.ts';
import type { NeedsSender, Party, ReceiveState, SendState } from './states.ts';

/** What a transfer's state follows from: each of its files. */
interface MovingFile {
  readonly state: string;
  readonly pauses: Pauses;
}

interface SendingFile extends MovingFile {
  readonly over: boolean;
  readonly needs: NeedsSender | null;
}

/** The states in which bytes may go. */
export type SendMoving = Extract<
  SendState,
  { type: 'transferring' | 'paused' | 'needs-you' | 'verifying' }
>;
export type ReceiveMoving = Extract<
  ReceiveState,
  { type: 'transferring' | 'paused' | 'verifying' }
>;

type Stand =
  | { readonly type: 'transferring' }
  | { readonly type: 'verifying' }
  | { readonly type: 'stuck' }
  | { readonly type: 'paused'; readonly by: Party | 'both' };

/** How the files that are not over stand, taken together. */
function standOf<F extends MovingFile>(files: Iterable<F>, isOver: (file: F) => boolean): Stand {
  let verifying = false;
  let paused: Party | 'both' | null = null;
  for (const file of files) {
    if (isOver(file) || file.state === 'needs-you') continue;
    if (file.state === 'verifying') verifying = true;
    else if (file.state === 'paused') paused ??= file.pauses.by;
    else return { type: 'transferring' };
  }
  // What is paused still has to go: the other files' verifying is only a part of it.
  if (paused !== null) return { type: 'paused', by: paused };
  return verifying ? { type: 'verifying' } : { type: 'stuck' };
}

/** A sender's state, of a transfer that is accepted and has files that are not over. */
export function sendMoving(
  files: () => Iterable<SendingFile>,
  pauses: Pauses,
  reason: PauseReason | null,
): SendMoving {
  const { by } = pauses;
  if (by !== null) return { type: 'paused', by, ...(reason !== null && { reason }) };
  const stand = standOf(files(), (file) => file.over);
  if (stand.type !== 'stuck') return stand;
  return { type: 'needs-you', what: firstNeed(files()) };
}

/** What a person is asked for first. */
export function firstNeed(files: Iterable<SendingFile>): NeedsSender {
  for (const { needs } of files) if (needs !== null) return needs;
  return 'choose-file';
}

/** A receiver's state, of a transfer that is accepted and has files that are not settled. */
export function receiveMoving(
  files: Iterable<MovingFile & { readonly settled: boolean }>,
  pauses: Pauses,
): ReceiveMoving {
  const { by } = pauses;
  if (by !== null) return { type: 'paused', by };
  const stand = standOf(files, (file) => file.settled);
  return stand.type === 'stuck' ? { type: 'verifying' } : stand;
}

/** Whether a move from one to the other would show nothing new. */
export function sameMoving(a: SendMoving, b: SendMoving): boolean {
  if (a.type === 'paused' && b.type === 'paused') return a.by === b.by && a.reason === b.reason;
  if (a.type === 'needs-you' && b.type === 'needs-you') return a.what === b.what;
  return a.type === b.type;
}
