import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Limits } from './config.ts';
import type { LimitVerdict, RateLimits } from './ports.ts';

const MINUTE_S = 60;
const TEN_MINUTES_S = 600;

/** Over a limit by this factor is a flood: refusing it costs more than it is worth. */
const FLOOD_FACTOR = 10;

/** Counts in the memory of one process ([SV12]). */
export function memoryLimits(limits: Limits): RateLimits {
  const requests = counter(limits.requestsPerMinute, MINUTE_S);
  const messages = counter(limits.messagesPerMinute, MINUTE_S);
  const bytes = counter(limits.bytesPerMinute, MINUTE_S);
  const nameplates = counter(limits.nameplatesPerTenMinutes, TEN_MINUTES_S);
  const guesses = counter(limits.guessesPerTenMinutes, TEN_MINUTES_S);
  const credentials = counter(limits.turnCredentialsPerTenMinutes, TEN_MINUTES_S);

  return {
    request: (socketId) => consume(requests, socketId, 1),
    async relay(socketId, size) {
      const verdict = await consume(messages, socketId, 1);
      return verdict === 'granted' ? await consume(bytes, socketId, size) : verdict;
    },
    createNameplate: (address) => consume(nameplates, address, 1),
    turnCredentials: (address) => consume(credentials, address, 1),
    guess: (address) => consume(guesses, address, 1),
    async returnGuess(address) {
      await guesses.reward(address, 1);
    },
    async forget(socketId) {
      await Promise.all([requests, messages, bytes].map((limiter) => limiter.delete(socketId)));
    },
  };
}

function counter(points: number, duration: number): RateLimiterMemory {
  return new RateLimiterMemory({ points, duration });
}

async function consume(
  limiter: RateLimiterMemory,
  key: string,
  points: number,
): Promise<LimitVerdict> {
  try {
    await limiter.consume(key, points);
    return 'granted';
  } catch (rejection) {
    if (!(rejection instanceof RateLimiterRes)) throw rejection;
    return rejection.consumedPoints > limiter.points * FLOOD_FACTOR ? 'flood' : 'exceeded';
  }
}
