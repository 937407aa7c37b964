import { rendezvousDay, rendezvousId, roomName } from '../../lib/crypto/rendezvous.ts';
import type { RoomDirectory, RoomOwner } from '../../lib/session/ports.ts';
import type { KeyStore, KnownPair } from '../../lib/storage/keys.ts';

/**
 * Which pair meets in a room, from this document's own roots: what background says about a room is
 * never needed to decide whose handshake it is.
 */
export class PairRooms implements RoomDirectory {
  readonly #keys: KeyStore;
  #pairs: readonly KnownPair[] = [];
  #rooms = new Map<string, RoomOwner>();
  #day = -1;
  #serverOffset = 0;

  constructor(keys: KeyStore) {
    this.#keys = keys;
  }

  async reload(): Promise<void> {
    this.#pairs = await this.#keys.pairs();
    this.#day = -1;
  }

  /** Server's clock minus ours, ms: its days' rooms count too ([RC2]). */
  set serverOffset(ms: number) {
    if (ms !== this.#serverOffset) this.#day = -1;
    this.#serverOffset = ms;
  }

  /** Every device of which we hold secrets. */
  devices(): ReadonlySet<string> {
    return new Set(this.#pairs.map(({ deviceId }) => deviceId));
  }

  ownerOf(roomId: string): RoomOwner | undefined {
    const today = rendezvousDay(Date.now());
    if (today !== this.#day) this.#compute(today);
    return this.#rooms.get(roomId);
  }

  #compute(today: number): void {
    this.#day = today;
    this.#rooms = new Map();
    const serverDay = rendezvousDay(Date.now() + this.#serverOffset);
    // A day to each side: which of them is joined now is background's business.
    const days = new Set([today, serverDay].flatMap((day) => [day - 1, day, day + 1]));
    for (const { deviceId, slot, rvRoot } of this.#pairs) {
      for (const day of days) {
        if (day >= 0) this.#rooms.set(roomName(rendezvousId(rvRoot, day)), { deviceId, slot });
      }
    }
  }
}
