import { JOIN_RETRY_MAX_MS, JOIN_RETRY_MS } from './constants.ts';

export interface RoomRequests {
  join(roomId: string): Promise<unknown>;
  /** Never fails. */
  leave(roomId: string): Promise<void>;
}

type Seat =
  | { readonly state: 'out' }
  | { readonly state: 'joining' }
  | { readonly state: 'in' }
  /** Refused; the timer tries again. */
  | {
      readonly state: 'waiting';
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
        if (mine()) this.#wanted.set(roomId, { state: 'in' });
      },
      () => {
        if (!mine()) return;
        const timer = setTimeout(
          () => this.#join(roomId, Math.min(delayMs * 2, JOIN_RETRY_MAX_MS)),
          delayMs,
        );
        this.#wanted.set(roomId, { state: 'waiting', timer, delayMs });
      },
    );
  }
}
