/**
 * A signaling server that wishes its clients ill. Real clients connect to it; it keeps everything
 * it sees and delivers whatever `tamper` makes of each relayed message.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { createServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { SIGNALING_PATH, SIGNALING_VERSION } from '../../lib/signaling/constants.ts';
import { RELAY_EVENTS } from '../../lib/signaling/events.ts';
import { listenOn } from './http.ts';

export interface Relay {
  readonly event: string;
  readonly roomId: string;
  readonly from: string;
  readonly target: string;
  /** Base64 text before encryption, an envelope after it. */
  readonly data: unknown;
}

/** What is delivered in place of a message: nothing, other messages, several. */
export type Tamper = (relay: Relay, server: HostileServer) => readonly Relay[];

interface Seat {
  readonly socket: Socket;
  readonly peerId: string;
}

type Acknowledge = (answer: object) => void;

/** An honest courier; the attacks replace it. */
export const HONEST: Tamper = (relay) => [relay];

export class HostileServer {
  readonly url: string;
  tamper: Tamper = HONEST;
  readonly relays: Relay[] = [];
  /** Every packet of every client, as JSON. */
  readonly packets: string[] = [];
  readonly #io: Server;
  readonly #rooms = new Map<string, Seat[]>();
  readonly #nonces = new Map<string, string>();

  private constructor(io: Server, url: string) {
    this.#io = io;
    this.url = url;
  }

  static async start(): Promise<HostileServer> {
    const http = createServer();
    const io = new Server(http, { path: SIGNALING_PATH, cors: { origin: true } });
    const server = new HostileServer(io, await listenOn(http, '127.0.0.1'));
    io.on('connection', (socket) => server.#serve(socket));
    return server;
  }

  /** The creator's nonce of a nameplate, base64. */
  nonceOf(nameplate: string): string {
    const nonce = this.#nonces.get(nameplate);
    if (nonce === undefined) throw new Error('no such nameplate');
    return nonce;
  }

  /** Socket ids of those in a room. */
  members(roomId: string): string[] {
    return (this.#rooms.get(roomId) ?? []).map(({ socket }) => socket.id);
  }

  /** Pretends that somebody joined; gives the socket id that this somebody seems to have. */
  inventPeer(roomId: string): string {
    const socketId = randomBytes(15).toString('base64url');
    for (const { socket } of this.#rooms.get(roomId) ?? []) {
      socket.emit('peer-joined', { roomId, peerId: randomBytes(16).toString('hex'), socketId });
    }
    return socketId;
  }

  /** Pretends that it left again. */
  withdrawPeer(roomId: string, socketId: string): void {
    for (const { socket } of this.#rooms.get(roomId) ?? []) {
      socket.emit('peer-left', { roomId, socketId });
    }
  }

  /** Delivers a message that nobody sent. */
  deliver({ event, roomId, from, target, data }: Relay): void {
    const seat = this.#rooms.get(roomId)?.find(({ socket }) => socket.id === target);
    seat?.socket.emit(event, { from, roomId, data });
  }

  /** Everything seen, with base64 also as what it stands for: one text to search. */
  everythingSeen(): string {
    const texts = this.packets.flatMap((packet) => [
      packet,
      ...(packet.match(/[A-Za-z0-9+/]{16,}={0,2}/gu) ?? []).map((text) =>
        Buffer.from(text, 'base64').toString('latin1'),
      ),
    ]);
    return texts.join('\n');
  }

  async close(): Promise<void> {
    await this.#io.close();
  }

  #serve(socket: Socket): void {
    socket.onAny((event: string, ...args: unknown[]) => {
      this.packets.push(
        JSON.stringify([event, ...args.filter((arg) => typeof arg !== 'function')]),
      );
    });
    socket.on('join-room', (roomId: string, peerId: string, ack: Acknowledge) => {
      const nonceC = this.#nonces.get(roomId.slice(1));
      if (roomId.startsWith('n') && nonceC === undefined) {
        return ack({ ok: false, code: 'nameplate-unknown' });
      }
      this.#join(roomId, { socket, peerId });
      ack({ ok: true, ...(nonceC !== undefined && { nonceC }) });
    });
    socket.on('leave-room', (roomId: string, ack: Acknowledge) => {
      this.#leave(roomId, socket);
      // Whoever leaves first: the code is over.
      this.#nonces.delete(roomId.slice(1));
      ack({ ok: true });
    });
    socket.on('create-nameplate', (nonceC: string, peerId: string, ack: Acknowledge) => {
      const nameplate = String(randomInt(10_000, 100_000));
      this.#nonces.set(nameplate, nonceC);
      this.#join(`n${nameplate}`, { socket, peerId });
      ack({ ok: true, nameplate, expiresInMs: 600_000 });
    });
    socket.on('release-nameplate', (nameplate: string, ack: Acknowledge) => {
      this.#nonces.delete(nameplate);
      ack({ ok: true });
    });
    socket.on('turn-credentials', (ack: Acknowledge) =>
      ack({ ok: true, stun: [], turn: [], expiresInMs: 3_600_000 }),
    );
    socket.on('ping', (ack: Acknowledge) => ack({ ok: true }));
    for (const event of RELAY_EVENTS) {
      socket.on(
        event,
        (message: { target: string; roomId: string; data: unknown }, ack: Acknowledge) => {
          const relay: Relay = { ...message, event, from: socket.id };
          this.relays.push(relay);
          for (const changed of this.tamper(relay, this)) this.deliver(changed);
          ack({ ok: true });
        },
      );
    }
    socket.on('disconnect', () => {
      for (const roomId of this.#rooms.keys()) this.#leave(roomId, socket);
    });
    socket.emit('server-info', { version: SIGNALING_VERSION, time: Date.now() });
  }

  #join(roomId: string, seat: Seat): void {
    const others = (this.#rooms.get(roomId) ?? []).filter(({ socket }) => socket !== seat.socket);
    for (const other of others) {
      other.socket.emit('peer-joined', { roomId, peerId: seat.peerId, socketId: seat.socket.id });
      seat.socket.emit('peer-joined', { roomId, peerId: other.peerId, socketId: other.socket.id });
    }
    this.#rooms.set(roomId, [...others, seat]);
  }

  #leave(roomId: string, socket: Socket): void {
    const seats = this.#rooms.get(roomId) ?? [];
    const others = seats.filter((seat) => seat.socket !== socket);
    if (others.length === seats.length) return;
    this.#rooms.set(roomId, others);
    for (const other of others) other.socket.emit('peer-left', { roomId, socketId: socket.id });
  }
}
