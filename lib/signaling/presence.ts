import { Listeners } from './listeners.ts';
import type { PeerJoined, PeerLeft } from './schemas.ts';

export type PresenceChange =
  | { readonly type: 'joined'; readonly roomId: string; readonly socketId: string }
  | { readonly type: 'left'; readonly roomId: string; readonly socketId: string };

/** Who else is in our rooms. Events about a room that is not open are late or wrong: ignored. */
export class Presence {
  readonly changes = new Listeners<PresenceChange>();
  readonly #open = new Set<string>();
  readonly #rooms = new Map<string, Set<string>>();

  get rooms(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#rooms;
  }

  /** Whether we are in, or just joining, the room of a nameplate. */
  get inNameplate(): boolean {
    return [...this.#open].some((roomId) => roomId.startsWith('n'));
  }

  has(roomId: string, socketId: string): boolean {
    return this.#rooms.get(roomId)?.has(socketId) ?? false;
  }

  open(roomId: string): void {
    this.#open.add(roomId);
  }

  /** We leave the room: everybody in it is gone for us. */
  close(roomId: string): void {
    this.#open.delete(roomId);
    for (const socketId of [...(this.#rooms.get(roomId) ?? [])]) this.leave({ roomId, socketId });
  }

  clear(): void {
    for (const roomId of [...this.#open]) this.close(roomId);
  }

  join({ roomId, socketId }: PeerJoined): void {
    if (!this.#open.has(roomId) || this.has(roomId, socketId)) return;
    const sockets = this.#rooms.get(roomId) ?? new Set();
    this.#rooms.set(roomId, sockets.add(socketId));
    this.changes.emit({ type: 'joined', roomId, socketId });
  }

  leave({ roomId, socketId }: PeerLeft): void {
    const sockets = this.#rooms.get(roomId);
    if (!sockets?.delete(socketId)) return;
    if (sockets.size === 0) this.#rooms.delete(roomId);
    this.changes.emit({ type: 'left', roomId, socketId });
  }
}
