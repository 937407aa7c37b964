/** What is kept and shown of a password for one transfer (PROTOCOL.md section PW). Plain data. */
import type { StoredHead } from './records.ts';

/** Kept with a transfer that one sends; never part of a snapshot. Hex. */
export interface SendLockRecord {
  readonly salt: string;
  /** Of `stretchPassword`. */
  readonly secret: string;
  /** Wrong tries so far. */
  readonly wrong: number;
  readonly ticket: string | null;
}

/** Kept with a transfer that one receives; never part of a snapshot. Hex. */
export interface ReceiveLockRecord {
  readonly salt: string;
  readonly triesLeft: number;
  readonly ticket: string | null;
}

/** What a view sees. `checking`: a password was typed in and is being tried. */
export type LockView =
  | { readonly type: 'locked'; readonly triesLeft: number }
  | { readonly type: 'checking'; readonly triesLeft: number }
  | { readonly type: 'unlocked' };

export function sendLockOf({ lock }: StoredHead): SendLockRecord | null {
  return lock !== undefined && 'secret' in lock ? lock : null;
}
