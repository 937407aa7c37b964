/** What the page that shows a share needs from outside; the entrypoint joins it with the rest. */
import type { IntentAnswer } from '../../messaging/intents.ts';
import type { DeviceView } from '../../messaging/snapshot.ts';
import type { ShareView } from '../../share/views.ts';

/** A share that comes to this device. */
export type WatchedShare = Extract<ShareView, { role: 'viewer' }>;

/** The parts of the snapshot that the page shows. */
export interface ViewerSnapshot {
  readonly devices: readonly Pick<DeviceView, 'deviceId' | 'name'>[];
  /** Both ways, in the order they began. */
  readonly shares: readonly ShareView[];
}

export interface ViewerSource {
  /** Null until background has answered for the first time. */
  readonly snapshot: ViewerSnapshot | null;
}

export interface ViewerIntent {
  readonly type: 'share/accept' | 'share/decline' | 'share/stop';
  readonly shareId: string;
}

/** Over the picture, each from 0 (left, top) to 1. */
export interface PointerPlace {
  readonly x: number;
  readonly y: number;
}

/** `plays`: once more would be an echo; `silent`: shown, and switched off there; `none`: not shown. */
export type SoundElsewhere = 'plays' | 'silent' | 'none';

export interface ViewerPort {
  readonly send: (intent: ViewerIntent) => Promise<IntentAnswer>;
  /**
   * Picture and sound of a share, of the document that receives and decrypts them. Null while there
   * is none, and before both proofs of its connection ([SH4]): what is given is shown. Asked again
   * and again, so it has to be cheap.
   */
  readonly stream: (shareId: string) => MediaStream | null;
  /** This page watches the share, until the answer is called. The last one that leaves ends it. */
  readonly watch: (shareId: string) => () => void;
  /** [SH10] Where the pointer is over the picture; null: nowhere. */
  readonly point: (shareId: string, at: PointerPlace | null) => void;
  /** What other pages do with the sound of this share. Asked again and again, so it has to be cheap. */
  readonly soundElsewhere: (shareId: string) => SoundElsewhere;
  /** Whether this page plays it; null: it does not show it any more. For the others. */
  readonly soundHere: (shareId: string, plays: boolean | null) => void;
  /** Which share the page shows now: its address says so, and it is found by it. */
  readonly shows: (shareId: string) => void;
  /** No other page of this kind is open. */
  readonly alone: () => boolean;
  readonly close: () => void;
}
