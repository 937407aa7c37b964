import * as v from 'valibot';
import { ROOMS_PER_SOCKET } from '../../lib/signaling/constants.ts';
import { peerIdSchema, roomIdSchema } from '../../lib/signaling/schemas.ts';
import type { Seat } from '../ports.ts';
import {
  DONE,
  refuse,
  refuseLimit,
  type Outcome,
  type RequestContext,
  type RequestHandler,
} from './context.ts';

const joinArgs = v.strictTuple([roomIdSchema, peerIdSchema]);
const leaveArgs = v.strictTuple([roomIdSchema]);

/** [SV3], [SV4], [SV6]; for a nameplate's room also [SV10] and [SV11]. */
export const joinRoom: RequestHandler = async (context, args) => {
  const decoded = v.safeParse(joinArgs, args);
  if (!decoded.success) return refuse('bad-request');
  const [roomId, peerId] = decoded.output;
  const seat: Seat = { socketId: context.socketId, peerId };
  if (roomId.startsWith('r')) return await takeSeat(context, roomId, seat);

  // A nameplate has one joiner: it must not be claimed by one who then gets no seat.
  const joined = await context.rooms.roomsOf(context.socketId);
  if (joined.length >= ROOMS_PER_SOCKET && !joined.includes(roomId))
    return refuse('too-many-rooms');
  const verdict = await context.limits.guess(context.address);
  if (verdict !== 'granted') return refuseLimit(verdict, 'too-many-guesses');
  const claim = await context.nameplates.claim(roomId.slice(1), seat);
  if (claim.type === 'refused') return refuse(claim.code);
  await context.limits.returnGuess(context.address);
  const outcome = await takeSeat(context, roomId, seat);
  return outcome.ok ? { ok: true, nonceC: claim.nonceC } : outcome;
};

/** [SV5]. A nameplate ends when its creator leaves its room. */
export const leaveRoom: RequestHandler = async (context, args) => {
  const decoded = v.safeParse(leaveArgs, args);
  if (!decoded.success) return refuse('bad-request');
  const [roomId] = decoded.output;
  if (!(await giveUpSeat(context, roomId))) return refuse('not-in-room');
  if (roomId.startsWith('n')) await endNameplate(context, roomId.slice(1));
  return DONE;
};

/** The socket is gone: everybody who shared a room with it is told, its nameplates end. */
export async function leaveEverything(context: RequestContext): Promise<void> {
  for (const roomId of await context.rooms.roomsOf(context.socketId)) {
    await giveUpSeat(context, roomId);
  }
  for (const nameplate of [...context.expiries.keys()]) await endNameplate(context, nameplate);
  await context.limits.forget(context.socketId);
}

/** Ends a live nameplate of this socket; false when it has none of that name. */
export async function endNameplate(context: RequestContext, nameplate: string): Promise<boolean> {
  context.expiries.get(nameplate)?.();
  context.expiries.delete(nameplate);
  return await context.nameplates.release(nameplate, context.socketId);
}

/** Seats a socket and tells those inside about it, and it about them. */
export async function takeSeat(
  { io, rooms }: RequestContext,
  roomId: string,
  seat: Seat,
): Promise<Outcome> {
  const result = await rooms.seat(roomId, seat);
  if (result.type === 'refused') return refuse(result.code);
  const { others, replaced } = result;
  const inside = others.map(({ socketId }) => socketId);
  if (replaced !== undefined) {
    // Told to the replaced socket too: if it is alive after all, it can join again.
    io.to([...inside, replaced]).emit('peer-left', { roomId, socketId: replaced });
  }
  if (inside.length > 0) io.to(inside).emit('peer-joined', { roomId, ...seat });
  for (const other of others) io.to(seat.socketId).emit('peer-joined', { roomId, ...other });
  return DONE;
}

async function giveUpSeat({ io, rooms, socketId }: RequestContext, roomId: string) {
  const others = await rooms.unseat(roomId, socketId);
  if (others === undefined) return false;
  // An empty list of targets would mean everybody.
  if (others.length > 0) {
    io.to(others.map((other) => other.socketId)).emit('peer-left', { roomId, socketId });
  }
  return true;
}
