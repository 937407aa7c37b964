/** The part of socket.io-client's `Socket` that `SignalingClient` uses. */
export interface SocketLike {
  readonly connected: boolean;
  readonly id?: string | undefined;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
  /** A function as the last argument is the acknowledgement. */
  emit(event: string, ...args: unknown[]): unknown;
  connect(): unknown;
  disconnect(): unknown;
}
