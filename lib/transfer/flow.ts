import type { ByteChannel } from '../protocol/byte-channel.ts';
import { CREDIT_STEP, CREDIT_WINDOW, HIGH_WATERMARK, LOW_WATERMARK } from './constants.ts';

/**
 * Two watermarks over a channel's `bufferedAmount`: shut at the high one, open again at the low one.
 * Nothing here is a timer: hidden pages clamp those to a second.
 */
export class Gate {
  readonly #channel: ByteChannel;
  readonly #high: number;
  #shut = false;

  constructor(
    channel: ByteChannel,
    onOpen: () => void,
    marks: { high: number; low: number } = { high: HIGH_WATERMARK, low: LOW_WATERMARK },
  ) {
    this.#channel = channel;
    this.#high = marks.high;
    channel.lowThreshold = marks.low;
    channel.onLow = () => {
      this.#shut = false;
      onOpen();
    };
  }

  /** Whether another frame may be handed over. */
  get open(): boolean {
    if (!this.#shut && this.#channel.bufferedAmount >= this.#high) this.#shut = true;
    return !this.#shut;
  }
}

/** [TR10] The sender's view of the receiver's window, in bytes of ciphertext since the start. */
export class SendCredit {
  #granted = 0;
  #used = 0;

  get granted(): number {
    return this.#granted;
  }

  /** Takes `bytes` out of the window; false, and nothing taken, where they do not fit. */
  reserve(bytes: number): boolean {
    if (this.#used + bytes > this.#granted) return false;
    this.#used += bytes;
    return true;
  }

  /** Gives back what was reserved and not sent. */
  restore(bytes: number): void {
    this.#used -= bytes;
  }

  /** A grant never shrinks; false for one that would. */
  grant(total: number): boolean {
    if (total < this.#granted) return false;
    this.#granted = total;
    return true;
  }
}

/** [TR10] The receiver's side: what came in, what it is done with, and what it grants. */
export class ReceiveCredit {
  readonly #window: number;
  readonly #step: number;
  #received = 0;
  #released = 0;
  #granted: number;

  constructor(window = CREDIT_WINDOW, step = CREDIT_STEP) {
    this.#window = window;
    this.#step = step;
    this.#granted = window;
  }

  get granted(): number {
    return this.#granted;
  }

  /** Counts what arrived; false where it is more than was granted. */
  receive(bytes: number): boolean {
    this.#received += bytes;
    return this.#received <= this.#granted;
  }

  /** Counts what is written or dropped; true when a new grant should be told. */
  release(bytes: number): boolean {
    this.#released += bytes;
    if (this.#released + this.#window < this.#granted + this.#step) return false;
    this.#granted = this.#released + this.#window;
    return true;
  }
}
