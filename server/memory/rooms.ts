import { ROOM_SEATS, ROOMS_PER_SOCKET } from '../../lib/signaling/constants.ts';
import type { RoomStore, Seat } from '../ports.ts';

/** Rooms in the memory of one process. A room exists while somebody is in it. */
export function memoryRooms(): RoomStore {
  const rooms = new Map<string, Map<string, Seat>>();
  const roomsBySocket = new Map<string, Set<string>>();

  const remove = (roomId: string, socketId: string): boolean => {
    const seats = rooms.get(roomId);
    if (!seats?.delete(socketId)) return false;
    if (seats.size === 0) rooms.delete(roomId);
    const joined = roomsBySocket.get(socketId);
    joined?.delete(roomId);
    if (joined?.size === 0) roomsBySocket.delete(socketId);
    return true;
  };

  return {
    async seat(roomId, seat) {
      const present = [...(rooms.get(roomId)?.values() ?? [])];
      const own = present.some(({ socketId }) => socketId === seat.socketId);
      const dead = present.find(
        ({ socketId, peerId }) => socketId !== seat.socketId && peerId === seat.peerId,
      );
      const others = present.filter(
        (other) => other.socketId !== seat.socketId && other.socketId !== dead?.socketId,
      );
      if (others.length >= ROOM_SEATS) return { type: 'refused', code: 'room-full' };
      const joined = roomsBySocket.get(seat.socketId) ?? new Set();
      if (!own && joined.size >= ROOMS_PER_SOCKET) {
        return { type: 'refused', code: 'too-many-rooms' };
      }
      if (dead !== undefined) remove(roomId, dead.socketId);
      const seats = rooms.get(roomId) ?? new Map<string, Seat>();
      rooms.set(roomId, seats.set(seat.socketId, seat));
      roomsBySocket.set(seat.socketId, joined.add(roomId));
      return { type: 'seated', others, replaced: dead?.socketId };
    },

    async unseat(roomId, socketId) {
      return remove(roomId, socketId) ? [...(rooms.get(roomId)?.values() ?? [])] : undefined;
    },

    async members(roomId) {
      return [...(rooms.get(roomId)?.values() ?? [])];
    },

    async roomsOf(socketId) {
      return [...(roomsBySocket.get(socketId) ?? [])];
    },
  };
}
