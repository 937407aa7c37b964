import * as v from 'valibot';
import { timeLimitedCredential } from '../turn-credential.ts';
import { DONE, refuse, refuseLimit, type RequestHandler } from './context.ts';

const noArgs = v.strictTuple([]);

/** [SV15]. Only for a socket in a room: who merely connects gets no relay. */
export const turnCredentials: RequestHandler = async (context, args) => {
  if (!v.is(noArgs, args)) return refuse('bad-request');
  const { socketId, address, rooms, limits, clock } = context;
  if ((await rooms.roomsOf(socketId)).length === 0) return refuse('not-in-room');
  const verdict = await limits.turnCredentials(address);
  if (verdict !== 'granted') return refuseLimit(verdict);
  const { stunUrls, groups, ttlSeconds } = context.relays();
  return {
    ok: true,
    stun: stunUrls,
    turn: groups.flatMap(({ urls, secret }) => {
      const credential = timeLimitedCredential(secret, clock.now(), ttlSeconds);
      return urls.map((url) => ({ url, ...credential }));
    }),
    expiresInMs: ttlSeconds * 1_000,
  };
};

/** [SV16]. */
export const ping: RequestHandler = (_context, args) =>
  Promise.resolve(v.is(noArgs, args) ? DONE : refuse('bad-request'));
