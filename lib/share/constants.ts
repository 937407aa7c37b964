/** Numbers of this side's own choosing, unless a rule of docs/PROTOCOL.md names them. */

/** [SH2] How long an offer, and a person's say about going on without protection, is waited for. */
export const ANSWER_MS = 60_000;

/** [SH4] From the accept to a bound media connection: a relay over TLS on a bad line has time. */
export const CONNECT_MS = 30_000;

/** [SH6] How long a share whose session or path is lost waits for another one. */
export const GRACE_MS = 60_000;
/** The viewer waits longer: it is the sharer that says that it is over. */
export const VIEWER_GRACE_MS = GRACE_MS + 15_000;
/** But in a new session a share is the first thing that is told: else it is forgotten there. */
export const RETOLD_MS = 10_000;

/** [SH5] A path that is `disconnected` may come back by itself, as [IC8] has it. */
export const PATIENCE_MS = 2_000;
/** How long one attempt at a path may take before the next. */
export const ATTEMPT_MS = 10_000;
/** Connections that failed at once, one after the other: no further one will do better. */
export const MAX_FRUITLESS = 4;

/** [SH8] Shares under way that this device sends, and that it watches in all and of one device. */
export const MAX_SHARES_OUT = 8;
export const MAX_SHARES_IN = 8;
export const MAX_SHARES_OF_DEVICE = 4;

/**
 * [SH8] New offers of one device in a minute. A sharer makes half as many: what was offered evenly
 * may arrive in a heap.
 */
export const MAX_NEW_SHARES = 20;
export const PACED_NEW_SHARES = 10;
/** [SH8] Offers of one share's media in a minute; a sharer makes fewer. */
export const MAX_MEDIA_OFFERS = 30;
export const PACED_MEDIA_OFFERS = 20;
/** Of them for a network that changes again and again: the others are for a path that is lost. */
export const PRECAUTIONS = 8;
/** [SH8] Messages about shares in one session in a minute, most of them candidates. */
export const MAX_SHARE_MESSAGES = 4_800;
export const MINUTE_MS = 60_000;

/**
 * [SH10] Pointer messages in a minute; within it a second may bring any number, since what a stalled
 * line held back comes at once.
 */
export const MAX_POINTERS_PER_MINUTE = 4_800;

/** [SH9] Starts of transforms in one session: each is a key that the viewer derives and keeps. */
export const MAX_KEYS = 1_024;

/** Ids of media connections and shares that are over: words about them may be on their way. */
export const PAST_IDS = 256;
/** Shares that are over and still shown, the oldest let go first. */
export const ENDED_SHARES = 8;
/** A page may change its title as often as it likes; the viewer is told at most so often. */
export const TITLE_MS = 1_000;
/** Characters of a title that are told and shown: at most 480 bytes. */
export const TITLE_CHARACTERS = 120;

/** A captured page repeats its picture once a second even if it stands still: then it is stalled. */
export const STALL_MS = 3_000;
