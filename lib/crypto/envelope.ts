/** The sealed signaling envelope: PROTOCOL.md section CS. */
import { aeadOpen, aeadSeal, counterNonce, NONCE_LENGTH, TAG_LENGTH } from './aead.ts';
import {
  assertLength,
  concat,
  copyBytes,
  equalBytes,
  fromBase64,
  toBase64,
  u64be,
  u8,
  utf8,
  wipe,
  type Bytes,
} from './bytes.ts';
import { directionBytes, type Direction } from './direction.ts';
import { CryptoError } from './errors.ts';

/** What goes into an envelope: as much as a Noise message, far more than any SDP. */
export const ENVELOPE_PLAINTEXT_MAX = 65535 - TAG_LENGTH;
/** How much older than the handshake's clock an envelope may be. */
export const ENVELOPE_STALE_AFTER_MS = 30_000;
export const ENVELOPE_VERSION = 2;

const LABEL = utf8('tallow-sig-v2');
/** Base64 of the longest ciphertext: nothing longer is even decoded. */
const CT_TEXT_MAX = 4 * Math.ceil((ENVELOPE_PLAINTEXT_MAX + TAG_LENGTH) / 3);
const IV_TEXT_LENGTH = (NONCE_LENGTH / 3) * 4;

/** On the wire, as JSON. */
export interface Envelope {
  encrypted: true;
  v: typeof ENVELOPE_VERSION;
  /** From 0, by 1. */
  seq: number;
  /** The sender's wall clock, milliseconds since 1970. */
  ts: number;
  /** Base64 of `0⁴ ‖ u64 seq`. */
  iv: string;
  /** Base64 of ciphertext ‖ tag. */
  ct: string;
}

export interface EnvelopeKeyOptions {
  /** `SessionKeys.signaling[dir]`; copied. */
  key: Uint8Array;
  dir: Direction;
}

/** Seals what we send in one direction of one session. */
export class EnvelopeSealer {
  readonly #key: Bytes;
  readonly #dir: Direction;
  #seq = 0;
  #state: 'open' | 'destroyed' = 'open';

  constructor(options: EnvelopeKeyOptions) {
    assertLength(options.key, 32, 'envelope key');
    this.#key = copyBytes(options.key);
    this.#dir = options.dir;
  }

