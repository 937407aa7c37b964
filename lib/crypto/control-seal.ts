/** Sealed frames of the control channel: PROTOCOL.md section CT. */
import { aeadOpen, aeadSeal, counterNonce, TAG_LENGTH } from './aead.ts';
import { assertLength, concat, u64be, utf8, wipe, type Bytes } from './bytes.ts';
import { PC_ID_LENGTH } from './binding.ts';
import { directionBytes, type Direction } from './direction.ts';
import { CryptoError } from './errors.ts';
import { hkdfExpand } from './hash.ts';

const SEQ_LENGTH = 8;
/** What a sealed frame is longer than its plaintext. */
export const CONTROL_OVERHEAD = SEQ_LENGTH + TAG_LENGTH;
const LABEL = utf8('tallow-control-v2');

export interface ControlKeyOptions {
  /** `SessionKeys.control`. */
  controlKey: Uint8Array;
  /** The connection the channel runs on: its own key, so its own counters. */
  pcId: Uint8Array;
  /** Of the frames. */
  dir: Direction;
}

/** Frames we send on one control channel. */
export class ControlSealer {
  readonly #key: Bytes;
  readonly #dir: Direction;
  #seq = 0;
  #state: 'open' | 'destroyed' = 'open';

  /** @throws CryptoError `bad-length`. */
  constructor(options: ControlKeyOptions) {
    this.#key = controlFrameKey(options);
    this.#dir = options.dir;
  }

  /** `u64 seq ‖ ciphertext ‖ tag`. @throws CryptoError `exhausted`, `bad-state`. */
  seal(plaintext: Uint8Array): Bytes {
    if (this.#state === 'destroyed') throw new CryptoError('bad-state', 'sealer destroyed');
    const seq = this.#seq;
    if (seq >= Number.MAX_SAFE_INTEGER) throw new CryptoError('exhausted');
    const aad = associatedData(this.#dir, seq);
    const sealed = aeadSeal(this.#key, counterNonce(seq), aad, plaintext);
    this.#seq = seq + 1;
    return concat(u64be(seq), sealed);
  }

  destroy(): void {
    this.#state = 'destroyed';
    wipe(this.#key);
  }
}

/**
 * Frames the peer sends on one control channel. The channel is reliable and ordered, so the first
 * frame that does not fit is an attack or a bug: the opener is dead from then on.
 */
export class ControlOpener {
  readonly #key: Bytes;
  readonly #dir: Direction;
  #nextSeq = 0;
  #state: 'open' | 'dead' = 'open';

  /** @throws CryptoError `bad-length`. */
  constructor(options: ControlKeyOptions) {
    this.#key = controlFrameKey(options);
    this.#dir = options.dir;
  }

  /** @throws CryptoError `bad-length`, `bad-order`, `bad-tag`; then always `bad-state`. */
  open(frame: Uint8Array): Bytes {
    if (this.#state === 'dead') throw new CryptoError('bad-state', 'opener is dead');
    try {
      if (frame.length < CONTROL_OVERHEAD) throw new CryptoError('bad-length', 'control frame');
      const seq = new DataView(frame.buffer, frame.byteOffset, SEQ_LENGTH).getBigUint64(0);
      if (seq !== BigInt(this.#nextSeq)) throw new CryptoError('bad-order', 'control frame');
      const aad = associatedData(this.#dir, this.#nextSeq);
      const sealed = frame.subarray(SEQ_LENGTH);
      const plaintext = aeadOpen(this.#key, counterNonce(this.#nextSeq), aad, sealed);
      this.#nextSeq++;
      return plaintext;
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  destroy(): void {
    this.#state = 'dead';
    wipe(this.#key);
  }
}

function controlFrameKey({ controlKey, pcId, dir }: ControlKeyOptions): Bytes {
  assertLength(controlKey, 32, 'control key');
  assertLength(pcId, PC_ID_LENGTH, 'pcId');
  return hkdfExpand(controlKey, concat(directionBytes(dir), pcId), 32);
}

function associatedData(dir: Direction, seq: number): Bytes {
  return concat(LABEL, directionBytes(dir), u64be(seq));
}
