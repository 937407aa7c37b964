import type { CancelReason, DeclineReason, PauseReason } from '../protocol/kinds.ts';

/** Why a transfer failed. Those of `CancelReason` may be either side's own or told by the peer. */
export type FailureReason =
  | Exclude<CancelReason, 'cancelled'>
  /** The session went away and none came back in time. */
  | 'connection-lost'
  /** The caller could not reach the device (`Engine.unreachable`). */
  | 'device-unreachable'
  /** Both devices are there, and no way leads from one to the other. */
  | 'no-path'
  /** Privacy mode is on here, and no relay is known. */
  | 'no-relay'
  /** Either side removed the other. */
  | 'device-removed'
  /** The peer broke the protocol, or says that we did. */
  | 'protocol-error';

/** Why there is no way to a device now. */
export type Unreachable = Extract<FailureReason, 'device-unreachable' | 'no-path' | 'no-relay'>;

/** What the person can do about a failure; a view turns it into a sentence. */
export type NextStep =
  | 'send-again'
  | 'choose-file-again'
  | 'free-space-there'
  | 'free-space-here'
  | 'ask-to-send-again'
  | 'pair-again'
  | 'add-relay';

export type Party = 'me' | 'peer';
/** `connection`: the session is away and may come back (receiver only; the sender is `connecting`). */
export type PauseCause = Party | 'both' | 'connection';

export type SendState =
  | { readonly type: 'waiting-for-device' }
  | { readonly type: 'connecting' }
  | { readonly type: 'waiting-for-accept' }
  | { readonly type: 'transferring' }
  | { readonly type: 'paused'; readonly by: Party | 'both'; readonly reason?: PauseReason }
  /** Nothing goes on until a person has made a file readable again. */
  | { readonly type: 'needs-you'; readonly what: NeedsSender }
  /** All bytes have left; the receiver is checking them. */
  | { readonly type: 'verifying' }
  | { readonly type: 'delivered' }
  | { readonly type: 'declined'; readonly reason: DeclineReason }
  | { readonly type: 'failed'; readonly reason: FailureReason; readonly nextStep: NextStep }
  | { readonly type: 'cancelled'; readonly by: Party };

export type ReceiveState =
  | { readonly type: 'offered'; readonly expiresAt: number }
  | { readonly type: 'transferring' }
  | { readonly type: 'paused'; readonly by: PauseCause }
  /** The disk is full: what is there stays, and it goes on when there is room. */
  | { readonly type: 'needs-room' }
  | { readonly type: 'verifying' }
  | { readonly type: 'stored' }
  | { readonly type: 'saving' }
  | { readonly type: 'saved' }
  | { readonly type: 'needs-you'; readonly what: NeedsYou }
  | { readonly type: 'failed'; readonly reason: FailureReason; readonly nextStep: NextStep }
  | { readonly type: 'cancelled'; readonly by: Party }
  | { readonly type: 'expired' }
  | { readonly type: 'declined'; readonly reason: DeclineReason };

/** What a sender's file waits for: the person's leave to read it, or the person to find it. */
export type NeedsSender = 'allow-file' | 'choose-file';

/** Why a stored file is not yet where the person wants it. */
export type NeedsYou = 'save-failed' | 'choose-place';

/** `replaced`: its source changed, and it started anew under another id ([TR19]). */
export type SendFileState =
  | 'waiting'
  | 'transferring'
  | 'paused'
  | 'verifying'
  | 'delivered'
  | 'needs-you'
  | 'failed'
  | 'cancelled'
  | 'replaced';
export type ReceiveFileState =
  | 'waiting'
  | 'transferring'
  | 'paused'
  | 'verifying'
  | 'stored'
  | 'saving'
  | 'saved'
  | 'needs-you'
  | 'failed'
  | 'cancelled'
  | 'replaced';

