import type { ByteChannel } from '../protocol/byte-channel.ts';
import { DataChannelBytes } from './data-channel.ts';

/**
 * A data channel where it cannot be transferred to a worker (Firefox): it stays with the document,
 * and frames go between the two over a `MessagePort`, their buffers transferred and not copied.
 */

/** Worker → document. */
type Order =
  /** The only one that is no object: the most frequent. */
  | ArrayBuffer
  | { readonly type: 'low'; readonly bytes: number }
  | { readonly type: 'limit'; readonly bytes: number }
  | { readonly type: 'listen' }
  | { readonly type: 'close' };

/** Document → worker. */
type Word =
  | ArrayBuffer
  /** How many bytes of frames were taken from the port in all, and how many of those wait still. */
  | { readonly type: 'taken'; readonly bytes: number; readonly buffered: number }
  | { readonly type: 'closed'; readonly reason: string };

/** The document's end: keeps `channel` and does what comes over `port`. */
export function relayChannel(channel: RTCDataChannel, port: MessagePort): void {
  const bytes = new DataChannelBytes(channel);
  const tell = (word: Word, transfer: Transferable[] = []) => port.postMessage(word, transfer);
  let taken = 0;
  let low = 0;
  const report = () => {
    const buffered = bytes.bufferedAmount;
    // Below the mark the channel would say nothing more: then its next word is that it is empty.
    bytes.lowThreshold = buffered > low ? low : 0;
    tell({ type: 'taken', bytes: taken, buffered });
  };
  bytes.onLow = report;
  let closed: string | null = null;
  const tellClosed = () => {
    // Nobody has listened yet: what came before the close comes first.
    if (closed !== null && bytes.onMessage !== null) tell({ type: 'closed', reason: closed });
  };
  bytes.onClose = (reason) => {
    closed = reason;
    tellClosed();
  };
  port.onmessage = ({ data }: MessageEvent<Order>) => {
    if (data instanceof ArrayBuffer) {
      bytes.send(new Uint8Array(data));
      taken += data.byteLength;
      return report();
    }
    switch (data.type) {
      case 'low':
        low = data.bytes;
        return report();
      case 'limit':
        bytes.maxMessageSize = data.bytes;
        return;
      case 'listen':
        // Not before: what comes earlier waits in the channel, which bounds it.
        bytes.onMessage = (frame) => {
          const buffer = wholeBuffer(frame);
          tell(buffer, [buffer]);
        };
        return tellClosed();
      case 'close':
        bytes.onMessage = null;
        bytes.close();
        port.close();
    }
  };
}

/** The worker's end of `relayChannel`. */
export class RelayedBytes implements ByteChannel {
  onLow: (() => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  readonly #port: MessagePort;
  readonly #incoming: Uint8Array[] = [];
  #maxMessageSize = 1024;
  #lowThreshold = 0;
  #listener: ((frame: Uint8Array) => void) | null = null;
  #posted = 0;
  #taken = 0;
  #buffered = 0;
  #state: 'open' | 'ended' = 'open';

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = (event: MessageEvent<Word>) => this.#receive(event.data);
  }

  /** What is on its way to the document, and what waits there. */
  get bufferedAmount(): number {
    return this.#posted - this.#taken + this.#buffered;
  }

  get maxMessageSize(): number {
    return this.#maxMessageSize;
  }

  /** Known once SCTP is up; before that only the proof is sent. */
  set maxMessageSize(bytes: number) {
    this.#maxMessageSize = bytes;
    this.#order({ type: 'limit', bytes });
  }

  get lowThreshold(): number {
    return this.#lowThreshold;
  }

  set lowThreshold(bytes: number) {
    this.#lowThreshold = bytes;
    this.#order({ type: 'low', bytes });
  }

  get onMessage(): ((frame: Uint8Array) => void) | null {
    return this.#listener;
  }

  set onMessage(listener: ((frame: Uint8Array) => void) | null) {
    this.#listener = listener;
    if (listener !== null) this.#order({ type: 'listen' });
    while (this.#listener !== null) {
      const frame = this.#incoming.shift();
      if (frame === undefined) return;
      this.#listener(frame);
    }
  }

  send(frame: Uint8Array): void {
    if (frame.byteLength > this.#maxMessageSize)
      throw new Error('frame longer than maxMessageSize');
    if (this.#state === 'ended') return;
    // The caller reuses its buffer: this copy is the one that travels.
    const { buffer } = Uint8Array.from(frame);
    this.#posted += buffer.byteLength;
    this.#order(buffer, [buffer]);
  }

  close(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    // After the frames that were posted before: the port keeps their order.
    this.#port.postMessage({ type: 'close' } satisfies Order);
  }

  #order(order: Order, transfer: Transferable[] = []): void {
    if (this.#state === 'open') this.#port.postMessage(order, transfer);
  }

  #receive(word: Word): void {
    if (this.#state === 'ended') return;
    if (word instanceof ArrayBuffer) {
      const frame = new Uint8Array(word);
      if (this.#listener === null) this.#incoming.push(frame);
      else this.#listener(frame);
    } else if (word.type === 'taken') {
      const before = this.bufferedAmount;
      this.#taken = word.bytes;
      this.#buffered = word.buffered;
      const low = this.#lowThreshold;
      if (before > low && this.bufferedAmount <= low) this.onLow?.();
    } else {
      this.#state = 'ended';
      this.#port.close();
      this.onClose?.(word.reason);
    }
  }
}

/** A frame's own buffer, to transfer: frames of a data channel fill theirs. */
function wholeBuffer(frame: Uint8Array): ArrayBuffer {
  const { buffer } = frame;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === frame.byteLength) return buffer;
  return Uint8Array.from(frame).buffer;
}
