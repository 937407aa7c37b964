import * as v from 'valibot';
import type { Presence } from '../../lib/messaging/offscreen-calls.ts';
import type { SignalingView } from '../../lib/messaging/snapshot.ts';
import { KNOCK } from '../../lib/protocol/knock.ts';
import type {
  CreatedNameplate,
  JoinedNameplate,
  SignalingClient,
  SignalingMessage,
} from '../../lib/signaling/client.ts';
import { Connector } from '../../lib/signaling/connector.ts';
import { SignalingError } from '../../lib/signaling/errors.ts';
import { RELAY_EVENTS } from '../../lib/signaling/events.ts';
import { relayRequestSchema } from '../../lib/signaling/schemas.ts';
import { parseServerList } from '../../lib/signaling/server-list.ts';
import type { SocketLike } from '../../lib/signaling/socket-like.ts';
import type { TurnSource } from './reach.ts';

/** How long a request waits for a connection that is just coming up, e.g. after the worker's start. */
const ONLINE_WAIT_MS = 8_000;

export interface ConnectionDeps {
  readonly openSocket: (url: string) => SocketLike;
  /** Rooms to be in now: room id → the device it is shared with ([RC2]). */
  readonly rooms: (serverOffsetMs: number) => ReadonlyMap<string, string>;
  readonly onMessage: (message: SignalingMessage) => void;
  /** The server ended it, or it was lost with the socket. */
  readonly onNameplateExpired: (nameplate: string) => void;
  /** A room was joined, or its joining refused. */
  readonly onRooms: () => void;
  /** The connection was lost, or ended by the server; not one that we left ourselves. */
  readonly onLost: () => void;
  /** Presence or status changed. */
  readonly onChange: () => void;
  /** A device came or went. */
  readonly onSeen: (deviceId: string) => void;
  readonly now: () => number;
  /** From 0 up to, not including, 1; `Math.random` by default. */
  readonly random?: () => number;
}

/** What "Check connection" and the debug log may say of the server. */
export interface ServerFacts {
  /** It answers, be it in another version. */
  readonly online: boolean;
  readonly version: number | null;
  /** Server's clock minus ours, ms. */
  readonly clockOffset: number | null;
}

/** The connection to the signaling server: which one, which rooms, who is in them. */
export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #connector: Connector;
  #setting = '';
  #rooms: ReadonlyMap<string, string> = new Map();
  readonly #waiting = new Set<() => void>();

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.#connector = new Connector({
      openSocket: deps.openSocket,
      onMessage: deps.onMessage,
      onPresence: ({ roomId }) => {
        const deviceId = this.deviceIn(roomId);
        if (deviceId !== undefined) deps.onSeen(deviceId);
        deps.onChange();
      },
      onNameplateExpired: deps.onNameplateExpired,
      onRooms: deps.onRooms,
      onLost: deps.onLost,
      // The server's clock is known only now ([RC2]).
      onOnline: () => this.updateRooms(),
      onChange: () => this.#settle(),
      now: deps.now,
      ...(deps.random && { random: deps.random }),
    });
  }

  /** Leaves the present server and uses these ([SV17]); an empty setting means none. */
  use(setting: string): void {
    const servers = parseServerList(setting);
    const same = setting === this.#setting && this.#connector.client !== undefined;
    this.#setting = setting;
    if (same) return;
    this.updateRooms();
    this.#connector.use(servers);
    this.#settle();
  }

  /** For the alarm, and when somebody looks: a server that was away is tried again at once. */
  keep(): void {
    this.#connector.again();
    this.updateRooms();
  }

  /** The network may be another one: a socket that gives no sign of life is replaced at once. */
  async probe(): Promise<void> {
    await this.#connector.probe();
  }

  /** After devices or the day changed. */
  updateRooms(): void {
    this.#rooms = this.#deps.rooms(this.#connector.client?.clockOffsetMs ?? 0);
    this.#connector.setRooms(this.#rooms.keys());
  }

  get view(): SignalingView {
    const { status } = this.#connector;
    switch (status.state) {
      case 'off':
        return { state: 'offline', url: '', reason: 'off' };
      case 'failing':
        return { state: 'offline', url: status.url, reason: status.reason };
      case 'connecting':
      case 'online':
        return status;
    }
  }

  get server(): ServerFacts {
    const { client, status } = this.#connector;
    const online = status.state === 'online';
    const answers = online || (status.state === 'failing' && status.reason === 'incompatible');
    return {
      online: answers,
      version: answers ? (client?.serverVersion ?? null) : null,
      clockOffset: online ? (client?.clockOffsetMs ?? null) : null,
    };
  }

  get presence(): Presence {
    const peers: Presence['peers'] = [];
    for (const [roomId, sockets] of this.#connector.client?.presence ?? []) {
      const deviceId = this.deviceIn(roomId) ?? null;
      for (const socketId of sockets) peers.push({ roomId, socketId, deviceId });
    }
    const status = this.#connector.client?.status;
    return {
      online: status?.state === 'online',
      socketId: status?.state === 'online' ? status.socketId : null,
      clockOffset: this.#connector.client?.clockOffsetMs ?? 0,
      peers,
    };
  }

  /** Devices with a socket in one of our rooms. */
  get online(): ReadonlySet<string> {
    const devices = new Set<string>();
    for (const roomId of this.#connector.client?.presence.keys() ?? []) {
      const deviceId = this.deviceIn(roomId);
      if (deviceId !== undefined) devices.add(deviceId);
    }
    return devices;
  }

  deviceIn(roomId: string): string | undefined {
    return this.#rooms.get(roomId);
  }

  /** [RC11] One knock for each socket of the device that is there; lost ones do no harm. */
  knock(deviceId: string): void {
    const { client } = this.#connector;
    const knocked = new Set<string>();
    for (const [roomId, sockets] of client?.presence ?? []) {
      if (this.deviceIn(roomId) !== deviceId) continue;
      for (const target of sockets) {
        if (knocked.has(target)) continue;
        knocked.add(target);
        client?.send('pqc-public-key', { target, roomId, data: KNOCK }).catch(() => undefined);
      }
    }
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
    await this.#connector.client?.releaseNameplate(nameplate);
  }

  async releaseNameplate(nameplate: string): Promise<void> {
    await this.#connector.client?.leaveNameplate(nameplate);
  }

  /** Of the server in use; undefined while there is none, or while we are in no room there. */
  get turnSource(): TurnSource | undefined {
    const { client, status } = this.#connector;
    if (status.state !== 'online' || !client?.inRoom) return undefined;
    return { url: status.url, ask: () => client.turnCredentials() };
  }

  #settle(): void {
    for (const wake of [...this.#waiting]) wake();
    this.#deps.onChange();
  }

  /** Waits for a connection that is on its way; one that was lost is tried once more. */
  async #onlineClient(): Promise<SignalingClient> {
    if (this.view.state === 'offline') this.#connector.want();
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
    const { client } = this.#connector;
    if (client?.status.state !== 'online') throw new SignalingError('offline');
    return client;
  }
}
