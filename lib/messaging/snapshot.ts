/**
 * What views see: one versioned snapshot of everything that background and offscreen own.
 *
 * A view gets the full snapshot when it connects, then changed parts. No secret belongs here; the
 * pairing code is the one exception, since showing it is its purpose, and it is gone with the pairing.
 */

import type { ConnectionPath } from '../ice/path.ts';
import type { CheckReport } from '../ice/self-test.ts';
import type { QualitySettings } from '../share/quality.ts';
import type { ShareView } from '../share/views.ts';

/** Raised when a field changes its meaning, so that a view of an older build asks for a reload. */
export const SNAPSHOT_VERSION = 4;

export interface SelfView {
  /** Hex device id, empty until the identity was made on first use. */
  readonly deviceId: string;
  readonly shortId: string;
  readonly name: string;
}

export type SignalingView =
  | { readonly state: 'connecting'; readonly url: string }
  | { readonly state: 'online'; readonly url: string }
  | { readonly state: 'offline'; readonly url: string; readonly reason: string };

/** What happens to an offer from this device. */
export type DeviceRuleView = 'ask' | 'always';

/** `waiting`: something wants the connection, and the device or the server is not there yet. */
export type ConnectionView = 'none' | 'waiting' | 'connecting' | 'connected' | 'restarting';

export interface DeviceView {
  readonly deviceId: string;
  readonly shortId: string;
  readonly name: string;
  readonly presence: 'online' | 'offline';
  /** Milliseconds since 1970, or null when it was never seen since pairing. */
  readonly lastSeenAt: number | null;
  readonly pairedAt: number;
  readonly connection: ConnectionView;
  /** Which way the connection goes; null while there is none, and until it was first measured. */
  readonly path: ConnectionPath | null;
  readonly rule: DeviceRuleView;
  /** The same for what it shares. */
  readonly shareRule: DeviceRuleView;
  /** Pictures go to it without metadata. */
  readonly stripMetadata: boolean;
  readonly checkWords: readonly string[];
}

/** Why a pairing ended without a device. */
export type PairingFailure =
  | 'wrong-code'
  | 'bad-code'
  | 'code-unknown'
  | 'code-expired'
  | 'code-used'
  | 'code-taken'
  | 'someone-tried'
  | 'own-code'
  | 'own-key'
  | 'too-many-tries'
  | 'server-away'
  | 'timeout'
  | 'peer-left'
  | 'no-common-version'
  | 'bad-peer'
  | 'cancelled'
  | 'internal';

export type PairingView =
  | { readonly state: 'idle' }
  | { readonly state: 'creating' }
  | {
      readonly state: 'showing';
      /** As a person reads it: `12345-album-camera-dragon`. */
      readonly code: string;
      readonly link: string;
      readonly expiresAt: number;
    }
  | { readonly state: 'joining' }
  | { readonly state: 'handshaking' }
  | {
      readonly state: 'paired';
      readonly deviceId: string;
      readonly name: string;
      readonly checkWords: readonly string[];
    }
  | { readonly state: 'failed'; readonly reason: PairingFailure; readonly detail?: string };

export type TransferKind = 'files' | 'image' | 'video' | 'audio' | 'link' | 'text' | 'page';

/** States of the sending side; words for people are in the user interface. */
export type SendState =
  | 'preparing'
  | 'waiting-for-device'
  | 'connecting'
  | 'waiting-for-accept'
  | 'transferring'
  | 'paused'
  | 'needs-you'
  | 'verifying'
  | 'delivered'
  | 'declined'
  | 'failed'
  | 'cancelled';

/** States of the receiving side. */
export type ReceiveState =
  | 'offered'
  | 'transferring'
  | 'paused'
  | 'verifying'
  | 'stored'
  | 'saving'
  | 'saved'
  | 'needs-you'
  | 'declined'
  | 'expired'
  | 'failed'
  | 'cancelled';

export type PausedBy = 'me' | 'peer' | 'both' | 'connection';

/** Of a password; `checking`: one was typed in and is being tried. Fewer tries than `LOCK_TRIES`: it was wrong. */
export type LockView =
  | { readonly type: 'locked'; readonly triesLeft: number }
  | { readonly type: 'checking'; readonly triesLeft: number }
  | { readonly type: 'unlocked' };

