import { io } from 'socket.io-client';
import { CLIENT_SOCKET_OPTIONS } from '../signaling/constants.ts';
import type { SocketLike } from '../signaling/socket-like.ts';

/** A socket of its own, not yet connected. It tries once each time: `Connector` says when again. */
export function openSignalingSocket(url: string): SocketLike {
  return io(url, { ...CLIENT_SOCKET_OPTIONS, forceNew: true });
}