  /**
   * @param ts wall clock in milliseconds.
   * @throws CryptoError `bad-length`, `out-of-range`, `exhausted`, `bad-state`.
   */
  seal(plaintext: Uint8Array, ts: number): Envelope {
    if (this.#state === 'destroyed') throw new CryptoError('bad-state', 'sealer destroyed');
    if (plaintext.length > ENVELOPE_PLAINTEXT_MAX) throw new CryptoError('bad-length', 'plaintext');
    const seq = this.#seq;
    if (seq >= Number.MAX_SAFE_INTEGER) throw new CryptoError('exhausted');
    const iv = counterNonce(seq);
    const ct = aeadSeal(this.#key, iv, associatedData(this.#dir, seq, ts), plaintext);
    this.#seq = seq + 1;
    return {
      encrypted: true,
      v: ENVELOPE_VERSION,
      seq,
      ts,
      iv: toBase64(iv),
      ct: toBase64(ct),
    };
  }

  destroy(): void {
    this.#state = 'destroyed';
    wipe(this.#key);
  }
}

export interface EnvelopeOpenerOptions extends EnvelopeKeyOptions {
  /** Milliseconds of a clock that never jumps; read now, at the handshake's end, as its zero. */
  monotonicNow: () => number;
  /**
   * The peer's `ts0` from its handshake payload. Missing for the responder of a reconnect, whose
   * peer speaks first in k3: there the first envelope's own authenticated `ts` is `ts0`.
   */
  ts0?: number;
}

/**
 * Opens what the peer sends in one direction of one session. The first refused envelope ends the use
 * of the key ([CS4]): afterwards only a new handshake helps. Connections are not touched by that.
 */
export class EnvelopeOpener {
  readonly #key: Bytes;
  readonly #dir: Direction;
  readonly #monotonicNow: () => number;
  readonly #startedAt: number;
  #ts0: number | undefined;
  #nextSeq = 0;
  #state: 'open' | 'dead' = 'open';

  constructor(options: EnvelopeOpenerOptions) {
    assertLength(options.key, 32, 'envelope key');
    this.#key = copyBytes(options.key);
    this.#dir = options.dir;
    this.#monotonicNow = options.monotonicNow;
    this.#startedAt = options.monotonicNow();
    this.#ts0 = options.ts0;
  }

  get state(): 'open' | 'dead' {
    return this.#state;
  }

  /**
   * The plaintext of the next envelope.
   *
   * The tag is checked before the order, so that `gap`, `replay` and `stale` are said only of what
   * the peer really sealed.
   *
   * @throws CryptoError `bad-encoding`, `bad-version`, `bad-length`, `bad-tag`, `gap`, `replay`,
   *   `stale`; then always `bad-state`.
   */
  open(input: unknown): Bytes {
    if (this.#state === 'dead') throw new CryptoError('bad-state', 'opener is dead');
    try {
      return this.#open(input);
    } catch (error) {
      this.destroy();
      throw error;
    }
  }

  destroy(): void {
    this.#state = 'dead';
    wipe(this.#key);
  }

  #open(input: unknown): Bytes {
    const { seq, ts, ct } = decodeEnvelope(input);
    const aad = associatedData(this.#dir, seq, ts);
    const plaintext = aeadOpen(this.#key, counterNonce(seq), aad, ct);
    if (seq < this.#nextSeq) throw new CryptoError('replay', `seq ${seq}`);
    if (seq > this.#nextSeq) throw new CryptoError('gap', `seq ${seq}, expected ${this.#nextSeq}`);
    const ts0 = this.#ts0 ?? ts;
    const elapsed = this.#monotonicNow() - this.#startedAt;
    if (elapsed - (ts - ts0) > ENVELOPE_STALE_AFTER_MS) throw new CryptoError('stale');
    this.#ts0 = ts0;
    this.#nextSeq = seq + 1;
    return plaintext;
  }
}

function associatedData(dir: Direction, seq: number, ts: number): Bytes {
  return concat(LABEL, u8(ENVELOPE_VERSION), directionBytes(dir), u64be(seq), u64be(ts));
}

interface DecodedEnvelope {
  seq: number;
  ts: number;
  ct: Bytes;
}

/** @throws CryptoError `bad-encoding`, `bad-version`, `bad-length`. */
export function decodeEnvelope(input: unknown): DecodedEnvelope {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new CryptoError('bad-encoding', 'envelope is not an object');
  }
  const record: Partial<Record<string, unknown>> = { ...input };
  const { encrypted, v, seq, ts, iv, ct } = record;
  if (encrypted !== true) throw new CryptoError('bad-encoding', 'encrypted');
  if (v !== ENVELOPE_VERSION) throw new CryptoError('bad-version');
  if (!isCounter(seq)) throw new CryptoError('bad-encoding', 'seq');
  if (!isCounter(ts)) throw new CryptoError('bad-encoding', 'ts');
  if (typeof iv !== 'string' || iv.length !== IV_TEXT_LENGTH) {
    throw new CryptoError('bad-encoding', 'iv');
  }
  if (typeof ct !== 'string') throw new CryptoError('bad-encoding', 'ct');
  if (ct.length > CT_TEXT_MAX) throw new CryptoError('bad-length', 'ct');
  // The one nonce this seq may have; any other would be a second message under the same number.
  if (!equalBytes(fromBase64(iv), counterNonce(seq))) throw new CryptoError('bad-encoding', 'iv');
  return { seq, ts, ct: fromBase64(ct) };
}

function isCounter(value: unknown): value is number {
  return (
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)
  );
}
