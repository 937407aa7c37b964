/** A picked file up to this size is copied, so that it can be sent after a restart; bytes. */
export const MAX_COPY_BYTES = 64 * 1024 * 1024;

/** Copies up to this size lie in the database: a file of its own for each costs more than its bytes. */
export const MAX_DATABASE_COPY_BYTES = 64 * 1024;

/** All copies together, bytes: enough for a day's pictures, little beside today's disks. */
const MAX_QUOTA_BYTES = 2 * 1024 ** 3;

/** Of what the browser lets the extension have: incoming files need the rest. */
const QUOTA_SHARE = 0.2;

/** @param granted `navigator.storage.estimate().quota` */
export function outboxQuota(granted: number): number {
  return Math.min(MAX_QUOTA_BYTES, Math.floor(granted * QUOTA_SHARE));
}

/** Handles of what was sent are kept so long for "Send again": as long as the history by default. */
export const PAST_KEPT_MS = 90 * 24 * 60 * 60 * 1000;

/** Transfers whose handles are kept for "Send again". */
export const PAST_KEPT = 500;