/** For each state, those that may follow it. The types below come from these two tables. */
const SEND_NEXT = {
  'waiting-for-device': ['connecting', 'waiting-for-accept', 'needs-you', 'failed', 'cancelled'],
  connecting: ['waiting-for-device', 'waiting-for-accept', 'needs-you', 'failed', 'cancelled'],
  'waiting-for-accept': ['transferring', 'connecting', 'declined', 'failed', 'cancelled'],
  transferring: ['paused', 'verifying', 'connecting', 'needs-you', 'failed', 'cancelled'],
  paused: ['paused', 'transferring', 'verifying', 'connecting', 'needs-you', 'failed', 'cancelled'],
  'needs-you': [
    'needs-you',
    'waiting-for-device',
    'connecting',
    'transferring',
    'paused',
    'verifying',
    'failed',
    'cancelled',
  ],
  verifying: [
    'transferring',
    'paused',
    'delivered',
    'connecting',
    'needs-you',
    'failed',
    'cancelled',
  ],
  delivered: [],
  declined: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<SendState['type'], readonly SendState['type'][]>;

const RECEIVE_NEXT = {
  offered: ['transferring', 'paused', 'needs-room', 'declined', 'expired', 'failed', 'cancelled'],
  transferring: ['paused', 'needs-room', 'verifying', 'failed', 'cancelled'],
  paused: ['paused', 'transferring', 'needs-room', 'verifying', 'failed', 'cancelled'],
  'needs-room': ['transferring', 'paused', 'verifying', 'failed', 'cancelled'],
  verifying: ['transferring', 'paused', 'needs-room', 'stored', 'failed', 'cancelled'],
  stored: ['saving', 'saved', 'needs-you'],
  saving: ['stored', 'saved', 'needs-you'],
  'needs-you': ['stored', 'saving', 'saved'],
  saved: [],
  failed: [],
  cancelled: [],
  expired: [],
  declined: [],
} as const satisfies Record<ReceiveState['type'], readonly ReceiveState['type'][]>;

/** The two sides' ends share their names, and no end of one is a step of the other. */
const ENDS: ReadonlySet<string> = new Set(
  [...Object.entries(SEND_NEXT), ...Object.entries(RECEIVE_NEXT)]
    .filter(([, next]) => next.length === 0)
    .map(([type]) => type),
);

type Table = Record<string, readonly string[]>;
/** The states that every member of the union `From` may move to. */
type Allowed<T extends Table, From extends keyof T> = {
  [To in keyof T & string]: [From] extends [
    { [F in keyof T]: To extends T[F][number] ? F : never }[keyof T],
  ]
    ? To
    : never;
}[keyof T & string];

export type SendNext<From extends SendState['type']> = Extract<
  SendState,
  { type: Allowed<typeof SEND_NEXT, From> }
>;
export type ReceiveNext<From extends ReceiveState['type']> = Extract<
  ReceiveState,
  { type: Allowed<typeof RECEIVE_NEXT, From> }
>;

/** The one way from a sender's state to the next; a move that is not in the table does not compile. */
export function moveSend<From extends SendState, To extends SendNext<From['type']>>(
  _from: From,
  to: To,
): To {
  return to;
}

export function moveReceive<From extends ReceiveState, To extends ReceiveNext<From['type']>>(
  _from: From,
  to: To,
): To {
  return to;
}

export type SendEnd = Extract<
  SendState,
  { type: 'delivered' | 'declined' | 'failed' | 'cancelled' }
>;

export function sendEnded(state: SendState): state is SendEnd {
  return SEND_NEXT[state.type].length === 0;
}

/** True in every state that no other may follow, on either side. */
export function ended(state: SendState | ReceiveState): boolean {
  return ENDS.has(state.type);
}

export type Receiving = Extract<
  ReceiveState,
  { type: 'offered' | 'transferring' | 'paused' | 'needs-room' | 'verifying' }
>;

/** True while the wire still matters: before every file is stored or the transfer came to an end. */
export function receiving(state: ReceiveState): state is Receiving {
  return (
    state.type === 'offered' ||
    state.type === 'transferring' ||
    state.type === 'paused' ||
    state.type === 'needs-room' ||
    state.type === 'verifying'
  );
}

export type Completed = Extract<
  ReceiveState,
  { type: 'stored' | 'saving' | 'saved' | 'needs-you' }
>;

/** True once every file is stored: only saving is left. */
export function completed(state: ReceiveState): state is Completed {
  return (
    state.type === 'stored' ||
    state.type === 'saving' ||
    state.type === 'saved' ||
    state.type === 'needs-you'
  );
}
