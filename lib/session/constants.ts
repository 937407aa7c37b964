/** Numbers of handshakes and sessions. */

/** [PR] One exchange of a pairing, from pake1 to the peer's `paired`, in ms. */
export const PAIRING_TIMEOUT_MS = 30_000;

/** From `connect` (or k1) to a completed reconnection handshake, in ms. Two round trips and two SDPs. */
export const HANDSHAKE_TIMEOUT_MS = 15_000;

/** [IC8] ICE that has lost its path finds it again within this time, or is restarted, in ms. */
export const DISCONNECTED_PATIENCE_MS = 2_000;

/** [IC6] Restarts that a peer may ask for in any such time, in ms; a network that flaps asks for few. */
export const PEER_RESTARTS = 20;
export const PEER_RESTARTS_MS = 60_000;

/** [IC4] A connection that only a relay could carry looks for a better way after this long, in ms. */
export const UPGRADE_MS = 30_000;

/** [RC6] How long the nonce of a hello can be used, in ms. */
export const HELLO_LIFETIME_MS = 30_000;

/**
 * k1s that one attempt sends at most. A peer whose document was restarted says hello again and is
 * answered anew; a server that forges hellos must not keep us generating keys.
 */
export const K1_PER_ATTEMPT = 3;

/** Candidates kept for a peer until its keys exist; a real connection gathers a few dozen. */
export const CANDIDATE_BUFFER = 256;

/** [PR9] Failing n1s after which a code is burnt. */
export const WORDS_CODE_TRIES = 1;
export const CHARACTERS_CODE_TRIES = 3;

/** Sockets remembered per room: as many as it has seats ([SV6]). */
export const SOCKETS_PER_ROOM = 4;

/** [PR15] Characters of a device's name. */
export const NAME_MAX_CHARS = 64;

/** Characters of an SDP; a data-only one is under 2,000, candidates included. */
export const SDP_MAX_CHARS = 32_768;

/** Characters of one ICE candidate line. */
export const CANDIDATE_MAX_CHARS = 1_024;

/** How long an answered hello's handshake is waited for before another hello goes out, in ms. */
export const HELLO_SETTLE_MS = 3_000;

/** How long a pairing's room is kept after the connection stands: for the last candidates, in ms. */
export const PAIRING_ROOM_LINGER_MS = 5_000;

/** How long the peer's last sealed word is waited for after the link has ended, in ms. */
export const PARTING_MS = 5_000;

/** After a handshake that failed, how long unasked-for hellos wait for their answer, in ms. */
export const QUIET_MS = 1_000;
