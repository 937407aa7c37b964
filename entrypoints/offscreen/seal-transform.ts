import type { Direction } from '../../lib/crypto/direction.ts';
import type { FramesReport, TransformOptions } from '../../lib/messaging/frames.ts';
import { frameCodec, type FrameCodec } from '../../lib/share/frame-format.ts';
import type { FrameClock } from '../../lib/share/frame-sealer.ts';
import { TrackSealer } from '../../lib/share/track-sealer.ts';
import type { EncodedFrame, FrameTransformer } from './frame-desk.ts';
import { pipeFrames, Seldom } from './frame-pipe.ts';

const COUNTS_MS = 1_000;
const KEY_FRAME_MS = 1_000;

interface SealTransformDeps {
  readonly report: (report: FramesReport) => void;
  readonly clock: FrameClock;
  readonly mediaKey: Uint8Array;
  readonly dir: Direction;
}

/** A sender's transform: nothing goes on but what was sealed, and what was empty ([SH3], [SF7]). */
export class SealTransform {
  readonly options: TransformOptions;
  readonly #transformer: FrameTransformer;
  readonly #report: (report: FramesReport) => void;
  readonly #sealer: TrackSealer;
  readonly #counts: Seldom;
  readonly #keyFrames: Seldom;
  #codecs = new Map<number, FrameCodec | undefined>();

  constructor(transformer: FrameTransformer, deps: SealTransformDeps) {
    const { report, clock, mediaKey, dir } = deps;
    this.options = transformer.options;
    this.#transformer = transformer;
    this.#report = report;
    this.#counts = new Seldom(clock, COUNTS_MS);
    this.#keyFrames = new Seldom(clock, KEY_FRAME_MS);
    const { transformId } = this.options;
    this.#sealer = new TrackSealer({
      ...{ mediaKey, dir, clock },
      announce: (start) => report({ type: 'announce', transformId, ...start }),
    });
  }

  start(): void {
    void pipeFrames(this.#transformer, (frame) => this.#seal(frame)).then(() =>
      this.#running(false),
    );
  }

  /** The kid of an encoding's start, or that there is none. */
  begin(encoding: number, kid: number | null): void {
    if (kid === null) return;
    this.#sealer.begin(encoding, kid);
    if (encoding === 0) this.#running(true);
    // Its first frames came too early to be sealed: what follows builds on them.
    else this.#wantKeyFrame();
  }

  codecs(known: readonly { payloadType: number; mimeType: string }[]): void {
    this.#codecs = new Map(
      known.map(({ payloadType, mimeType }) => [payloadType, frameCodec(mimeType)]),
    );
  }

  destroy(): void {
    this.#sealer.destroy();
  }

  async #seal(frame: EncodedFrame): Promise<'on' | 'dropped'> {
    const { synchronizationSource = 0, payloadType = -1, mimeType } = frame.getMetadata();
    const codec = mimeType === undefined ? this.#codecs.get(payloadType) : frameCodec(mimeType);
    const result = await this.#sealer.seal(
      synchronizationSource,
      new Uint8Array(frame.data),
      codec,
    );
    if (result.type === 'empty') return 'on';
    if (result.type === 'sealed') {
      frame.data = result.data.buffer;
      return 'on';
    }
    if (result.reason === 'failed') this.#wantKeyFrame();
    if (result.reason !== 'ended') this.#tellCounts();
    return 'dropped';
  }

  #wantKeyFrame(): void {
    if (this.options.track !== 'video') return;
    this.#keyFrames.run(() => {
      // Nothing is sent yet, or the browser has no such wish: the viewer asks by itself as well.
      this.#transformer.generateKeyFrame?.().catch(() => undefined);
    });
  }

  #tellCounts(): void {
    const { transformId } = this.options;
    this.#counts.run(() =>
      this.#report({ type: 'counts', transformId, way: 'seal', counts: this.#sealer.counts() }),
    );
  }

  #running(running: boolean): void {
    this.#report({ type: 'running', transformId: this.options.transformId, running });
  }
}
