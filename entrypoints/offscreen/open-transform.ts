import type { FramesReport, TransformOptions } from '../../lib/messaging/frames.ts';
import { FrameOpener } from '../../lib/share/frame-opener.ts';
import type { FrameClock } from '../../lib/share/frame-sealer.ts';
import type { KeyRing } from '../../lib/share/key-ring.ts';
import type { EncodedFrame, FrameTransformer } from './frame-desk.ts';
import { pipeFrames, Seldom } from './frame-pipe.ts';

const COUNTS_MS = 1_000;
/** A sharer makes a large frame for each: whoever can break frames must not have one for each. */
const KEY_FRAME_MS = 1_000;

interface OpenTransformDeps {
  readonly report: (report: FramesReport) => void;
  readonly clock: FrameClock;
  readonly ring: KeyRing;
}

/** A receiver's transform: only authentic frames, each once, get to the decoder ([SF8]). */
export class OpenTransform {
  readonly options: TransformOptions;
  readonly #transformer: FrameTransformer;
  readonly #report: (report: FramesReport) => void;
  readonly #opener: FrameOpener;
  readonly #counts: Seldom;
  readonly #keyFrames: Seldom;
  #told = false;

  constructor(transformer: FrameTransformer, { report, clock, ring }: OpenTransformDeps) {
    this.options = transformer.options;
    this.#transformer = transformer;
    this.#report = report;
    this.#opener = new FrameOpener(ring, this.options);
    this.#counts = new Seldom(clock, COUNTS_MS);
    this.#keyFrames = new Seldom(clock, KEY_FRAME_MS);
  }

  start(): void {
    // A browser that passes frames by a transform shows it no picture ([SH3]). Sound may stay away.
    if (this.options.track === 'audio') this.#running(true);
    void pipeFrames(this.#transformer, (frame) => this.#open(frame)).then(() =>
      this.#running(false),
    );
  }

  /** Of a video: what was dropped is missed by what follows. */
  askForKeyFrame(): void {
    if (this.options.track !== 'video') return;
    this.#keyFrames.run(() => {
      // Not receiving yet, or closed: the decoder asks by itself, later.
      this.#transformer.sendKeyFrameRequest?.().catch(() => undefined);
    });
  }

  destroy(): void {
    this.#opener.destroy();
  }

  async #open(frame: EncodedFrame): Promise<'on' | 'dropped'> {
    const result = await this.#opener.open(new Uint8Array(frame.data));
    if (result.type === 'opened') {
      frame.data = result.data.buffer;
      this.#running(true);
      return 'on';
    }
    if (result.reason === 'unauthentic' || result.reason === 'malformed') this.askForKeyFrame();
    if (result.reason !== 'ended') this.#tellCounts();
    return 'dropped';
  }

  #tellCounts(): void {
    const { transformId } = this.options;
    this.#counts.run(() =>
      this.#report({ type: 'counts', transformId, way: 'open', counts: this.#opener.counts() }),
    );
  }

  #running(running: boolean): void {
    if (running === this.#told) return;
    this.#told = running;
    this.#report({ type: 'running', transformId: this.options.transformId, running });
  }
}
