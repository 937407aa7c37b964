import {
  NAMEPLATE_COOLDOWN_MS,
  NAMEPLATE_LIFETIME_MS,
  NAMEPLATE_MAX_DIGITS,
  NAMEPLATE_MIN_DIGITS,
  NAMEPLATES_PER_SOCKET,
} from '../../lib/signaling/constants.ts';
import type { Clock, NameplateStore, Random } from '../ports.ts';

interface Live {
  readonly state: 'live';
  readonly creatorId: string;
  readonly nonceC: string;
  readonly expiresAt: number;
  readonly joiner: { readonly socketId: string; readonly peerId: string } | undefined;
}

/** Ended: not given out again before `freeAt`; who comes late is told why. */
interface Cooling {
  readonly state: 'cooling';
  readonly refusal: 'nameplate-unknown' | 'nameplate-used' | 'nameplate-expired';
  readonly freeAt: number;
}

/** A draw hits a used nameplate with less than one half; after this many, something else is wrong. */
const MAX_DRAWS = 128;

/** Nameplates in the memory of one process. */
export function memoryNameplates({
  clock,
  random,
}: {
  readonly clock: Clock;
  readonly random: Random;
}): NameplateStore {
  const entries = new Map<string, Live | Cooling>();
  const liveByCreator = new Map<string, Set<string>>();
  /** Used (live or cooling) nameplates for each number of digits. */
  const usedByDigits = new Map<number, number>();

  const countUsed = (nameplate: string, change: 1 | -1): void => {
    const digits = nameplate.length;
    usedByDigits.set(digits, (usedByDigits.get(digits) ?? 0) + change);
  };

  const end = (
    nameplate: string,
    live: Live,
    endedAt: number,
    unused: 'nameplate-unknown' | 'nameplate-expired',
  ): void => {
    const created = liveByCreator.get(live.creatorId);
    created?.delete(nameplate);
    if (created?.size === 0) liveByCreator.delete(live.creatorId);
    const refusal = live.joiner === undefined ? unused : 'nameplate-used';
    entries.set(nameplate, { state: 'cooling', refusal, freeAt: endedAt + NAMEPLATE_COOLDOWN_MS });
  };

  /** The entry as it is now: time may have ended it, or its cooling, since it was last looked at. */
  const lookUp = (nameplate: string): Live | Cooling | undefined => {
    const now = clock.now();
    const live = entries.get(nameplate);
    if (live?.state === 'live' && live.expiresAt <= now)
      end(nameplate, live, live.expiresAt, 'nameplate-expired');
    const cooling = entries.get(nameplate);
    if (cooling?.state === 'cooling' && cooling.freeAt <= now) {
      entries.delete(nameplate);
      countUsed(nameplate, -1);
    }
    return entries.get(nameplate);
  };

  const draw = (): string | undefined => {
    let digits = NAMEPLATE_MIN_DIGITS;
    const capacity = (length: number): number => 9 * 10 ** (length - 1);
    while ((usedByDigits.get(digits) ?? 0) >= capacity(digits) / 2) digits += 1;
    if (digits > NAMEPLATE_MAX_DIGITS) return undefined;
    for (let attempt = 0; attempt < MAX_DRAWS; attempt += 1) {
      const nameplate = String(random.int(10 ** (digits - 1), 10 ** digits));
      if (lookUp(nameplate) === undefined) return nameplate;
    }
    return undefined;
  };

  /** Entries end in the order of their creation, so the oldest stand in front of the map. */
  const sweep = (): void => {
    for (const nameplate of entries.keys()) {
      if (lookUp(nameplate) !== undefined) break;
    }
  };

  return {
    async create(creatorId, nonceC) {
      sweep();
      const created = liveByCreator.get(creatorId) ?? new Set<string>();
      for (const nameplate of [...created]) lookUp(nameplate);
      if (created.size >= NAMEPLATES_PER_SOCKET) {
        return { type: 'refused', code: 'too-many-nameplates' };
      }
      const nameplate = draw();
      if (nameplate === undefined) return { type: 'refused', code: 'unavailable' };
      const expiresAt = clock.now() + NAMEPLATE_LIFETIME_MS;
      entries.set(nameplate, { state: 'live', creatorId, nonceC, expiresAt, joiner: undefined });
      countUsed(nameplate, 1);
      liveByCreator.set(creatorId, created.add(nameplate));
      return { type: 'created', nameplate };
    },

    async claim(nameplate, { socketId, peerId }) {
      const live = lookUp(nameplate);
      if (live?.state !== 'live')
        return { type: 'refused', code: live?.refusal ?? 'nameplate-unknown' };
      const { creatorId, nonceC, joiner } = live;
      if (socketId === creatorId) return { type: 'claimed', nonceC };
      if (joiner === undefined) {
        entries.set(nameplate, { ...live, joiner: { socketId, peerId } });
      } else if (joiner.socketId !== socketId && joiner.peerId !== peerId) {
        return { type: 'refused', code: 'nameplate-taken' };
      }
      return { type: 'claimed', nonceC };
    },

    async release(nameplate, creatorId) {
      const live = lookUp(nameplate);
      if (live?.state !== 'live' || live.creatorId !== creatorId) return false;
      end(nameplate, live, clock.now(), 'nameplate-unknown');
      return true;
    },
  };
}
