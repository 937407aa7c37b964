import type { ShareSource } from '../protocol/kinds.ts';
import type { Protection, SharingState, WatchingState } from './states.ts';
import type { StreamLine } from './stats.ts';

interface AnyShareView {
  readonly shareId: string;
  /** The other end. */
  readonly deviceId: string;
  readonly source: ShareSource;
  /** Safe to show; empty where it has none. */
  readonly title: string;
  readonly audio: boolean;
  /** When its picture was there for the first time, ms since 1970. */
  readonly since: number | null;
  readonly protection: Protection;
  /** Whether the viewer's pointer is shown ([SH10]). */
  readonly pointer: boolean;
  /** What the last statistics said. */
  readonly line: StreamLine | null;
}

/** What a view may know of a share. Plain data, nothing secret. */
export type ShareView =
  | (AnyShareView & {
      readonly role: 'sharer';
      readonly sourceId: string;
      readonly state: SharingState;
      /** What is shared gives no picture at the moment. */
      readonly paused: boolean;
    })
  | (AnyShareView & { readonly role: 'viewer'; readonly state: WatchingState });
