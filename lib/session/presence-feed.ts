import type { Listener } from './events.ts';

/** A socket in a room of ours, and whose it is (null in the room of a nameplate). */
export interface PresentPeer {
  readonly roomId: string;
  readonly socketId: string;
  readonly deviceId: string | null;
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

  /** @param arrived gets each device that newly has a socket in a room of ours. */
  constructor(core: RoomEvents, arrived: Listener<string>) {
    this.#core = core;
    this.#arrived = arrived;
  }

  apply(presence: { readonly online: boolean; readonly peers: readonly PresentPeer[] }): void {
    const before = this.#peers;
    this.#peers = new Map();
    if (!presence.online) return this.#core.signalingLost();
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
