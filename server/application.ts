/** The signaling server on an HTTP server of the caller's (docs/PROTOCOL.md §1, docs/SERVER.md). */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { Server } from 'socket.io';
import { MAX_PACKET_BYTES, SIGNALING_PATH } from '../lib/signaling/constants.ts';
import type { ClientToServerEvents, ServerToClientEvents } from '../lib/signaling/events.ts';
import { Admission } from './admission.ts';
import type { ServerConfig, TurnGroup } from './config.ts';
import { serve } from './connection.ts';
import { healthListener } from './health.ts';
import { memoryLimits } from './limits.ts';
import { memoryNameplates } from './memory/nameplates.ts';
import { memoryRooms } from './memory/rooms.ts';
import type { Clock, Logger, NameplateStore, Random, RateLimits, RoomStore } from './ports.ts';

/** Below 30 s: the traffic of a ping keeps an extension's service worker alive. */
const PING_INTERVAL_MS = 20_000;

/**
 * After a ping without an answer for this long a socket is dead and its seats are given up. The
 * client learns both numbers and gives a silent server up after the same 30 s ([SV16]).
 */
const PING_TIMEOUT_MS = 10_000;

/** A connection has to enter the namespace within this time. */
const CONNECT_TIMEOUT_MS = 10_000;

export interface Dependencies {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** In memory by default. */
  readonly rooms?: RoomStore;
  readonly nameplates?: NameplateStore;
  readonly limits?: RateLimits;
  /** TURN servers beside those of the configuration, as they are at the moment. */
  readonly turnGroups?: () => readonly TurnGroup[];
}

export interface Application {
  /** Stops taking connections, closes those there are, and the HTTP server. */
  close(): Promise<void>;
}

export function createApplication(httpServer: HttpServer, dependencies: Dependencies): Application {
  const { config, clock, random, logger } = dependencies;
  const rooms = dependencies.rooms ?? memoryRooms();
  const nameplates = dependencies.nameplates ?? memoryNameplates({ clock, random });
  const limits = dependencies.limits ?? memoryLimits(config.limits);
  const admission = new Admission(config);
  const relays = () => ({
    stunUrls: config.turn.stunUrls,
    groups: [...config.turn.groups, ...(dependencies.turnGroups?.() ?? [])],
    ttlSeconds: config.turn.ttlSeconds,
  });
  let closing: Promise<void> | undefined;

  httpServer.on(
    'request',
    healthListener(() => closing === undefined && httpServer.listening),
  );

  const io = new Server<ClientToServerEvents, ServerToClientEvents>(httpServer, {
    path: SIGNALING_PATH,
    transports: ['websocket', 'polling'],
    serveClient: false,
    pingInterval: PING_INTERVAL_MS,
    pingTimeout: PING_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxHttpBufferSize: MAX_PACKET_BYTES,
    // Origins are checked in `allowRequest`, for both transports; this only lets answers be read.
    cors: { origin: true },
    allowRequest(request, decide) {
      const refusal = closing === undefined ? admit(request) : 'stopping';
      if (refusal !== undefined) logger.info({ refusal }, 'connection refused');
      decide(refusal ?? null, refusal === undefined);
    },
  });

  // Later requests of a polling connection come through here again: they open nothing.
  const admit = (request: IncomingMessage): string | undefined =>
    new URL(request.url ?? '', 'http://localhost').searchParams.has('sid')
      ? undefined
      : admission.refusal(request);

  io.engine.on('connection', (raw: { request: IncomingMessage; once: EventOnce }) => {
    raw.once('close', admission.opened(raw.request));
  });

  io.on('connection', (socket) => {
    const address = admission.addressOf(socket.request);
    logger.debug({ connections: admission.connections }, 'socket connected');
    serve(socket, { io, address, clock, rooms, nameplates, limits, relays }, logger);
  });

  return {
    close() {
      closing ??= io.close().then(() => logger.info('stopped'));
      return closing;
    },
  };
}

type EventOnce = (event: string, listener: () => void) => unknown;
