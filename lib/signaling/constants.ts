/** Numbers and names that the signaling server and its clients agree on (docs/PROTOCOL.md §1). */

/** Path of the Socket.IO endpoint. */
export const SIGNALING_PATH = '/signaling';

/** Announced in `server-info`; a client leaves a server that speaks another one. */
export const SIGNALING_VERSION = 2;

/** Seats in one room: two devices, and for each of them a socket that died but has not timed out. */
export const ROOM_SEATS = 4;

/**
 * Rooms one socket may be in. A paired device needs up to three (today, the neighbouring day near
 * midnight, the server's day when clocks differ), so this serves about 170 paired devices.
 */
export const ROOMS_PER_SOCKET = 512;

/** Bytes of a `peerId`, drawn fresh for each join; it travels as lower-case hex. */
export const PEER_ID_BYTES = 16;

/** Bytes of `nonceC`; it travels as base64. */
export const NONCE_BYTES = 16;

/**
 * Characters of base64 in one relayed message. The largest are n2 and k2, an ML-KEM ciphertext and
 * an SDP of a few KiB; 64 KiB leaves room for an SDP with very many candidates.
 */
export const MAX_DATA_CHARS = 65_536;

/**
 * Largest packet the server reads, in bytes: `MAX_DATA_CHARS`, the fields around it, and enough
 * above that a message which is somewhat too large gets a code instead of a lost connection.
 */
export const MAX_PACKET_BYTES = 131_072;

/** Digits of a nameplate while less than half of them are in use, and the most there will ever be. */
export const NAMEPLATE_MIN_DIGITS = 5;
export const NAMEPLATE_MAX_DIGITS = 9;

/** How long a nameplate can be joined, in ms, and how long after its end it is not given again. */
export const NAMEPLATE_LIFETIME_MS = 600_000;
export const NAMEPLATE_COOLDOWN_MS = 600_000;

/** Nameplates that one socket may have open at the same time. */
export const NAMEPLATES_PER_SOCKET = 3;

/** STUN and TURN addresses in one answer of the server: eight TURN servers over UDP, TCP and TLS. */
export const MAX_STUN_URLS = 16;
export const MAX_TURN_URLS = 24;

/** The longest time, in ms, for which a client believes that TURN credentials are good. */
export const MAX_CREDENTIALS_MS = 86_400_000;

/** How long a client waits for an acknowledgement, in ms. */
export const ACK_TIMEOUT_MS = 5_000;

/** How long a client waits for a sign of life when it doubts its socket, in ms ([SV16]). */
export const PROBE_TIMEOUT_MS = 2_000;

/**
 * What our client passes to socket.io-client. WebSocket only: a service worker has no
 * XMLHttpRequest. `Connector` decides when to connect again, and where.
 */
export const CLIENT_SOCKET_OPTIONS = {
  path: SIGNALING_PATH,
  transports: ['websocket'],
  autoConnect: false,
  reconnection: false,
  timeout: 10_000,
};

/** Delays in ms between attempts to join a room that was refused: the first, doubling to the last. */
export const JOIN_RETRY_MS = 2_000;
export const JOIN_RETRY_MAX_MS = 60_000;
