/** Numbers of this side's own choosing; a peer may choose others. */

/**
 * Watermarks on a lane's `bufferedAmount`. High enough that the transport never runs dry while a
 * timer-throttled page wakes up, far below the 16 MiB at which Chromium's `send` throws.
 */
export const HIGH_WATERMARK = 4 * 1024 * 1024;
export const LOW_WATERMARK = 1024 * 1024;

/** Reading, hashing and sealing of this many chunks of a lane overlap. */
export const CHUNK_OPERATIONS = 6;
/** Reading back and hashing of this many chunks of a file overlap. */
export const VERIFY_OPERATIONS = 4;

/** [TR10] Ciphertext under way that a receiver takes on: bounds its memory on a slow disk. */
export const CREDIT_WINDOW = 16 * 1024 * 1024;
/** Written since the last grant before another one is worth a message. */
export const CREDIT_STEP = 2 * 1024 * 1024;

/** [TR12] How long a transfer waits for another session with the device before it fails. */
export const RECONNECT_MS = 600_000;
/** How long a chunk may run ahead of its `start`, which travels on another channel ([TR15]). */
export const EARLY_CHUNK_MS = 10_000;

export const PROGRESS_PER_SECOND = 4;
/**
 * Transfers that are over and still known, the oldest let go first: more than anyone scrolls back
 * to, and a bound on what a peer can make this side keep ([TR14]).
 */
export const HISTORY_TRANSFERS = 100;
/** Files kept of each of them; a view names the first and counts the rest. */
export const HISTORY_FILES = 20;
/** Ids of a session that are forgotten here; messages about them may still be on their way. */
export const FORGOTTEN_IDS = 1000;

/** Files listed in a snapshot: it is cloned to every view several times a second. */
export const SNAPSHOT_FILES = 100;
/** Names told with an offer. */
export const OFFER_NAMES = 5;
/** Characters of a note that are shown. */
export const NOTE_CHARACTERS = 300;
