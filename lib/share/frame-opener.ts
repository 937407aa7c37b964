/** From the wire back to encoded frames: PROTOCOL.md section SF. */
import { counterNonce } from '../crypto/aead.ts';
import { concat, toOwnBuffer, type Bytes } from '../crypto/bytes.ts';
import { parseFrame, type SealedFrame } from './frame-format.ts';
import { InOrder } from './in-order.ts';
import type { InboundEpoch, InboundKey } from './inbound-key.ts';
import type { FrameScope, KeyRing } from './key-ring.ts';

/** The buffer of `data` holds nothing else. */
export type OpenResult =
  | { readonly type: 'opened'; readonly data: Bytes }
  | { readonly type: 'dropped'; readonly reason: OpenDrop };

export type OpenDrop =
  | 'malformed' // not what a sealer of this protocol makes
  | 'unknown-key' // a kid that is not announced for this share and track
  | 'replayed' // taken before, or too old to tell
  | 'unauthentic' // the tag is wrong: changed, or sealed by somebody else
  | 'ended'; // the opener's end, or the key's while the frame was under way

/** Frames since the opener's start. */
export interface OpenCounts {
  readonly opened: number;
  readonly replayed: number;
  readonly unauthentic: number;
  readonly unknownKey: number;
  readonly malformed: number;
}

/** What became of a frame before its turn came. */
type Tried =
  | { readonly type: 'authentic'; readonly data: Bytes; readonly from: Origin }
  | { readonly type: 'dropped'; readonly reason: OpenDrop };

interface Origin {
  readonly key: InboundKey;
  readonly epoch: InboundEpoch;
  readonly ctr: number;
}

/** The frames of one track of one share. */
export class FrameOpener {
  readonly #ring: KeyRing;
  readonly #scope: FrameScope;
  readonly #order = new InOrder();
  readonly #counts = { opened: 0, replayed: 0, unauthentic: 0, unknownKey: 0, malformed: 0 };
  #state: 'open' | 'ended' = 'open';

  /** @param ring of the session; it outlives the opener. */
  constructor(ring: KeyRing, { shareId, track }: FrameScope) {
    this.#ring = ring;
    this.#scope = { shareId, track };
  }

  /**
   * Never rejects, whatever `frame` is. The promises settle in the order of the calls, and what is
   * a replay is decided in that order. `frame` must stay as it is until then.
   */
  open(frame: Uint8Array): Promise<OpenResult> {
    return this.#order.run(this.#try(frame), (tried) => {
      const result = this.#decide(tried);
      this.#count(result);
      return result;
    });
  }

  counts(): OpenCounts {
    return { ...this.#counts };
  }

  /** Frames under way are dropped. The keys are the ring's. */
  destroy(): void {
    this.#state = 'ended';
  }

  async #try(frame: Uint8Array): Promise<Tried> {
    if (this.#state === 'ended') return dropped('ended');
    const parsed = parseFrame(frame);
    if (parsed === undefined) return dropped('malformed');
    const { kid, epoch: number, ctr } = parsed.trailer;
    const key = this.#ring.find(kid, this.#scope);
    if (key === undefined) return dropped('unknown-key');
    const epoch = key.epoch(number);
    if (epoch === undefined || !epoch.window.isFree(ctr)) return dropped('replayed');
    const data = await decrypt(parsed, epoch);
    if (data === undefined) return dropped('unauthentic');
    return { type: 'authentic', data, from: { key, epoch, ctr } };
  }

  #decide(tried: Tried): OpenResult {
    if (this.#state === 'ended') return dropped('ended');
    if (tried.type === 'dropped') return tried;
    const { key, epoch, ctr } = tried.from;
    // Two copies may have been under way at once: only here, in turn, one of them is the first.
    const verdict = key.accept(epoch, ctr);
    return verdict === 'fresh' ? { type: 'opened', data: tried.data } : dropped(verdict);
  }

  #count(result: OpenResult): void {
    if (result.type === 'opened') this.#counts.opened++;
    else if (result.reason === 'unknown-key') this.#counts.unknownKey++;
    else if (result.reason !== 'ended') this.#counts[result.reason]++;
  }
}

async function decrypt(frame: SealedFrame, { key }: InboundEpoch): Promise<Bytes | undefined> {
  const { trailer, clear, ciphertext, aad } = frame;
  const algorithm = { name: 'AES-GCM', iv: counterNonce(trailer.ctr), additionalData: aad };
  try {
    const sealed = toOwnBuffer(ciphertext);
    const plaintext = await crypto.subtle.decrypt(algorithm, await key, sealed);
    return concat(clear, new Uint8Array(plaintext));
  } catch {
    return undefined;
  }
}

function dropped(reason: OpenDrop): OpenResult & Tried {
  return { type: 'dropped', reason };
}
