import type { ByteChannel } from '../protocol/byte-channel.ts';

/**
 * An `RTCDataChannel` (in the worker that owns it) as a `ByteChannel`.
 *
 * A transferred channel may deliver messages before anybody listens, and may be asked to send before
 * it is open. Both wait here. Before the binding proof a peer may not have much waiting: past
 * `MAX_WAITING_BYTES` the channel is closed.
 */

/** One watermark of file bytes and some control: an honest peer sends only its proof this early. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

export class DataChannelBytes implements ByteChannel {
  /** Known once SCTP is up; before that only the proof is sent. */
  maxMessageSize = 1024;
  onLow: (() => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  readonly #channel: RTCDataChannel;
  readonly #outgoing: Uint8Array<ArrayBuffer>[] = [];
  readonly #incoming: Uint8Array[] = [];
  #incomingBytes = 0;
  #listener: ((frame: Uint8Array) => void) | null = null;
  #ended = false;

  constructor(channel: RTCDataChannel) {
    this.#channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.onopen = () => {
      for (const frame of this.#outgoing.splice(0)) channel.send(frame);
    };
    channel.onmessage = (event: MessageEvent<unknown>) => this.#receive(event.data);
    channel.onbufferedamountlow = () => this.onLow?.();
    channel.onclose = () => this.#end('closed');
    channel.onerror = () => this.#end('error');
  }

  get bufferedAmount(): number {
    return this.#channel.bufferedAmount;
  }

  get lowThreshold(): number {
    return this.#channel.bufferedAmountLowThreshold;
  }

  set lowThreshold(bytes: number) {
    this.#channel.bufferedAmountLowThreshold = bytes;
  }

  get onMessage(): ((frame: Uint8Array) => void) | null {
    return this.#listener;
  }

  set onMessage(listener: ((frame: Uint8Array) => void) | null) {
    this.#listener = listener;
    while (this.#listener && this.#incoming.length > 0) {
      const frame = this.#incoming.shift();
      if (!frame) break;
      this.#incomingBytes -= frame.byteLength;
      this.#listener(frame);
    }
  }

  send(frame: Uint8Array): void {
    if (frame.byteLength > this.maxMessageSize) throw new Error('frame longer than maxMessageSize');
    // The DOM's types want to know that no shared memory is behind a view; ours never is.
    const bytes = frame as Uint8Array<ArrayBuffer>;
    if (this.#channel.readyState === 'connecting') this.#outgoing.push(bytes.slice());
    else if (this.#channel.readyState === 'open') this.#channel.send(bytes);
  }

  close(): void {
    this.#ended = true;
    this.#channel.close();
  }

  #receive(data: unknown): void {
    // A text frame is not of this protocol: an empty one fails every decoder with a typed error.
    const frame = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array();
    if (this.#listener) return this.#listener(frame);
    this.#incomingBytes += frame.byteLength;
    if (this.#incomingBytes > MAX_WAITING_BYTES) {
      this.#channel.close();
      this.#end('too-much-before-binding');
    } else this.#incoming.push(frame);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.onClose?.(reason);
  }
}
