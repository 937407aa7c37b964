/** From encoded frames to what goes to the wire: PROTOCOL.md section SF. */
import { counterNonce } from '../crypto/aead.ts';
import {
  assertLength,
  concat,
  copyBytes,
  randomBytes,
  toOwnBuffer,
  u32be,
  wipe,
  type Bytes,
} from '../crypto/bytes.ts';
import type { Direction } from '../crypto/direction.ts';
import { importMediaKey, MEDIA_INST_LENGTH } from '../crypto/media-keys.ts';
import {
  clearLength,
  encodeTrailer,
  EPOCH_FRAMES,
  EPOCH_MS,
  type FrameCodec,
  type FrameTrailer,
} from './frame-format.ts';
import { InOrder } from './in-order.ts';

export interface FrameClock {
  /** Milliseconds that only grow, from any start. */
  monotonic(): number;
}

export interface FrameSealerOptions {
  /** `SessionKeys.media`; copied. */
  readonly mediaKey: Uint8Array;
  /** The way the frames go. */
  readonly dir: Direction;
  readonly clock: FrameClock;
}

/**
 * `empty` goes on as it is ([SF7]); what is dropped must not go on at all. The buffer of `data` holds
 * nothing else.
 */
export type SealResult =
  | { readonly type: 'sealed'; readonly data: Bytes }
  | { readonly type: 'empty' }
  | { readonly type: 'dropped'; readonly reason: SealDrop };

export type SealDrop =
  | 'no-kid' // its kid is not announced yet
  | 'unsupported' // a codec that does not survive sealing
  | 'exhausted' // 2^32 epochs, or more encodings than a track has
  | 'ended' // after destroy()
  | 'failed'; // the platform's cryptography refused

/** Since the sealer's start. Neither empty frames count, nor those after its end. */
export interface SealCounts {
  readonly sealed: number;
  readonly unsealed: number;
}

interface Epoch {
  readonly number: number;
  readonly since: number;
  readonly key: Promise<CryptoKey>;
  /** Of the next frame. */
  ctr: number;
}

type State =
  | { readonly type: 'waiting' }
  | { readonly type: 'sealing'; readonly kid: number; epoch: Epoch | undefined }
  | { readonly type: 'ended' };

/** What a frame is sealed with, fixed before anything is awaited. */
interface Place {
  readonly trailer: Bytes;
  readonly key: Promise<CryptoKey>;
  readonly iv: Bytes;
}

/**
 * One start of a transform, for one encoding. It draws its own `inst`: a sealer made again, by a
 * worker that was restarted or for another share, has other keys whatever else it is given, and
 * nobody can hand the same start to two sealers.
 */
export class FrameSealer {
  /** To announce; the sealer goes by its own copy. */
  readonly inst: Bytes;
  readonly #context: { mediaKey: Bytes; dir: Direction; inst: Bytes };
  readonly #clock: FrameClock;
  readonly #order = new InOrder();
  #state: State = { type: 'waiting' };
  #sealed = 0;
  #unsealed = 0;

  /** @throws CryptoError `bad-length`. */
  constructor({ mediaKey, dir, clock }: FrameSealerOptions) {
    assertLength(mediaKey, 32, 'media key');
    const inst = randomBytes(MEDIA_INST_LENGTH);
    this.inst = copyBytes(inst);
    this.#context = { mediaKey: copyBytes(mediaKey), dir, inst };
    this.#clock = clock;
  }

  /** From here on frames are sealed. Only the first kid counts. @throws CryptoError `out-of-range`. */
  begin(kid: number): void {
    u32be(kid);
    if (this.#state.type === 'waiting') this.#state = { type: 'sealing', kid, epoch: undefined };
  }

  /**
   * Frames are counted in the order of the calls, before anything is awaited, and the promises
   * settle in that order; they never reject. `frame` must stay as it is until then.
   */
  seal(frame: Uint8Array, codec: FrameCodec | undefined): Promise<SealResult> {
    return this.#order.run(this.#seal(frame, codec), (result) => {
      // The share may have ended while the frame was under way.
      const told = this.#state.type === 'ended' ? dropped('ended') : result;
      if (told.type === 'sealed') this.#sealed++;
      else if (told.type === 'dropped' && told.reason !== 'ended') this.#unsealed++;
      return told;
    });
  }

  counts(): SealCounts {
    return { sealed: this.#sealed, unsealed: this.#unsealed };
  }

  /** Wipes the keys; frames under way are dropped. */
  destroy(): void {
    this.#state = { type: 'ended' };
    wipe(this.#context.mediaKey, this.#context.inst);
  }

  /** Synchronous up to its first `await`: the counter is taken before another call can come. */
  async #seal(frame: Uint8Array, codec: FrameCodec | undefined): Promise<SealResult> {
    const state = this.#state;
    if (state.type === 'ended') return dropped('ended');
    if (frame.length === 0) return { type: 'empty' };
    if (codec === undefined) return dropped('unsupported');
    if (state.type === 'waiting') return dropped('no-kid');
    const clear = copyBytes(frame.subarray(0, clearLength(frame, codec)));
    const place = this.#take(state, clear.length);
    if (place === undefined) return dropped('exhausted');
    const { trailer, key, iv } = place;
    const plaintext = toOwnBuffer(frame.subarray(clear.length));
    const additionalData = concat(clear, trailer);
    try {
      const algorithm = { name: 'AES-GCM', iv, additionalData };
      const ciphertext = await crypto.subtle.encrypt(algorithm, await key, plaintext);
      return { type: 'sealed', data: concat(clear, new Uint8Array(ciphertext), trailer) };
    } catch {
      // Its counter stays taken: a nonce that may have been used is not used again.
      return dropped('failed');
    }
  }

  #take(state: State & { type: 'sealing' }, clear: number): Place | undefined {
    const epoch = this.#epoch(state);
    if (epoch === undefined) return undefined;
    const { kid } = state;
    const ctr = epoch.ctr++;
    const trailer: FrameTrailer = { clearLength: clear, kid, epoch: epoch.number, ctr };
    return { trailer: encodeTrailer(trailer), key: epoch.key, iv: counterNonce(ctr) };
  }

  /** The epoch of the next frame ([SF4]). */
  #epoch(state: State & { type: 'sealing' }): Epoch | undefined {
    const old = state.epoch;
    const now = this.#clock.monotonic();
    if (old !== undefined && old.ctr < EPOCH_FRAMES && now - old.since < EPOCH_MS) return old;
    const number = old === undefined ? 0 : old.number + 1;
    if (number > 0xffff_ffff) return undefined;
    const key = importMediaKey(this.#context, number, 'encrypt');
    state.epoch = { number, since: now, key, ctr: 0 };
    return state.epoch;
  }
}

function dropped(reason: SealDrop): SealResult {
  return { type: 'dropped', reason };
}