interface TransferViewBase {
  /** 32 hex digits. */
  readonly transferId: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly kind: TransferKind;
  /** The first file's safe name, or the beginning of a text or link. */
  readonly title: string;
  readonly count: number;
  readonly totalBytes: number;
  readonly doneBytes: number;
  /** Code of the failure, decline or need, when there is one. */
  readonly reason?: string;
  /** Whose pause it is, while it is paused; `connection`: it waits for one. */
  readonly pausedBy?: PausedBy;
  /** Who ended it, once it is cancelled; absent where nobody else had heard of it. */
  readonly cancelledBy?: 'me' | 'peer';
  /** Bytes per second over the last seconds, while it moves; absent before that can be told. */
  readonly bytesPerSecond?: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly endedAt?: number;
  /** First byte on the wire (sender) or from it (receiver), for benches. */
  readonly firstByteAt?: number;
  /** A sentence's code about how it was sent, e.g. `link-instead` when the bytes were not allowed. */
  readonly note?: string;
  /**
   * The first files that are not done, at most `VIEW_FILES`; absent for texts and single files, and
   * once all of it came through.
   */
  readonly files?: readonly FileView[];
  /** Whole files that are delivered or saved. */
  readonly doneFiles?: number;
  /** Bytes of ciphertext that went for it in all, over every session and restart. */
  readonly wireBytes?: number;
  /** A press of "Retry" can make it go again. */
  readonly retryable?: boolean;
  /** Files of it that were there already, from an earlier time; absent when none. */
  readonly alreadyThere?: number;
  /** It asks for a password, or asked for one. */
  readonly lock?: LockView;
}

/** Files of a transfer that a view gets to show one by one. */
export const VIEW_FILES = 50;

/** States of one file, of either side. */
export type FileState =
  | 'waiting'
  | 'transferring'
  | 'paused'
  | 'verifying'
  | 'delivered'
  | 'stored'
  | 'saving'
  | 'saved'
  | 'needs-you'
  | 'failed'
  | 'cancelled';

export interface FileView {
  readonly fileId: number;
  /** Safe to show, `/` between levels. */
  readonly path: string;
  readonly size: number;
  readonly doneBytes: number;
  readonly state: FileState;
  readonly reason?: string;
  /** Whose pause it is, where only this file is paused. */
  readonly pausedBy?: Exclude<PausedBy, 'connection'>;
  readonly alreadyThere?: true;
}

export type TransferView =
  | (TransferViewBase & { readonly direction: 'out'; readonly state: SendState })
  | (TransferViewBase & { readonly direction: 'in'; readonly state: ReceiveState });

export type HistoryDays = 0 | 7 | 30 | 90 | 365;

export interface SettingsView {
  readonly deviceName: string;
  /** One or more addresses, parted by spaces: the first that answers is used. */
  readonly signalingUrl: string;
  readonly codeStyle: 'words' | 'characters';
  /** Peers only ever see a relay's address. */
  readonly privacyMode: boolean;
  /** One address a line. */
  readonly stunServers: string;
  /** One server a line, `turn:host:port user password`; passwords are masked here. */
  readonly turnServers: string;
  readonly debugLog: boolean;
  /** For how many days the history is kept; 0: none is. */
  readonly historyDays: HistoryDays;
  /** Of what is shared from here. */
  readonly share: QualitySettings;
}

/** Copies that are kept until they are delivered: files stay readable over a restart that way. */
export interface OutboxView {
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

export interface Snapshot {
  readonly version: typeof SNAPSHOT_VERSION;
  readonly self: SelfView;
  readonly signaling: SignalingView;
  readonly devices: readonly DeviceView[];
  readonly pairing: PairingView;
  /** Newest first. */
  readonly transfers: readonly TransferView[];
  /** Of screens, both ways, in the order they began. Names of devices are in `devices`. */
  readonly shares: readonly ShareView[];
  readonly settings: SettingsView;
  /** A TURN server is known, of the person's own or from the signaling server. */
  readonly relayKnown: boolean;
  /** The last "Check connection", null when there was none since the browser started. */
  readonly check: CheckReport | null;
  /** What waits here to be sent and is kept for it, null before the document first told. */
  readonly outbox: OutboxView | null;
  /** The device last sent to, for the keyboard shortcut; null when none yet. */
  readonly lastDeviceId: string | null;
  /** Code of what is wrong with background's own storage; absent when all is well. */
  readonly problem?: string;
}

/** Background → view over the `view` port. */
export type ViewUpdate =
  | { readonly type: 'full'; readonly snapshot: Snapshot }
  | { readonly type: 'change'; readonly parts: Partial<Omit<Snapshot, 'version'>> };
