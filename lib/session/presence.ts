/** The sockets of one device, and the rooms each of them shares with us. */
import { SOCKETS_PER_ROOM } from './constants.ts';

export class Presence {
  readonly #rooms = new Map<string, Set<string>>();

  get empty(): boolean {
    return this.#rooms.size === 0;
  }

  add(roomId: string, socketId: string): void {
    const rooms = this.#rooms.get(socketId) ?? new Set();
    this.#rooms.set(socketId, rooms.add(roomId));
    // A server that invents sockets must not fill our memory: the room has so many seats.
    const inRoom = [...this.#rooms].filter(([, ids]) => ids.has(roomId));
    const [oldest] = inRoom;
    if (inRoom.length > SOCKETS_PER_ROOM && oldest !== undefined) this.remove(roomId, oldest[0]);
  }

  /** `gone`: the socket shares no room with us any more. */
  remove(roomId: string, socketId: string): 'gone' | 'still-there' {
    const rooms = this.#rooms.get(socketId);
    rooms?.delete(roomId);
    if (rooms !== undefined && rooms.size > 0) return 'still-there';
    this.#rooms.delete(socketId);
    return 'gone';
  }

  /** Newest last. */
  roomsOf(socketId: string): string[] {
    return [...(this.#rooms.get(socketId) ?? [])];
  }

  /** Newest last. */
  sockets(): [socketId: string, roomIds: string[]][] {
    return [...this.#rooms].map(([socketId, rooms]) => [socketId, [...rooms]]);
  }

  clear(): void {
    this.#rooms.clear();
  }
}
