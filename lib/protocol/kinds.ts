/** What one transfer holds ([TR1]); the last three are one item of text each ([TR13]). */
export const TRANSFER_KINDS = ['files', 'image', 'video', 'audio', 'link', 'text', 'page'] as const;
export type TransferKind = (typeof TRANSFER_KINDS)[number];

export const TEXT_KINDS = ['link', 'text', 'page'] as const;
export type TextKind = (typeof TEXT_KINDS)[number];

export function isTextKind(kind: TransferKind): kind is TextKind {
  return (TEXT_KINDS as readonly string[]).includes(kind);
}

/** Why a receiver does not take an offer. `gone`: it had it once and gave it up. */
export const DECLINE_REASONS = ['declined', 'expired', 'no-space', 'gone'] as const;
export type DeclineReason = (typeof DECLINE_REASONS)[number];

/** Why a transfer stops before its end. `cancelled` is a person; the others are failures. */
export const CANCEL_REASONS = [
  'cancelled',
  'source-changed',
  'source-unreadable',
  'no-space',
  'storage-failed',
  'verify-failed',
  'bad-content',
  'interrupted',
  'locked-out',
] as const;
export type CancelReason = (typeof CANCEL_REASONS)[number];

/** Why a transfer pauses when it was not a person's wish. */
export const PAUSE_REASONS = ['no-space'] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

/** What of a screen is shared. */
export const SHARE_SOURCES = ['tab', 'screen'] as const;
export type ShareSource = (typeof SHARE_SOURCES)[number];

/** Why a viewer does not take a share. `busy`: it watches as many as it can. */
export const SHARE_DECLINE_REASONS = ['declined', 'busy', 'unsupported'] as const;
export type ShareDeclineReason = (typeof SHARE_DECLINE_REASONS)[number];

/**
 * Why a share ends. `stopped` is a person; `closed`: what was shared, or the page it was watched in,
 * is gone; `failed`: no way for the picture, or a fault; `unsupported`: not without protection, or
 * no codec in common.
 */
export const SHARE_STOP_REASONS = ['stopped', 'closed', 'failed', 'unsupported'] as const;
export type ShareStopReason = (typeof SHARE_STOP_REASONS)[number];

export const MEDIA_TRACKS = ['video', 'audio'] as const;
export type MediaTrackKind = (typeof MEDIA_TRACKS)[number];
