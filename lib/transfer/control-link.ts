import { ControlOpener, ControlSealer, CONTROL_OVERHEAD } from '../crypto/control-seal.ts';
import { opposite, type Direction } from '../crypto/direction.ts';
import type { ByteChannel } from '../protocol/byte-channel.ts';
import { MAX_CONTROL_BYTES } from '../protocol/limits.ts';
import { decodeControl, encodeControl, type ControlMessage } from '../protocol/messages.ts';
import { Gate } from './flow.ts';

/** The sealed control channel of one session ([CT2], [CT3]). */
export class ControlLink {
  readonly #channel: ByteChannel;
  readonly #sealer: ControlSealer;
  readonly #opener: ControlOpener;
  readonly #gate: Gate;
  readonly #receive: (frame: Uint8Array) => void;
  /** Waits for the gate: the pages of a long offer are more than a transport's queue takes. */
  readonly #queue: ControlMessage[] = [];
  #state: 'open' | 'closed' = 'open';

  constructor(options: {
    channel: ByteChannel;
    controlKey: Uint8Array;
    pcId: Uint8Array;
    dir: Direction;
    onMessage: (message: ControlMessage) => void;
    /** Gets whatever a frame throws on its way, the handler's errors included. */
    onError: (error: unknown) => void;
    onClose: () => void;
  }) {
    const { channel, controlKey, pcId, dir } = options;
    this.#channel = channel;
    this.#sealer = new ControlSealer({ controlKey, pcId, dir });
    this.#opener = new ControlOpener({ controlKey, pcId, dir: opposite(dir) });
    this.#gate = new Gate(channel, () => this.#drain());
    channel.onClose = () => options.onClose();
    this.#receive = (frame) => {
      try {
        options.onMessage(decodeControl(this.#opener.open(frame)));
      } catch (error) {
        options.onError(error);
      }
    };
  }

  /** Begins to listen: frames that came earlier are delivered now. */
  open(): void {
    this.#channel.onMessage = this.#receive;
  }

  static fits(channel: ByteChannel): boolean {
    return channel.maxMessageSize >= MAX_CONTROL_BYTES + CONTROL_OVERHEAD;
  }

  post(message: ControlMessage): void {
    if (this.#state === 'closed') return;
    this.#queue.push(message);
    this.#drain();
  }

  close(): void {
    this.#state = 'closed';
    this.#queue.length = 0;
    this.#channel.onMessage = null;
    this.#channel.onLow = null;
    this.#channel.onClose = null;
    this.#channel.close();
    this.#sealer.destroy();
    this.#opener.destroy();
  }

  #drain(): void {
    while (this.#state === 'open' && this.#gate.open) {
      const message = this.#queue.shift();
      if (message === undefined) return;
      this.#channel.send(this.#sealer.seal(encodeControl(message)));
    }
  }
}
