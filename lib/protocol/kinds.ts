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
