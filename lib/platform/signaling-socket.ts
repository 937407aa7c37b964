import { io } from 'socket.io-client';
import { CLIENT_SOCKET_OPTIONS } from '../signaling/constants.ts';
import type { SocketLike } from '../signaling/socket-like.ts';

/** A socket of its own, not yet connected. Reconnects by itself, with a random spread. */
export function openSignalingSocket(url: string): SocketLike {
  return io(url, { ...CLIENT_SOCKET_OPTIONS, forceNew: true });
}
