import type { ByteChannel } from '../protocol/byte-channel.ts';
import { CREDIT_STEP, CREDIT_WINDOW, HIGH_WATERMARK, LOW_WATERMARK } from './constants.ts';

/** Bytes of a channel's queue: full at `high`, to be filled again at `low`. */
export interface Marks {
  readonly high: number;
  readonly low: number;
}

/**
 * Two watermarks over a channel's `bufferedAmount`: shut at the high one, open again at the low one.
 * Nothing here is a timer: hidden pages clamp those to a second.
 */
export class Gate {
  readonly #channel: ByteChannel;
  readonly #onOpen: () => void;
  #marks: Marks;
  #shut = false;

  constructor(
    channel: ByteChannel,
    onOpen: () => void,
    marks: Marks = { high: HIGH_WATERMARK, low: LOW_WATERMARK },
  ) {
    this.#channel = channel;
    this.#onOpen = onOpen;
    this.#marks = marks;
    channel.lowThreshold = marks.low;
    channel.onLow = () => {
      this.#shut = false;
      onOpen();
    };
  }

  get marks(): Marks {
    return this.#marks;
  }

  /** Whether another frame may be handed over. */
  get open(): boolean {
    return this.roomBeside(0);
  }

  /** As `open`, beside so many bytes that will be handed over in any case. */
  roomBeside(pending: number): boolean {
    const buffered = this.#channel.bufferedAmount;
    if (!this.#shut && buffered >= this.#marks.high) this.#shut = true;
    return !this.#shut && buffered + pending < this.#marks.high;
  }

  /** The line turned out to be faster or slower than the marks were made for. */
  setMarks(marks: Marks): void {
    this.#marks = marks;
    this.#channel.lowThreshold = marks.low;
    // A mark that was raised past what is queued is never crossed: nobody would call.
    if (!this.#shut || this.#channel.bufferedAmount > marks.low) return;
    this.#shut = false;
    this.#onOpen();
  }
}

/** [TR10] The sender's view of the receiver's window, in bytes of ciphertext since the start. */
export class SendCredit {
  #granted = 0;
  /** The first grant: what the receiver takes on at a time. */
  #window = 0;
  #used = 0;

  get granted(): number {
    return this.#granted;
  }

  /** Bytes that were sent and that no grant has made up for. */
  get outstanding(): number {
    return this.#used - (this.#granted - this.#window);
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
    if (this.#window === 0) this.#window = total;
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

  /** Whether all that came is dealt with and some of that is not granted again yet. */
  get restDue(): boolean {
    return this.#released === this.#received && this.#released + this.#window > this.#granted;
  }

  /** Grants all that can be. */
  grantRest(): void {
    this.#granted = this.#released + this.#window;
  }

  /** Counts what is written or dropped; true when a new grant should be told. */
  release(bytes: number): boolean {
    this.#released += bytes;
    if (this.#released + this.#window < this.#granted + this.#step) return false;
    this.#granted = this.#released + this.#window;
    return true;
  }
}
