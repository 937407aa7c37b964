/**
 * The client side of the signaling connection, over any `SocketLike` (docs/PROTOCOL.md §1).
 *
 * It remembers which rendezvous rooms are wanted and joins them again after each `connect`, under the
 * peerId of before, which frees the seat of a socket that was lost ([SV4]); when to connect again is
 * `Connector`'s. Nameplate rooms are not joined again: a pairing does not outlive its socket.
 * Whatever arrives is decoded from `unknown`; what does not fit is dropped and counted.
 */
import * as v from 'valibot';
import { toBase64, toHex } from './bytes.ts';
import {
  ACK_TIMEOUT_MS,
  NONCE_BYTES,
  PEER_ID_BYTES,
  PROBE_TIMEOUT_MS,
  SIGNALING_VERSION,
} from './constants.ts';
import type {
  CreatedNameplate,
  JoinedNameplate,
  SignalingMessage,
  SignalingStatus,
  TurnCredentials,
} from './client-types.ts';
import { SignalingError } from './errors.ts';
import { RELAY_EVENTS, type RelayEvent } from './events.ts';
import { Listeners } from './listeners.ts';
import { Presence, type PresenceChange } from './presence.ts';
import { request, type Answer, type Request } from './request.ts';
import { RoomKeeper } from './room-keeper.ts';
import {
  ackSchema,
  joinAckSchema,
  nameplateAckSchema,
  nameplateExpiredSchema,
  peerJoinedSchema,
  peerLeftSchema,
  relayDeliverySchema,
  serverInfoSchema,
  turnAckSchema,
  type RelayRequest,
} from './schemas.ts';
import type { SocketLike } from './socket-like.ts';

export type {
  CreatedNameplate,
  JoinedNameplate,
  SignalingMessage,
  SignalingStatus,
  TurnCredentials,
} from './client-types.ts';

export interface SignalingClientOptions {
  /** Unix time in ms; `Date.now` by default. */
  readonly now?: () => number;
}

export class SignalingClient {
  readonly #socket: SocketLike;
  readonly #now: () => number;
  readonly #presence: Presence;
  readonly #rooms: RoomKeeper;
  readonly #messages = new Listeners<SignalingMessage>();
  readonly #statuses = new Listeners<SignalingStatus>();
  readonly #expiries = new Listeners<string>();
  readonly #roomAnswers = new Listeners<void>();
  /** Nameplates this socket created, so that their loss with the socket can be told. */
  readonly #created = new Set<string>();
  /** The peerId used for each nameplate: a second try from this socket is the same joiner. */
  readonly #nameplatePeerIds = new Map<string, string>();
  /** Ours in each rendezvous room that is wanted. */
  readonly #peerIds = new Map<string, string>();
  #status: SignalingStatus = { state: 'closed' };
  #clockOffsetMs: number | undefined;
  #serverVersion: number | undefined;
  #dropped = 0;

