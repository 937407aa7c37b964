import type { Server, Socket } from 'socket.io';
import type { RefusalCode } from '../../lib/signaling/errors.ts';
import type { ClientToServerEvents, ServerToClientEvents } from '../../lib/signaling/events.ts';
import type { Clock, NameplateStore, RateLimits, RelayOffer, RoomStore } from '../ports.ts';

export type SignalingServer = Server<ClientToServerEvents, ServerToClientEvents>;
export type SignalingSocket = Socket<ClientToServerEvents, ServerToClientEvents>;

/** What a request handler works with; one for each socket. */
export interface RequestContext {
  readonly io: SignalingServer;
  readonly socketId: string;
  /** Key of the per-address limits. */
  readonly address: string;
  readonly clock: Clock;
  readonly rooms: RoomStore;
  readonly nameplates: NameplateStore;
  readonly limits: RateLimits;
  /** What is handed out now ([SV15]). */
  readonly relays: () => RelayOffer;
  /** This socket's live nameplates, each with what cancels the notice of its expiry. */
  readonly expiries: Map<string, () => void>;
}

/** The answer to a request. Unlike the wire's, `flood` is kept apart: the socket is closed after it. */
export type Outcome =
  | { readonly ok: true; readonly [field: string]: unknown }
  | { readonly ok: false; readonly code: RefusalCode; readonly flood?: true };

/** @param args as the client sent them, without the acknowledgement: decode before use */
export type RequestHandler = (context: RequestContext, args: unknown[]) => Promise<Outcome>;

export const DONE: Outcome = { ok: true };

export function refuse(code: RefusalCode): Outcome {
  return { ok: false, code };
}

export function refuseLimit(
  verdict: 'exceeded' | 'flood',
  code: 'rate-limited' | 'too-many-guesses' = 'rate-limited',
): Outcome {
  return verdict === 'flood' ? { ok: false, code, flood: true } : { ok: false, code };
}
