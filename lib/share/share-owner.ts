import { SHARE_STOP_REASONS, type ShareStopReason } from '../protocol/kinds.ts';
import type { ShareMessage } from '../protocol/messages.ts';
import type { Clock, MediaTask, RandomBytes } from './ports.ts';
import type { ShareSession } from './share-session.ts';
import type { ShareEndReason } from './states.ts';
import type { ShareView } from './views.ts';

/** What a share is to its book, whichever side it is of. */
export interface ShareOwner {
  readonly clock: Clock;
  readonly random: RandomBytes;
  post(session: ShareSession, message: ShareMessage): void;
  onTask(task: MediaTask): void;
  /** Its view is another one. */
  onChanged(view: ShareView): void;
  /** Once, after its last change. */
  onEnded(shareId: string): void;
  /** Sharer: where the viewer points at, and that it points nowhere. */
  onPointer(shareId: string, at: { readonly x: number; readonly y: number } | null): void;
}

/** Of every member of a union. */
export type WithoutSession<T> = T extends unknown ? Omit<T, 'sessionId'> : never;

const STOP_REASONS: ReadonlySet<string> = new Set(SHARE_STOP_REASONS);

/** Whether the peer can be told this very reason; else it hears `failed`. */
export function isStopReason(reason: ShareEndReason): reason is ShareStopReason {
  return STOP_REASONS.has(reason);
}
