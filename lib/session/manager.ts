/** Sessions with all paired devices, and with the one just being paired. */
import { MAX_DATA_CHARS } from '../signaling/constants.ts';
import { DevicePeer, type AdoptionEvents } from './device-peer.ts';
import type { ConnectionPath } from '../ice/path.ts';
import type { SessionErrorCode } from './errors.ts';
import type { Handover, SessionDeps } from './session-deps.ts';
import type { DeviceState, Listener, SessionEvent, SessionInfo, Unsubscribe } from './events.ts';

export interface RoomEvent {
  readonly roomId: string;
  readonly socketId: string;
}

export interface InboundSignal {
  readonly roomId: string;
  readonly from: string;
  /** Undecoded, from the server. */
  readonly data: unknown;
}

export class SessionManager {
  readonly #deps: SessionDeps;
  readonly #peers = new Map<string, DevicePeer>();
  /** Rooms of pairings whose sessions still use them: no directory knows these. */
  readonly #pairingRooms = new Map<string, string>();
  readonly #listeners = new Set<Listener<SessionEvent>>();

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  /**
   * Opens a session with a paired device, or gives the one there is. Concurrent calls share one
   * handshake, and so do both sides when they connect at the same moment.
   *
   * @throws SessionError; `peer-offline` at once when no socket of it is known.
   */
  connect(deviceId: string): Promise<SessionInfo> {
    return this.#peer(deviceId).connect();
  }

  stateOf(deviceId: string): DeviceState {
    return this.#peers.get(deviceId)?.state ?? { type: 'idle' };
  }

  /** Those that are connected. */
  sessions(): readonly SessionInfo[] {
    return [...this.#peers.values()].flatMap((peer) => peer.session ?? []);
  }

  /**
   * Gets to the device however long it takes: at once, again after failures, when it appears. How it
   * stands comes as `reach` events.
   */
  pursue(deviceId: string): void {
    this.#peer(deviceId).pursue();
  }

  /** [IC9] Another network, or awake after sleep: every path is in doubt, every wait is over. */
  shake(): void {
    for (const peer of this.#peers.values()) peer.shake();
  }

  /** [IC5] Closes every connection and handshake there is; what something waits for is made anew. */
  remake(): void {
    for (const peer of this.#peers.values()) peer.remake();
  }

  /** The way the connection goes at the moment. */
  async path(deviceId: string): Promise<ConnectionPath | undefined> {
    return await this.#peers.get(deviceId)?.path();
  }

  /** Says goodbye where it still can, and closes whatever there is with that device. */
  closeDevice(deviceId: string, reason: SessionErrorCode): void {
    this.#peers.get(deviceId)?.close(reason, 'bye');
  }

  /** For who works on the session's channels and finds the peer breaking the protocol ([BP1]). */
  closeSession(sessionId: string, reason: SessionErrorCode): void {
    for (const peer of this.#peers.values()) peer.closeSession(sessionId, reason);
  }

  /**
   * [RM1] Tells the peer, sealed, if connected; closes; deletes the pair's secrets: all of them, or
   * only those of a pairing that was never confirmed ([PR13]).
   */
  async remove(deviceId: string, what: 'pending' | 'all' = 'all'): Promise<void> {
    this.#peers.get(deviceId)?.close('removed', 'removed');
    if (what === 'all') this.#peers.delete(deviceId);
    await this.#deps.pairs.discard(deviceId, what);
  }

  /** Closes without a word and forgets its sockets: the peer has removed us. */
  forget(deviceId: string): void {
    this.#peers.get(deviceId)?.close('removed');
    this.#peers.delete(deviceId);
  }

  subscribe(listener: Listener<SessionEvent>): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes over what a pairing has authenticated; its room's messages come here from now on. */
  adopt(deviceId: string, handover: Handover, events: AdoptionEvents): SessionInfo {
    const { roomId } = handover.signaling.address;
    this.#pairingRooms.set(roomId, deviceId);
    return this.#peer(deviceId).adopt(handover, events);
  }

  /** The pairing has left its room. */
  dropPairingRoom(roomId: string): void {
    this.#pairingRooms.delete(roomId);
  }

  // ---- inbound; never throw

  peerJoined({ roomId, socketId }: RoomEvent): void {
    const deviceId = this.#deps.rooms.ownerOf(roomId)?.deviceId;
    if (deviceId !== undefined) this.#peer(deviceId).joined(roomId, socketId);
  }

  peerLeft({ roomId, socketId }: RoomEvent): void {
    const deviceId = this.#deviceOf(roomId);
    const peer = deviceId === undefined ? undefined : this.#peers.get(deviceId);
    peer?.left(roomId, socketId);
    if (peer?.unused === true) this.#peers.delete(peer.deviceId);
  }

  signal({ roomId, from, data }: InboundSignal): void {
    if (typeof data === 'string' && data.length > MAX_DATA_CHARS) return;
    const deviceId = this.#deviceOf(roomId);
    if (deviceId !== undefined) this.#peer(deviceId).message(roomId, from, data);
  }

  signalingLost(): void {
    for (const peer of this.#peers.values()) peer.signalingLost();
    this.#pairingRooms.clear();
  }

  /** The document goes away: everything closes. */
  close(): void {
    for (const peer of this.#peers.values()) peer.close('cancelled', 'bye');
    this.#peers.clear();
    this.#pairingRooms.clear();
  }

  #deviceOf(roomId: string): string | undefined {
    return this.#pairingRooms.get(roomId) ?? this.#deps.rooms.ownerOf(roomId)?.deviceId;
  }

  #peer(deviceId: string): DevicePeer {
    const known = this.#peers.get(deviceId);
    if (known !== undefined) return known;
    const peer = new DevicePeer(deviceId, this.#deps, (event) => this.#emit(event));
    this.#peers.set(deviceId, peer);
    return peer;
  }

  #emit(event: SessionEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
