import * as v from 'valibot';
import { MAX_DATA_CHARS } from '../../lib/signaling/constants.ts';
import type { RelayEvent } from '../../lib/signaling/events.ts';
import { relayRequestSchema } from '../../lib/signaling/schemas.ts';
import { DONE, refuse, refuseLimit, type RequestHandler } from './context.ts';

const relayArgs = v.strictTuple([relayRequestSchema]);

/** [SV7], [SV8], [SV12]. */
export function relay(event: RelayEvent): RequestHandler {
  return async ({ io, socketId, rooms, limits }, args) => {
    const size = dataSize(args[0]);
    const verdict = await limits.relay(socketId, size);
    if (verdict !== 'granted') return refuseLimit(verdict);
    if (size > MAX_DATA_CHARS) return refuse('too-large');
    const decoded = v.safeParse(relayArgs, args);
    if (!decoded.success) return refuse('bad-request');
    const [{ target, roomId, data }] = decoded.output;

    const members = await rooms.members(roomId);
    if (!members.some((member) => member.socketId === socketId)) return refuse('not-in-room');
    if (!members.some((member) => member.socketId === target)) return refuse('target-offline');
    io.to(target).emit(event, { from: socketId, roomId, data });
    return DONE;
  };
}

/** Characters of what a request wants relayed; 0 where that cannot be told. */
function dataSize(request: unknown): number {
  if (typeof request !== 'object' || request === null || !('data' in request)) return 0;
  const { data } = request;
  if (typeof data === 'string') return data.length;
  if (typeof data !== 'object' || data === null || !('ct' in data)) return 0;
  return typeof data.ct === 'string' ? data.ct.length : 0;
}
