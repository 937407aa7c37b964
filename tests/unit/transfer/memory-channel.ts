import type { ByteChannel } from '../../../lib/protocol/byte-channel.ts';

export interface MemoryChannelOptions {
  maxMessageSize?: number;
}

/** One end of a pair of queues: frames lie in `outbox` until the test lets them through. */
export class MemoryChannel implements ByteChannel {
  readonly maxMessageSize: number;
  lowThreshold = 0;
  onLow: (() => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  /** Frames sent and not delivered yet; a test may look at, change, drop or reorder them. */
  readonly outbox: Uint8Array[] = [];
  peer: MemoryChannel | null = null;
  closed = false;
  maxBuffered = 0;
  #buffered = 0;
  #onMessage: ((frame: Uint8Array) => void) | null = null;
  readonly #early: Uint8Array[] = [];

  constructor({ maxMessageSize = 262_144 }: MemoryChannelOptions = {}) {
    this.maxMessageSize = maxMessageSize;
  }

  get bufferedAmount(): number {
    return this.#buffered;
  }

  get onMessage(): ((frame: Uint8Array) => void) | null {
    return this.#onMessage;
  }

  set onMessage(handler: ((frame: Uint8Array) => void) | null) {
    this.#onMessage = handler;
    while (this.#onMessage !== null) {
      const frame = this.#early.shift();
      if (frame === undefined) return;
      this.#onMessage(frame);
    }
  }

  send(frame: Uint8Array): void {
    if (this.closed) return;
    if (frame.length > this.maxMessageSize) throw new Error('frame over the transport’s limit');
    this.outbox.push(frame.slice());
    this.#buffered += frame.length;
    this.maxBuffered = Math.max(this.maxBuffered, this.#buffered);
  }

  /** Lets the oldest frame through; false when there is none. */
  deliver(): boolean {
    const frame = this.outbox.shift();
    if (frame === undefined) return false;
    const before = this.#buffered;
    this.#buffered -= Math.min(before, frame.length);
    if (before > this.lowThreshold && this.#buffered <= this.lowThreshold) this.onLow?.();
    this.peer?.receive(frame);
    return true;
  }

  receive(frame: Uint8Array): void {
    if (this.closed) return;
    if (this.#onMessage === null) this.#early.push(frame);
    else this.#onMessage(frame);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    // What was sent before a close still arrives, as with a data channel.
    while (this.deliver());
    this.peer?.remoteClosed();
  }

  /** Both ends lose the connection at once; frames under way are lost. */
  cut(): void {
    this.outbox.length = 0;
    const peer = this.peer;
    if (peer !== null) {
      peer.outbox.length = 0;
      peer.remoteClosed();
    }
    this.remoteClosed();
  }

  remoteClosed(): void {
    if (this.closed) return;
    this.closed = true;
    this.onClose?.('closed');
  }
}

export function memoryChannelPair(options?: MemoryChannelOptions): [MemoryChannel, MemoryChannel] {
  const a = new MemoryChannel(options);
  const b = new MemoryChannel(options);
  a.peer = b;
  b.peer = a;
  return [a, b];
}

/** Lets frames through until both ends are empty. Answers how many. */
export function flush(...channels: MemoryChannel[]): number {
  let count = 0;
  for (let moved = true; moved;) {
    moved = false;
    for (const channel of channels) {
      while (channel.deliver()) {
        moved = true;
        count++;
      }
    }
  }
  return count;
}