  constructor(socket: SocketLike, options: SignalingClientOptions = {}) {
    this.#socket = socket;
    this.#now = options.now ?? Date.now;
    this.#presence = new Presence();
    this.#rooms = new RoomKeeper({
      join: (roomId) => this.#join(roomId, this.#peerIdFor(roomId)),
      leave: (roomId) => this.#leave(roomId),
      answered: () => this.#roomAnswers.emit(),
    });
    this.#listen();
  }

  get status(): SignalingStatus {
    return this.#status;
  }

  /** Server clock minus ours in ms, from the last `server-info`; undefined before the first. */
  get clockOffsetMs(): number | undefined {
    return this.#clockOffsetMs;
  }

  /** From the last `server-info`, also of a server that was left for it. */
  get serverVersion(): number | undefined {
    return this.#serverVersion;
  }

  /** Online, and every wanted room is joined, or refused for now. */
  get roomsSettled(): boolean {
    return this.#rooms.settled;
  }

  get inRoom(): boolean {
    return this.#rooms.inAny || this.#presence.inNameplate;
  }

  /** In the room of a nameplate, which would be lost with this socket. */
  get pairing(): boolean {
    return this.#presence.inNameplate;
  }

  /** How many inbound events were dropped because they did not fit. */
  get droppedMessages(): number {
    return this.#dropped;
  }

  /** roomId → ids of the other sockets in it. Rooms without others are not in the map. */
  get presence(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#presence.rooms;
  }

  connect(): void {
    if (this.#status.state === 'online' || this.#status.state === 'connecting') return;
    this.#setStatus({ state: 'connecting' });
    this.#socket.connect();
  }

  /** Disconnects. Wanted rooms are kept for the next `connect`. */
  close(): void {
    this.#stop({ state: 'closed' });
  }

  /** The rendezvous rooms to be in from now on: joins the new ones, leaves the others. */
  setRooms(roomIds: Iterable<string>): void {
    const wanted = new Set(roomIds);
    for (const roomId of [...this.#peerIds.keys()])
      if (!wanted.has(roomId)) this.#peerIds.delete(roomId);
    this.#rooms.set(wanted);
  }

  /**
   * Sends one opaque message to a socket in a room that both are in. Resolves when the server has
   * passed it on. @throws SignalingError
   */
  async send(event: RelayEvent, message: RelayRequest): Promise<void> {
    await this.#request({ schema: ackSchema, event, args: [message] });
  }

  /** Opens a nameplate; its creator is in its room at once. @throws SignalingError */
  async createNameplate(nonceC: Uint8Array): Promise<CreatedNameplate> {
    if (nonceC.length !== NONCE_BYTES) throw new RangeError(`nonceC must be ${NONCE_BYTES} bytes`);
    const { nameplate, expiresInMs } = await this.#request({
      schema: nameplateAckSchema,
      event: 'create-nameplate',
      args: [toBase64(nonceC), freshPeerId()],
      onGranted: (granted) => {
        this.#created.add(granted.nameplate);
        this.#presence.open(`n${granted.nameplate}`);
      },
    });
    this.#roomAnswers.emit();
    return { nameplate, roomId: `n${nameplate}`, expiresInMs };
  }

  /**
   * Joins the room of somebody's nameplate. The creator is in `presence` when this resolves, unless
   * it has just left. @throws SignalingError
   */
  async joinNameplate(nameplate: string): Promise<JoinedNameplate> {
    const roomId = `n${nameplate}`;
    const peerId = this.#nameplatePeerIds.get(nameplate) ?? freshPeerId();
    this.#nameplatePeerIds.set(nameplate, peerId);
    const answer = await this.#join(roomId, peerId);
    if (answer.nonceC === undefined) {
      this.#presence.close(roomId);
      throw new SignalingError('invalid-reply');
    }
    this.#roomAnswers.emit();
    return { roomId, nonceC: answer.nonceC };
  }

  /**
   * Ends a nameplate created here: nobody can join it any more; who is in its room stays. Never
   * fails: what the server cannot be told ends there with its time, or with this socket.
   */
  async releaseNameplate(nameplate: string): Promise<void> {
    this.#created.delete(nameplate);
    await this.#tell({ schema: ackSchema, event: 'release-nameplate', args: [nameplate] });
  }

  /** Leaves a nameplate's room, as its joiner or its creator; the creator ends it by that. */
  async leaveNameplate(nameplate: string): Promise<void> {
    this.#created.delete(nameplate);
    await this.#leave(`n${nameplate}`);
  }

  /** @throws SignalingError `not-in-room`, `rate-limited`, or that nothing usable came */
  async turnCredentials(): Promise<TurnCredentials> {
    const { stun, turn, expiresInMs } = await this.#request({
      schema: turnAckSchema,
      event: 'turn-credentials',
      args: [],
    });
    return { stun, turn, expiresInMs };
  }

  /** Whether the server gives a sign of life; a refusal is one too. Never fails. */
  async probe(): Promise<boolean> {
    try {
      await this.#request({ schema: ackSchema, event: 'ping', args: [] }, PROBE_TIMEOUT_MS);
      return true;
    } catch (error) {
      if (!(error instanceof SignalingError)) throw error;
      return error.code !== 'timeout' && error.code !== 'offline';
    }
  }

  /** A join was answered: `inRoom` and `roomsSettled` may be others now. */
  onRooms(listener: () => void): () => void {
    return this.#roomAnswers.add(listener);
  }

  onPresence(listener: (change: PresenceChange) => void): () => void {
    return this.#presence.changes.add(listener);
  }

  onMessage(listener: (message: SignalingMessage) => void): () => void {
    return this.#messages.add(listener);
  }

  onStatus(listener: (status: SignalingStatus) => void): () => void {
    return this.#statuses.add(listener);
  }

  /** A nameplate created here can no longer be joined: its time is over, or the socket is lost. */
  onNameplateExpired(listener: (nameplate: string) => void): () => void {
    return this.#expiries.add(listener);
  }

  #listen(): void {
    const on = (event: string, listener: (...args: unknown[]) => void): void => {
      this.#socket.on(event, listener);
    };
    on('disconnect', (reason) =>
      this.#onFailure(reason === 'io server disconnect' ? 'ended' : 'lost'),
    );
    on('connect_error', () => this.#onFailure('lost'));
    on('server-info', (info) =>
      this.#decode(serverInfoSchema, info, ({ version, time }) =>
        this.#onServerInfo(version, time),
      ),
    );
    on('peer-joined', (peer) =>
      this.#decode(peerJoinedSchema, peer, (joined) => this.#presence.join(joined)),
    );
    on('peer-left', (peer) =>
      this.#decode(peerLeftSchema, peer, (left) => {
        if (left.socketId === this.#socket.id) this.#onSeatLost(left.roomId);
        else this.#presence.leave(left);
      }),
    );
    on('nameplate-expired', (expired) =>
      this.#decode(nameplateExpiredSchema, expired, ({ nameplate }) => this.#expire(nameplate)),
    );
    for (const event of RELAY_EVENTS) {
      on(event, (delivery) =>
        this.#decode(relayDeliverySchema, delivery, ({ roomId, from, data }) => {
          // Only from sockets we know to be there: a message must not arrive before its sender.
          if (!this.#presence.has(roomId, from)) this.#dropped += 1;
          else this.#messages.emit({ event, roomId, from, data });
        }),
      );
    }
  }

  #onServerInfo(version: number, time: number): void {
    this.#serverVersion = version;
    if (version !== SIGNALING_VERSION) return this.#stop({ state: 'incompatible', version });
    this.#clockOffsetMs = time - this.#now();
    const socketId = this.#socket.id;
    if (this.#status.state !== 'connecting' || socketId === undefined) return;
    this.#setStatus({ state: 'online', socketId });
    this.#rooms.online();
    this.#roomAnswers.emit();
  }

  /** Somebody in the room joined under our peerId and has our seat now. */
  #onSeatLost(roomId: string): void {
    this.#presence.close(roomId);
    // Under the old one the two would push each other out for ever.
    this.#peerIds.delete(roomId);
    this.#rooms.rejoin(roomId);
  }

  #peerIdFor(roomId: string): string {
    const peerId = this.#peerIds.get(roomId) ?? freshPeerId();
    this.#peerIds.set(roomId, peerId);
    return peerId;
  }

  #onFailure(how: 'lost' | 'ended'): void {
    this.#reset();
    if (this.#status.state !== 'online' && this.#status.state !== 'connecting') return;
    this.#setStatus({ state: 'failed', how });
  }

  #stop(status: SignalingStatus): void {
    this.#setStatus(status);
    this.#socket.disconnect();
    this.#reset();
  }

  /** What belonged to the lost socket is gone with it. */
  #reset(): void {
    this.#rooms.offline();
    this.#nameplatePeerIds.clear();
    this.#presence.clear();
    for (const nameplate of [...this.#created]) this.#expire(nameplate);
  }

  #expire(nameplate: string): void {
    if (this.#created.delete(nameplate)) this.#expiries.emit(nameplate);
  }

  async #join(roomId: string, peerId: string): Promise<{ nonceC?: string }> {
    // Opened first: the server names those present before it answers the join.
    this.#presence.open(roomId);
    try {
      return await this.#request({
        schema: joinAckSchema,
        event: 'join-room',
        args: [roomId, peerId],
      });
    } catch (error) {
      this.#presence.close(roomId);
      throw error;
    }
  }

  async #leave(roomId: string): Promise<void> {
    this.#presence.close(roomId);
    await this.#tell({ schema: ackSchema, event: 'leave-room', args: [roomId] });
  }

  /** A request whose refusal changes nothing for us. */
  async #tell<Reply extends Answer>(call: Request<Reply>): Promise<void> {
    try {
      await this.#request(call);
    } catch (error) {
      if (!(error instanceof SignalingError)) throw error;
    }
  }

  async #request<Reply extends Answer>(
    call: Request<Reply>,
    timeoutMs = ACK_TIMEOUT_MS,
  ): Promise<Extract<Reply, { ok: true }>> {
    // socket.io-client would keep it and send it after the next connect, when it is out of date.
    if (this.#status.state !== 'online') throw new SignalingError('offline');
    return await request(this.#socket, timeoutMs, call);
  }

  #decode<Value>(
    schema: v.GenericSchema<unknown, Value>,
    value: unknown,
    use: (value: Value) => void,
  ): void {
    const result = v.safeParse(schema, value);
    if (result.success) use(result.output);
    else this.#dropped += 1;
  }

  #setStatus(status: SignalingStatus): void {
    this.#status = status;
    this.#statuses.emit(status);
  }
}

function freshPeerId(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(PEER_ID_BYTES)));
}
