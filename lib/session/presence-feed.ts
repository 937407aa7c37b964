import type { Listener } from './events.ts';

/** A socket in a room of ours, and whose it is (null in the room of a nameplate). */
export interface PresentPeer {
  readonly roomId: string;
  readonly socketId: string;
  readonly deviceId: string | null;
}

interface PresenceReport {
  readonly online: boolean;
  /** Our own socket, null when there is none; another one means that all rooms were left between. */
  readonly socketId: string | null;
  readonly peers: readonly PresentPeer[];
}

interface RoomEvents {
  peerJoined(peer: { roomId: string; socketId: string }): void;
  peerLeft(peer: { roomId: string; socketId: string }): void;
  signalingLost(): void;
}

/**
 * Turns the whole of presence, as told after every change and every restart of either side, into the
 * session core's edges. Telling the same twice does nothing.
 */
export class PresenceFeed {
  readonly #core: RoomEvents;
  readonly #arrived: Listener<string>;
  #peers = new Map<string, PresentPeer>();
  #ownSocket: string | null = null;

  /** @param arrived gets each device that newly has a socket in a room of ours. */
  constructor(core: RoomEvents, arrived: Listener<string>) {
    this.#core = core;
    this.#arrived = arrived;
  }

  apply(presence: PresenceReport): void {
    const before = this.#peers;
    const lost = this.#ownSocket !== null && this.#ownSocket !== presence.socketId;
    this.#peers = new Map();
    this.#ownSocket = presence.socketId;
    if (lost) {
      this.#core.signalingLost();
      before.clear();
    }
    if (!presence.online) return;
    for (const peer of presence.peers) this.#peers.set(`${peer.roomId} ${peer.socketId}`, peer);
    for (const [key, { roomId, socketId }] of before)
      if (!this.#peers.has(key)) this.#core.peerLeft({ roomId, socketId });
    const arrived = new Set<string>();
    for (const [key, { roomId, socketId, deviceId }] of this.#peers) {
      if (before.has(key)) continue;
      this.#core.peerJoined({ roomId, socketId });
      if (deviceId !== null) arrived.add(deviceId);
    }
    for (const deviceId of arrived) this.#arrived(deviceId);
  }
}
