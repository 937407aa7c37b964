import type { Bytes } from '../crypto/bytes.ts';
import { MAX_ENCODINGS, type FrameCodec } from './frame-format.ts';
import {
  FrameSealer,
  type FrameSealerOptions,
  type SealCounts,
  type SealResult,
} from './frame-sealer.ts';

/** What `media-key` tells of a start, but for the kid, which is drawn as it is announced. */
export interface EncodingStart {
  readonly encoding: number;
  readonly inst: Bytes;
}

export interface TrackSealerOptions extends FrameSealerOptions {
  /**
   * Whoever holds the session draws a kid, announces it with this, in one task, and then calls
   * `begin`. Called once for each encoding; for the first while the transform is made, so that its
   * kid is there before its first frame.
   */
  readonly announce: (start: EncodingStart) => void;
}

/**
 * One start of a transform: the frames of a track, of all its encodings. A transform sees them
 * mixed and tells them apart by their synchronization source; each has a sealer of its own.
 */
export class TrackSealer {
  readonly #options: TrackSealerOptions;
  /** By encoding. */
  readonly #sealers: FrameSealer[] = [];
  /** Synchronization source → encoding, in the order of appearance. */
  readonly #encodings = new Map<number, number>();
  #extra = 0;
  #state: 'open' | 'ended' = 'open';

  constructor(options: TrackSealerOptions) {
    this.#options = options;
    this.#start();
  }

  /** The kid under which an encoding's start was announced. */
  begin(encoding: number, kid: number): void {
    this.#sealers[encoding]?.begin(kid);
  }

  /**
   * As `FrameSealer.seal`; in order within an encoding.
   *
   * @param source the frame's synchronization source (SSRC).
   */
  seal(source: number, frame: Uint8Array, codec: FrameCodec | undefined): Promise<SealResult> {
    // Later encodings than those there are would still ask for a kid.
    if (this.#state === 'ended') return Promise.resolve({ type: 'dropped', reason: 'ended' });
    const sealer = this.#sealerOf(source);
    if (sealer !== undefined) return sealer.seal(frame, codec);
    this.#extra++;
    return Promise.resolve({ type: 'dropped', reason: 'exhausted' });
  }

  counts(): SealCounts {
    const each = this.#sealers.map((sealer) => sealer.counts());
    return {
      sealed: each.reduce((sum, { sealed }) => sum + sealed, 0),
      unsealed: each.reduce((sum, { unsealed }) => sum + unsealed, this.#extra),
    };
  }

  destroy(): void {
    this.#state = 'ended';
    for (const sealer of this.#sealers) sealer.destroy();
  }

  #sealerOf(source: number): FrameSealer | undefined {
    const encoding = this.#encodings.get(source) ?? this.#encodings.size;
    if (encoding >= MAX_ENCODINGS) return undefined;
    this.#encodings.set(source, encoding);
    if (encoding === this.#sealers.length) this.#start();
    return this.#sealers[encoding];
  }

  #start(): void {
    const encoding = this.#sealers.length;
    const sealer = new FrameSealer(this.#options);
    this.#sealers.push(sealer);
    this.#options.announce({ encoding, inst: sealer.inst });
  }
}
