/** STUN and TURN servers, as a person writes them and as a peer connection takes them. */

/** One address of one server: a list of these is tried at once, and a dead one delays nobody. */
export interface IceServer {
  /** `stun:host:port`, `turn:host:port?transport=udp|tcp` or `turns:host:port?transport=tcp`. */
  readonly url: string;
  readonly username?: string;
  readonly credential?: string;
}

export interface IceServers {
  readonly stun: readonly IceServer[];
  readonly turn: readonly IceServer[];
}

/**
 * Two operators, so that one outage leaves the other, and two addresses to compare ([NT1]). A STUN
 * server learns this device's public address and nothing else.
 */
export const DEFAULT_STUN_SERVERS = [
  'stun:stun.l.google.com:19302',
  'stun:stun.cloudflare.com:3478',
] as const;

export const NO_SERVERS: IceServers = { stun: [], turn: [] };
