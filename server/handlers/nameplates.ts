import * as v from 'valibot';
import { NAMEPLATE_LIFETIME_MS, ROOMS_PER_SOCKET } from '../../lib/signaling/constants.ts';
import { nameplateSchema, nonceSchema, peerIdSchema } from '../../lib/signaling/schemas.ts';
import { DONE, refuse, refuseLimit, type RequestContext, type RequestHandler } from './context.ts';
import { endNameplate, takeSeat } from './rooms.ts';

const createArgs = v.strictTuple([nonceSchema, peerIdSchema]);
const releaseArgs = v.strictTuple([nameplateSchema]);

/** Tries when a draw meets a room that people of an earlier nameplate have not left yet. */
const MAX_TRIES = 4;

/** [SV9], [SV10], [SV12]. */
export const createNameplate: RequestHandler = async (context, args) => {
  const decoded = v.safeParse(createArgs, args);
  if (!decoded.success) return refuse('bad-request');
  const [nonceC, peerId] = decoded.output;
  const { socketId, rooms, limits } = context;
  if ((await rooms.roomsOf(socketId)).length >= ROOMS_PER_SOCKET) return refuse('too-many-rooms');
  const verdict = await limits.createNameplate(context.address);
  if (verdict !== 'granted') return refuseLimit(verdict);

  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const created = await context.nameplates.create(socketId, nonceC);
    if (created.type === 'refused') return refuse(created.code);
    const { nameplate } = created;
    const roomId = `n${nameplate}`;
    if ((await rooms.members(roomId)).length === 0) {
      announceExpiry(context, nameplate);
      const seated = await takeSeat(context, roomId, { socketId, peerId });
      if (seated.ok) return { ok: true, nameplate, expiresInMs: NAMEPLATE_LIFETIME_MS };
    }
    await endNameplate(context, nameplate);
  }
  return refuse('unavailable');
};

/** [SV10]. Who is in the nameplate's room stays in it. */
export const releaseNameplate: RequestHandler = async (context, args) => {
  const decoded = v.safeParse(releaseArgs, args);
  if (!decoded.success) return refuse('bad-request');
  const [nameplate] = decoded.output;
  return (await endNameplate(context, nameplate)) ? DONE : refuse('nameplate-unknown');
};

function announceExpiry(
  { io, socketId, clock, expiries }: RequestContext,
  nameplate: string,
): void {
  const cancel = clock.after(NAMEPLATE_LIFETIME_MS, () => {
    expiries.delete(nameplate);
    io.to(socketId).emit('nameplate-expired', { nameplate });
  });
  expiries.set(nameplate, cancel);
}
