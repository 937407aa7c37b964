/**
 * What the server needs from outside. Stores are asynchronous and each call is atomic, so that a
 * shared one (Redis) can take the place of the memory of one process.
 */
import type { Logger as PinoLogger } from 'pino';
import type { TurnGroup } from './config.ts';

export interface Clock {
  /** Unix time in ms. */
  now(): number;
  /** Runs `task` once after `ms`; the returned function cancels it. */
  after(ms: number, task: () => void): () => void;
}

/** Uniform and unpredictable integers. */
export interface Random {
  /** From `min` up to, not including, `max`. */
  int(min: number, max: number): number;
}

/** Never pass a room, nameplate, address, socket id or payload ([SV13]). */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'>;

export interface Seat {
  readonly socketId: string;
  readonly peerId: string;
}

export type SeatResult =
  | {
      readonly type: 'seated';
      readonly others: readonly Seat[];
      /** The socket that held this peerId and has lost its seat. */
      readonly replaced: string | undefined;
    }
  | { readonly type: 'refused'; readonly code: 'room-full' | 'too-many-rooms' };

export interface RoomStore {
  /** Takes a seat; a socket that has one there gets the new peerId ([SV4], [SV6]). */
  seat(roomId: string, seat: Seat): Promise<SeatResult>;
  /** Gives up a seat: those who stay, or undefined when there was none. */
  unseat(roomId: string, socketId: string): Promise<readonly Seat[] | undefined>;
  members(roomId: string): Promise<readonly Seat[]>;
  roomsOf(socketId: string): Promise<readonly string[]>;
}

export type CreateResult =
  | { readonly type: 'created'; readonly nameplate: string }
  | { readonly type: 'refused'; readonly code: 'too-many-nameplates' | 'unavailable' };

/** [SV11] Why a nameplate cannot be joined. */
export type NameplateRefusal =
  'nameplate-unknown' | 'nameplate-taken' | 'nameplate-used' | 'nameplate-expired';

export type ClaimResult =
  | { readonly type: 'claimed'; readonly nonceC: string }
  | { readonly type: 'refused'; readonly code: NameplateRefusal };

export interface NameplateStore {
  create(creatorId: string, nonceC: string): Promise<CreateResult>;
  /** For its creator always granted; for others once, to the first ([SV10], [SV11]). */
  claim(nameplate: string, joiner: Seat): Promise<ClaimResult>;
  /** Ends a live nameplate of this creator; false when there is none. */
  release(nameplate: string, creatorId: string): Promise<boolean>;
}

/** STUN and TURN servers that clients are told of ([SV15]). */
export interface RelayOffer {
  readonly stunUrls: readonly string[];
  readonly groups: readonly TurnGroup[];
  readonly ttlSeconds: number;
}

/** `granted`, `exceeded`, or `flood`: so far over the limit that the socket is closed. */
export type LimitVerdict = 'granted' | 'exceeded' | 'flood';

/** [SV12]. `key` is a socket id or an address; it stays inside the store. */
export interface RateLimits {
  request(socketId: string): Promise<LimitVerdict>;
  relay(socketId: string, bytes: number): Promise<LimitVerdict>;
  createNameplate(address: string): Promise<LimitVerdict>;
  /** Counted before the nameplate is looked at, so that parallel guesses cannot slip through. */
  guess(address: string): Promise<LimitVerdict>;
  turnCredentials(address: string): Promise<LimitVerdict>;
  /** The guess was right: it does not count. */
  returnGuess(address: string): Promise<void>;
  /** The socket is gone. */
  forget(socketId: string): Promise<void>;
}
