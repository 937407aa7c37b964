/** Numbers of docs/PROTOCOL.md §5 that both sides must agree on, and why they are what they are. */

/** [CT3] One sealed control frame's plaintext: what a single SCTP message carries with ease. */
export const MAX_CONTROL_BYTES = 64 * 1024;

/** [TR1] */
export const MAX_FILES = 65_535;
export const TRANSFER_ID_BYTES = 16;
export const TRANSFER_ID_HEX = /^[0-9a-f]{32}$/;

/**
 * [TR2] Chunk sizes. The largest keeps header, chunk and tag under Chromium's 262,144 bytes a
 * message and is a multiple of 16 KiB; the smallest lets small files start to flow sooner.
 */
export const CHUNK_SIZES = [65_536, 131_072, 245_760] as const;
export type ChunkSize = (typeof CHUNK_SIZES)[number];
/** Up to here a file is cut in the smallest chunks: reading, sealing and sending overlap earlier. */
export const SMALL_FILE_BYTES = 1024 * 1024;
/** AES-GCM's tag behind every chunk. */
export const CHUNK_TAG_BYTES = 16;

/** [TR13] */
export const MAX_TEXT_BYTES = 1024 * 1024;
/** A note is one line beside an offer. */
export const MAX_NOTE_BYTES = 1024;
export const MAX_MIME_BYTES = 255;

/** [TR14] */
export const MAX_TRANSFERS_UNDER_WAY = 8;
/**
 * New offers a device may make in `OFFER_WINDOW_MS`, over all its sessions: each costs a record and
 * may cost a notification. A sender makes half as many: one that was restarted has forgotten what
 * it offered, and offers that left evenly may arrive in a heap.
 */
export const MAX_NEW_OFFERS = 60;
export const PACED_NEW_OFFERS = 30;
export const OFFER_WINDOW_MS = 60_000;
export const MAX_NAME_BYTES = 255;
export const MAX_PATH_BYTES = 1024;
export const MAX_PATH_LEVELS = 32;
/** Files of one session started and not yet stored: each costs the receiver an open handle. */
export const MAX_OPEN_FILES = 32;

/** [LN1] Lanes of one session, `lane-0` and those still coming included. */
export const MAX_LANES = 8;
/** A peer connection's id ([BD1]). */
export const PC_ID_BYTES = 16;
/** Characters of a lane's description: it has one section and no candidate, some 600 in practice. */
export const MAX_LANE_SDP = 8192;
/** Characters of one candidate, as over signaling ([CS5]). */
export const MAX_CANDIDATE = 1024;
/** Candidates of one lane, each way: interfaces times servers, twice what a busy laptop gathers. */
export const MAX_LANE_CANDIDATES = 64;

/** SHA-256. */
export const HASH_BYTES = 32;
/** Hashes in one `leaves` message: 43,691 characters of base64, well under a control frame. */
export const MAX_LEAVES_PER_MESSAGE = 1024;
/** Bytes of bitmap in one `have` message: as many characters of base64. */
export const MAX_BITMAP_BYTES = 32 * 1024;
/** Indexes in one `resend`: at most 11 characters each. */
export const MAX_RESEND_PER_MESSAGE = 4096;
/** [TR9] */
export const MAX_TRIES_PER_CHUNK = 3;

/** [TR12] */
export const OFFER_LIFE_MS = 10 * 60 * 1000;

/** [EN1] Sizes travel as JSON numbers: only integers that a double holds exactly. */
export const MAX_SIZE = Number.MAX_SAFE_INTEGER;

/** [PW1] */
export const LOCK_SALT_BYTES = 16;
/** [PW5] */
export const LOCK_TRIES = 5;
/** [PW2] What a person may type, in UTF-16 units: at most 384 bytes. */
export const MAX_PASSWORD_CHARACTERS = 128;

/** [TR16] Files of one pack, and the bytes of the largest that may be in one. */
export const MAX_PACK_FILES = 256;
export const PACK_FILE_BYTES = 64 * 1024;
/** What all files of a pack come to: one chunk of the largest size. */
export const MAX_PACK_BYTES = 245_760;

/** [TR19] A file that changes again and again is given up after so many versions. */
export const MAX_VERSIONS = 4;

/** [SH1] */
export const SHARE_ID_BYTES = 16;
/** A tab's title. */
export const MAX_TITLE_BYTES = 512;
/**
 * Bytes of a media connection's description: three sections without candidates are some 6,000; twice
 * as many once JSON has escaped the ends of lines still fit a control frame.
 */
export const MAX_MEDIA_SDP = 16_384;
/** Candidates that follow one description, each way ([SH5]); as for a lane. */
export const MAX_MEDIA_CANDIDATES = 64;
/** [SH9] What tells one start of a frame transform from another. */
export const TRANSFORM_INSTANCE_BYTES = 16;
/** [SH10] Positions of a viewer's pointer in a second. */
export const MAX_POINTERS_PER_SECOND = 60;
