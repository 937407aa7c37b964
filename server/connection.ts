import { RELAY_EVENTS } from '../lib/signaling/events.ts';
import { SIGNALING_VERSION } from '../lib/signaling/constants.ts';
import {
  refuse,
  refuseLimit,
  type Outcome,
  type RequestContext,
  type RequestHandler,
  type SignalingSocket,
} from './handlers/context.ts';
import { createNameplate, releaseNameplate } from './handlers/nameplates.ts';
import { relay } from './handlers/relay.ts';
import { joinRoom, leaveEverything, leaveRoom } from './handlers/rooms.ts';
import { ping, turnCredentials } from './handlers/turn.ts';
import type { Logger } from './ports.ts';

const HANDLERS: ReadonlyMap<string, RequestHandler> = new Map<string, RequestHandler>([
  ['join-room', joinRoom],
  ['leave-room', leaveRoom],
  ['create-nameplate', createNameplate],
  ['release-nameplate', releaseNameplate],
  ['turn-credentials', turnCredentials],
  ['ping', ping],
  ...RELAY_EVENTS.map((event) => [event, relay(event)] as const),
]);

/** Requests of one socket that may wait for their turn; more are refused unseen. */
const MAX_WAITING_REQUESTS = 1_024;

/**
 * Serves one socket. Its requests are carried out one after the other: "join, then send" needs no
 * waiting for answers, and the leaving of a lost socket comes after whatever it still asked for.
 */
export function serve(
  socket: SignalingSocket,
  dependencies: Omit<RequestContext, 'socketId' | 'expiries'>,
  logger: Logger,
): void {
  const context: RequestContext = {
    ...dependencies,
    socketId: socket.id,
    expiries: new Map(),
  };
  let waiting = 0;
  let turn: Promise<void> = Promise.resolve();

  const inTurn = (task: () => Promise<void>): void => {
    waiting += 1;
    turn = turn.then(task).then(
      () => {
        waiting -= 1;
      },
      (error: unknown) => {
        waiting -= 1;
        logger.error(describe(error), 'signaling task failed');
      },
    );
  };

  socket.emit('server-info', { version: SIGNALING_VERSION, time: dependencies.clock.now() });

  socket.onAny((event: string, ...received: unknown[]) => {
    const last = received.at(-1);
    const args = isAcknowledgement(last) ? received.slice(0, -1) : received;
    const answer = isAcknowledgement(last) ? last : () => undefined;
    if (waiting >= MAX_WAITING_REQUESTS) return answer(refuse('rate-limited'));
    inTurn(async () => {
      const outcome = await carryOut(context, event, args, logger);
      if (outcome.ok) return answer(outcome);
      // The client chose the event's name: only names of ours may be logged.
      logger.debug(
        { event: HANDLERS.has(event) ? event : 'unknown', code: outcome.code },
        'request refused',
      );
      answer({ ok: false, code: outcome.code });
      if (outcome.flood) {
        logger.warn('closing a socket that floods');
        socket.disconnect(true);
      }
    });
  });

  socket.on('disconnect', () => {
    inTurn(() => leaveEverything(context));
  });
}

async function carryOut(
  context: RequestContext,
  event: string,
  args: unknown[],
  logger: Logger,
): Promise<Outcome> {
  try {
    const verdict = await context.limits.request(context.socketId);
    if (verdict !== 'granted') return refuseLimit(verdict);
    const handler = HANDLERS.get(event);
    return handler === undefined ? refuse('bad-request') : await handler(context, args);
  } catch (error) {
    logger.error(describe(error), 'request failed');
    return refuse('unavailable');
  }
}

function isAcknowledgement(value: unknown): value is (answer: Outcome) => void {
  return typeof value === 'function';
}

/** Where an error happened. Its message could hold what a client sent. */
function describe(error: unknown): { name: string; at: string[] } {
  if (!(error instanceof Error)) return { name: typeof error, at: [] };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { name: error.name, at: frames.slice(0, 8).map((line) => line.trim()) };
}
