import type { ShareDeclineReason, ShareStopReason } from '../protocol/kinds.ts';

export type Party = 'me' | 'peer';

/** Why a share is over; a view makes a sentence of it. */
export type ShareEndReason =
  | ShareStopReason
  | ShareDeclineReason
  /** Nobody answered the offer in its time. */
  | 'no-answer'
  /** The device was not there, or did not come back in time. */
  | 'device-gone'
  /** Both are there, and no way for the picture was found in time. */
  | 'no-path'
  | 'device-removed';

export interface ShareEnd {
  readonly type: 'ended';
  readonly reason: ShareEndReason;
  /** Whose doing; null where it was nobody's. */
  readonly by: Party | null;
}

/** The sharer's side of one share to one device. */
export type SharingState =
  /** Waits for the device, or for the person there. */
  | { readonly type: 'offering' }
  /** [SH3] Not both ends can protect it: the person here is asked whether to go on. */
  | { readonly type: 'unprotected'; readonly missing: Missing }
  | { readonly type: 'connecting' }
  | { readonly type: 'live' }
  /** `since`: ms since 1970. */
  | { readonly type: 'interrupted'; readonly cause: 'path' | 'session'; readonly since: number }
  | ShareEnd;

/** The viewer's side. */
export type WatchingState =
  | { readonly type: 'asked'; readonly expiresAt: number }
  | { readonly type: 'connecting' }
  | { readonly type: 'watching' }
  /** `frames`: the path is there, and nothing comes over it. */
  | {
      readonly type: 'stalled';
      readonly cause: 'path' | 'session' | 'frames';
      readonly since: number;
    }
  | ShareEnd;

/** For each state, those that may follow it: a share never goes back to being offered or asked. */
const SHARING_NEXT = {
  offering: ['unprotected', 'connecting', 'ended'],
  unprotected: ['unprotected', 'connecting', 'ended'],
  connecting: ['unprotected', 'live', 'ended'],
  live: ['interrupted', 'ended'],
  interrupted: ['interrupted', 'unprotected', 'live', 'ended'],
  ended: [],
} as const satisfies Record<SharingState['type'], readonly SharingState['type'][]>;

const WATCHING_NEXT = {
  asked: ['connecting', 'ended'],
  connecting: ['watching', 'ended'],
  watching: ['stalled', 'ended'],
  stalled: ['stalled', 'watching', 'ended'],
  ended: [],
} as const satisfies Record<WatchingState['type'], readonly WatchingState['type'][]>;

export function maySharingMove(from: SharingState, to: SharingState): boolean {
  return (SHARING_NEXT[from.type] as readonly string[]).includes(to.type);
}

export function mayWatchingMove(from: WatchingState, to: WatchingState): boolean {
  return (WATCHING_NEXT[from.type] as readonly string[]).includes(to.type);
}

/**
 * What a view may say of a share's protection above SRTP. Protected only while the transform runs
 * here and both ends said that theirs does ([SH3]).
 */
export type Protection =
  /** Not agreed on yet, or its transform has not started. */
  | { readonly type: 'pending' }
  | { readonly type: 'protected' }
  | { readonly type: 'unprotected'; readonly missing: Missing };

/** Which end does not run the transform. */
export type Missing = 'here' | 'there' | 'both';

/** Of each end: whether it runs the transform; null: it has not said so yet. */
export function protectionOf(
  here: boolean | null,
  there: boolean | null,
  running: boolean,
): Protection {
  const missing = missingOf(here, there);
  if (missing !== null) return { type: 'unprotected', missing };
  return here === true && there === true && running ? { type: 'protected' } : { type: 'pending' };
}

/** Null where none is, as far as both have said. */
export function missingOf(here: boolean | null, there: boolean | null): Missing | null {
  if (here !== false) return there === false ? 'there' : null;
  return there === false ? 'both' : 'here';
}
