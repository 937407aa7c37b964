import { JOIN_RETRY_MAX_MS, JOIN_RETRY_MS } from './constants.ts';
import { REFUSAL_CODES, SignalingError } from './errors.ts';

export interface RoomRequests {
  join(roomId: string): Promise<unknown>;
  /** Never fails. */
  leave(roomId: string): Promise<void>;
  /** A join was answered, one way or the other. */
  answered(): void;
}

type Seat =
  | { readonly state: 'out' }
  | { readonly state: 'joining' }
  | { readonly state: 'in' }
  /** Refused, or without an answer; the timer tries again. */
  | {
      readonly state: 'waiting';
      readonly why: 'refused' | 'silent';
      readonly timer: ReturnType<typeof setTimeout>;
      readonly delayMs: number;
    };

const OUT: Seat = { state: 'out' };

/**
 * Keeps a socket in the wanted rooms: joins what is new, leaves what is not wanted, joins all again
 * when the socket comes back, and tries a refused join again with a growing delay. A room may be
 * full of our own dead sockets until the server notices.
 */
export class RoomKeeper {
  readonly #requests: RoomRequests;
  readonly #wanted = new Map<string, Seat>();
  #online = false;

  constructor(requests: RoomRequests) {
    this.#requests = requests;
  }

  /** Every wanted room was joined, or refused for now. */
  get settled(): boolean {
    const seats = [...this.#wanted.values()];
    return (
      this.#online &&
      seats.every(
        (seat) => seat.state === 'in' || (seat.state === 'waiting' && seat.why === 'refused'),
      )
    );
  }

  get inAny(): boolean {
    return [...this.#wanted.values()].some(({ state }) => state === 'in');
  }

  set(roomIds: Iterable<string>): void {
    const next = new Set(roomIds);
    for (const [roomId, seat] of [...this.#wanted]) {
      if (next.has(roomId)) continue;
      if (seat.state === 'waiting') clearTimeout(seat.timer);
      this.#wanted.delete(roomId);
      if (seat.state === 'in' || seat.state === 'joining') void this.#requests.leave(roomId);
    }
    for (const roomId of next) {
      if (this.#wanted.has(roomId)) continue;
      this.#wanted.set(roomId, OUT);
      if (this.#online) this.#join(roomId, JOIN_RETRY_MS);
    }
  }

  online(): void {
    this.#online = true;
    for (const roomId of [...this.#wanted.keys()]) this.#join(roomId, JOIN_RETRY_MS);
  }

  offline(): void {
    this.#online = false;
    for (const [roomId, seat] of this.#wanted) {
      if (seat.state === 'waiting') clearTimeout(seat.timer);
      this.#wanted.set(roomId, OUT);
    }
  }

  /** The seat in a wanted room was lost without our doing. */
  rejoin(roomId: string): void {
    if (this.#wanted.get(roomId)?.state === 'in') this.#join(roomId, JOIN_RETRY_MS);
  }

  #join(roomId: string, delayMs: number): void {
    const joining: Seat = { state: 'joining' };
    // Its identity tells this attempt from a later one, on this connection or on the next.
    const mine = (): boolean => this.#wanted.get(roomId) === joining;
    this.#wanted.set(roomId, joining);
    this.#requests.join(roomId).then(
      () => {
        if (!mine()) return;
        this.#wanted.set(roomId, { state: 'in' });
        this.#requests.answered();
      },
      (error: unknown) => {
        if (!mine()) return;
        const why = isRefusal(error) ? 'refused' : 'silent';
        const timer = setTimeout(
          () => this.#join(roomId, Math.min(delayMs * 2, JOIN_RETRY_MAX_MS)),
          delayMs,
        );
        this.#wanted.set(roomId, { state: 'waiting', why, timer, delayMs });
        this.#requests.answered();
      },
    );
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof SignalingError && REFUSAL_CODES.some((code) => code === error.code);
}
