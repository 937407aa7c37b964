import { copyBytes, wipe, type Bytes } from '../crypto/bytes.ts';
import { importMediaKey, type MediaKeyContext } from '../crypto/media-keys.ts';
import { ReplayWindow } from './replay-window.ts';

export interface InboundEpoch {
  readonly number: number;
  readonly key: Promise<CryptoKey>;
  readonly window: ReplayWindow;
}

/**
 * What a receiver holds of one announced start: the newest epoch that an authentic frame was of,
 * and the one before it, for frames that are still on their way ([SF5]). An epoch that a trailer
 * merely names changes nothing until a frame of it has opened.
 */
export class InboundKey {
  readonly #context: { mediaKey: Uint8Array; dir: MediaKeyContext['dir']; inst: Bytes };
  #current: InboundEpoch | undefined;
  #previous: InboundEpoch | undefined;
  /** The last one tried: the first frames of an epoch, under way at once, share its import. */
  #tried: InboundEpoch | undefined;
  #state: 'open' | 'destroyed' = 'open';

  /** @param context `inst` is copied; `mediaKey` stays the caller's, to be wiped after this. */
  constructor(context: MediaKeyContext) {
    this.#context = { ...context, inst: copyBytes(context.inst) };
  }

  /** To open a frame with; `undefined` where it can only be a late one of an epoch that is gone. */
  epoch(number: number): InboundEpoch | undefined {
    if (this.#state === 'destroyed') return undefined;
    const known = this.#known(number);
    if (known !== undefined) return known;
    if (this.#current !== undefined && number < this.#current.number) return undefined;
    if (this.#tried?.number !== number) {
      const key = importMediaKey(this.#context, number, 'decrypt');
      this.#tried = { number, key, window: new ReplayWindow() };
    }
    return this.#tried;
  }

  /** For an authentic frame of `epoch`. */
  accept(epoch: InboundEpoch, ctr: number): 'fresh' | 'replayed' | 'ended' {
    if (this.#state === 'destroyed') return 'ended';
    // By number: frames under way at once may each have tried the same epoch on their own.
    const known = this.#known(epoch.number) ?? this.#adopt(epoch);
    return known?.window.take(ctr) === true ? 'fresh' : 'replayed';
  }

  destroy(): void {
    this.#state = 'destroyed';
    this.#current = undefined;
    this.#previous = undefined;
    this.#tried = undefined;
    wipe(this.#context.inst);
  }

  #adopt(epoch: InboundEpoch): InboundEpoch | undefined {
    if (this.#current !== undefined && epoch.number < this.#current.number) return undefined;
    this.#previous = this.#current;
    this.#current = epoch;
    return epoch;
  }

  #known(number: number): InboundEpoch | undefined {
    if (this.#current?.number === number) return this.#current;
    if (this.#previous?.number === number) return this.#previous;
    return undefined;
  }
}
