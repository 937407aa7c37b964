/** Numbers of this side's own choosing; a peer may choose others. */

/**
 * Watermarks on a channel's `bufferedAmount` until its rate is known: little enough that a slow line
 * is not clogged for many seconds, enough for a fast one not to run dry.
 */
export const HIGH_WATERMARK = 1024 * 1024;
export const LOW_WATERMARK = 512 * 1024;
/**
 * Then a lane's high mark is what it carries in a round trip and this much more, within these
 * bounds: what is queued keeps the line busy while this side is late, and makes a small text wait.
 */
export const QUEUED_MS = 250;
export const MIN_HIGH_WATERMARK = 256 * 1024;
/**
 * Until so much of a lane's rate was seen its marks are only raised: what a first small file leaves
 * behind says little about the line.
 */
export const LEARNT_MS = 1000;
/** With several lanes in use each has a part of that, and at least so much. */
export const LEAST_HIGH_WATERMARK = 64 * 1024;
/** The low mark: what is still queued when the next chunks are made is the time there is for it. */
export const LOW_PART = 1 / 2;
/** Far below the 16 MiB at which Chromium's `send` throws, and half of what a receiver grants. */
export const MAX_HIGH_WATERMARK = 8 * 1024 * 1024;

/** Reading, hashing and sealing of this many chunks overlap, or of two for each lane. */
export const CHUNK_OPERATIONS = 6;
/** Reading back and hashing of this many chunks of a file overlap. */
export const VERIFY_OPERATIONS = 4;

/** [TR10] Ciphertext under way that a receiver takes on: bounds its memory on a slow disk. */
export const CREDIT_WINDOW = 16 * 1024 * 1024;
/** Written since the last grant before another one is worth a message. */
export const CREDIT_STEP = 2 * 1024 * 1024;

/** [TR17] How far the journal may be behind what lies on the disk. */
export const JOURNAL_MS = 1000;
export const JOURNAL_BYTES = 8 * 1024 * 1024;

/**
 * [TR12] How long what was received in part is kept for a sender that does not come back: bytes on
 * a person's disk that nobody else clears away.
 */
export const PARTIAL_LIFE_MS = 7 * 24 * 60 * 60 * 1000;
/** How long a saved transfer of many files still answers file by file. */
export const RETELL_MS = 600_000;
/** How often a receiver whose disk is full looks whether there is room again. */
export const ROOM_CHECK_MS = 5_000;

/** [TR16] Packs that are read ahead or wait for a lane: bounds memory at a few chunks. */
export const PACKS_READY = 4;
/** Large files whose sources are opened before their turn. */
export const SOURCES_AHEAD = 2;
/**
 * [TR8] Leaves that wait before a message with them is worth it: the receiver can look at what is on
 * its disk only as far as it has them.
 */
export const LEAVES_STEP = 32;

/** [TR14] Transfers over all devices that are offered and not over. */
export const MAX_SENDS_UNDER_WAY = 16;
/** Bytes of a transfer that does not wait behind large ones. */
export const SMALL_TRANSFER_BYTES = 1024 * 1024;
/** Places of those a device has that only small transfers may take. */
export const SMALL_TRANSFER_PLACES = 2;
/** How long a chunk may run ahead of its `start`, which travels on another channel ([TR15]). */
export const EARLY_CHUNK_MS = 30_000;

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

/** [LN6] The round trip is measured and a silent peer noticed this often, while chunks leave. */
export const PING_MS = 2_000;
/** A peer that has answered nothing for so long is gone. */
export const SILENCE_MS = 30_000;

/**
 * While control has answered nothing for so long, chunks keep to its own connection: on another one
 * they would run far ahead of their `start`.
 */
export const DOUBT_MS = 5_000;

/** How often marks and number of lanes are looked at while chunks leave. */
export const TUNE_MS = 250;
/** And the first times of each stretch of sending: a fast line would have run dry by then. */
export const FIRST_TUNES_MS = [60, TUNE_MS - 60] as const;
/** [LN2] From offer to proof: a relay over TLS on a bad line has time. */
export const LANE_CONNECT_MS = 15_000;
/**
 * [LN4] A peer answers a `lane-close` at once; without an answer nobody knows what was lost. A lane
 * may die of what control waits for too: a path that is looked for anew.
 */
export const LANE_CLOSE_MS = 60_000;
/** Lanes that nothing was sent over for so long are closed by who offered them. */
export const LANE_IDLE_MS = 10_000;
/**
 * After a lane that did not come up, or was lost, the next offer waits, twice as long each time and
 * by half more or less: two sides that got in each other's way must not do so again.
 */
export const LANE_RETRY_MS = { first: 1_000, max: 60_000 } as const;
/** [LN1] Offers of lanes taken from a peer in a minute. */
export const MAX_LANE_OFFERS = 60;
export const LANE_OFFER_WINDOW_MS = 60_000;

/** How far the count of bytes in the record may be behind. */
export const PROGRESS_WRITE_MS = 1000;

/** [TR10] When everything that came is dealt with, what is left of the window is granted so soon. */
export const GRANT_REST_MS = 500;
/** [TR10] How long nothing may be heard of bytes that have left before the session is given up. */
export const STALL_MS = 30_000;
