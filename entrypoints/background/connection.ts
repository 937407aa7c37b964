import * as v from 'valibot';
import type { Presence } from '../../lib/messaging/offscreen-calls.ts';
import type { SignalingView } from '../../lib/messaging/snapshot.ts';
import {
  SignalingClient,
  type CreatedNameplate,
  type JoinedNameplate,
  type SignalingMessage,
} from '../../lib/signaling/client.ts';
import { SignalingError } from '../../lib/signaling/errors.ts';
import { RELAY_EVENTS } from '../../lib/signaling/events.ts';
import { relayRequestSchema } from '../../lib/signaling/schemas.ts';
import type { SocketLike } from '../../lib/signaling/socket-like.ts';

/** How long a request waits for a connection that is just coming up, e.g. after the worker's start. */
const ONLINE_WAIT_MS = 8_000;

export interface ConnectionDeps {
  readonly openSocket: (url: string) => SocketLike;
  /** Rooms to be in now: room id → the device it is shared with ([RC2]). */
  readonly rooms: (serverOffsetMs: number) => ReadonlyMap<string, string>;
  readonly onMessage: (message: SignalingMessage) => void;
  /** The server ended it, or it was lost with the socket. */
  readonly onNameplateExpired: (nameplate: string) => void;
  /** Presence, status or rooms changed. */
  readonly onChange: () => void;
  /** A device came or went. */
  readonly onSeen: (deviceId: string) => void;
  readonly now: () => number;
}

type Failure = { readonly reason: 'unreachable' } | undefined;

/** The connection to the signaling server: which one, which rooms, who is in them. */
export class Connection {
  readonly #deps: ConnectionDeps;
  #url = '';
  #client: SignalingClient | undefined;
  #stopListening: () => void = () => {};
  #rooms: ReadonlyMap<string, string> = new Map();
  #failure: Failure;
  readonly #waiting = new Set<() => void>();

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
  }

  /** Leaves the present server and connects to this one; an empty address means none. */
  use(url: string): void {
    if (url === this.#url && this.#client) return;
    this.#stopListening();
    this.#client?.close();
    this.#url = url;
    this.#client = undefined;
    this.#failure = undefined;
    if (url !== '') this.#open(url);
    this.#settle();
  }

  /** For the alarm, and when somebody looks: a server that was away is tried again at once. */
  keep(): void {
    if (this.view.state === 'offline') this.#retry();
    this.updateRooms();
  }

  /** After devices or the day changed. */
  updateRooms(): void {
    this.#rooms = this.#deps.rooms(this.#client?.clockOffsetMs ?? 0);
    this.#client?.setRooms(this.#rooms.keys());
  }

  get view(): SignalingView {
    const url = this.#url;
    if (!this.#client) return { state: 'offline', url, reason: 'off' };
    switch (this.#client.status.state) {
      case 'online':
        return { state: 'online', url };
      case 'incompatible':
        return { state: 'offline', url, reason: 'incompatible' };
      case 'closed':
        return { state: 'offline', url, reason: 'closed' };
      case 'connecting':
        return this.#failure
          ? { state: 'offline', url, reason: this.#failure.reason }
          : { state: 'connecting', url };
    }
  }

  get presence(): Presence {
    const peers: Presence['peers'] = [];
    for (const [roomId, sockets] of this.#client?.presence ?? []) {
      const deviceId = this.deviceIn(roomId) ?? null;
      for (const socketId of sockets) peers.push({ roomId, socketId, deviceId });
    }
    const status = this.#client?.status;
    return {
      online: status?.state === 'online',
      socketId: status?.state === 'online' ? status.socketId : null,
      clockOffset: this.#client?.clockOffsetMs ?? 0,
      peers,
    };
  }

  /** Devices with a socket in one of our rooms. */
  get online(): ReadonlySet<string> {
    const devices = new Set<string>();
    for (const roomId of this.#client?.presence.keys() ?? []) {
      const deviceId = this.deviceIn(roomId);
      if (deviceId !== undefined) devices.add(deviceId);
    }
    return devices;
  }

  deviceIn(roomId: string): string | undefined {
    return this.#rooms.get(roomId);
  }

  /** @throws SignalingError */
  async send(event: string, request: unknown): Promise<void> {
    const name = RELAY_EVENTS.find((candidate) => candidate === event);
    const message = v.safeParse(relayRequestSchema, request);
    if (!name || !message.success) throw new SignalingError('bad-request');
    const client = await this.#onlineClient();
    await client.send(name, message.output);
  }

  /** @throws SignalingError */
  async createNameplate(nonceC: Uint8Array): Promise<CreatedNameplate> {
    return await (await this.#onlineClient()).createNameplate(nonceC);
  }

  /** @throws SignalingError */
  async joinNameplate(nameplate: string): Promise<JoinedNameplate> {
    return await (await this.#onlineClient()).joinNameplate(nameplate);
  }

  async endNameplate(nameplate: string): Promise<void> {
    await this.#client?.releaseNameplate(nameplate);
  }

  async releaseNameplate(nameplate: string): Promise<void> {
    await this.#client?.leaveNameplate(nameplate);
  }

  #open(url: string): void {
    const socket = this.#deps.openSocket(url);
    const client = new SignalingClient(socket, { now: this.#deps.now });
    const failed = (): void => {
      this.#failure = { reason: 'unreachable' };
      this.#settle();
    };
    socket.on('connect_error', failed);
    const stops = [
      () => socket.off('connect_error', failed),
      client.onStatus(({ state }) => {
        if (state === 'online') {
          this.#failure = undefined;
          // The server's clock is known only now ([RC2]).
          this.updateRooms();
        }
        this.#settle();
      }),
      client.onPresence(({ roomId }) => {
        const deviceId = this.deviceIn(roomId);
        if (deviceId !== undefined) this.#deps.onSeen(deviceId);
        this.#deps.onChange();
      }),
      client.onMessage((message) => this.#deps.onMessage(message)),
      client.onNameplateExpired((nameplate) => this.#deps.onNameplateExpired(nameplate)),
    ];
    this.#stopListening = () => {
      for (const stop of stops) stop();
    };
    this.#client = client;
    this.updateRooms();
    client.connect();
  }

  #settle(): void {
    for (const wake of [...this.#waiting]) wake();
    this.#deps.onChange();
  }

  /** Without waiting out the socket's own delay, which has grown to half a minute by then. */
  #retry(): void {
    this.#client?.close();
    this.#client?.connect();
  }

  /** Waits for a connection that is on its way; one that was lost is tried once more. */
  async #onlineClient(): Promise<SignalingClient> {
    if (this.view.state === 'offline') {
      this.#failure = undefined;
      this.#retry();
    }
    const pending = () => this.view.state === 'connecting';
    if (pending()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => finish(), ONLINE_WAIT_MS);
        const finish = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(check);
          resolve();
        };
        const check = (): void => {
          if (!pending()) finish();
        };
        this.#waiting.add(check);
      });
    }
    if (this.#client?.status.state !== 'online') throw new SignalingError('offline');
    return this.#client;
  }
}
