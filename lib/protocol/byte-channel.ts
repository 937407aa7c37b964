/**
 * Ordered, reliable messages to one peer, with backpressure: all that the core knows of a transport.
 *
 * `control` and every `lane-<n>` (docs/PROTOCOL.md [CT1]) is one of these, already bound to the
 * session's key ([BD4]); a WebRTC data channel, a direct connection or a pair of queues in a test
 * stand behind it.
 */
export interface ByteChannel {
  /** The longest frame the other side takes, in bytes. */
  readonly maxMessageSize: number;
  /** Bytes handed to `send` that have not left yet. */
  readonly bufferedAmount: number;
  /** `onLow` fires when `bufferedAmount` falls from above to this many bytes or fewer. */
  lowThreshold: number;
  /**
   * Queues a frame. The bytes are taken (copied) before this returns, so the caller may reuse the
   * buffer. After a close it does nothing; it never throws for a closed channel, only for a frame
   * longer than `maxMessageSize` (a bug of the caller).
   */
  send(frame: Uint8Array): void;
  /**
   * Gets each frame, in order. The frame belongs to the handler. Frames that arrive while this is
   * null are kept and delivered, in order, once it is set.
   */
  onMessage: ((frame: Uint8Array) => void) | null;
  onLow: (() => void) | null;
  /** Fires once, for either side's close; nothing fires afterwards. Not fired by one's own `close`. */
  onClose: ((reason: string) => void) | null;
  close(): void;
}
