/** The path that a connection really takes, read from its statistics (W3C webrtc-stats). */

export interface ConnectionPath {
  readonly kind: 'direct' | 'relay';
  /** Both ends are in one network: nothing goes through a router's outside. */
  readonly sameNetwork: boolean;
  /** How our side reaches the relay, or the peer. */
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** Milliseconds, null before the first measurement. */
  readonly rttMs: number | null;
  /** Bytes per second since the sample before. */
  readonly sendRate: number;
  readonly receiveRate: number;
  /** From 0 to 1: connectivity checks without an answer since the sample before. */
  readonly loss: number;
}
