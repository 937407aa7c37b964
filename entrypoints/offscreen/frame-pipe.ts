import type { FrameClock } from '../../lib/share/frame-sealer.ts';
import type { EncodedFrame, FrameTransformer } from './frame-desk.ts';

/**
 * Frames through a transform, one after the other. `change` says whether the frame goes on; whatever
 * goes wrong with one, it does not, and the others do.
 *
 * @returns settles when the connection's end has come
 */
export function pipeFrames(
  { readable, writable }: FrameTransformer,
  change: (frame: EncodedFrame) => Promise<'on' | 'dropped'>,
): Promise<void> {
  const through = new TransformStream<EncodedFrame, EncodedFrame>({
    async transform(frame, controller) {
      const fate = await change(frame).catch(() => 'dropped' as const);
      if (fate === 'on') controller.enqueue(frame);
    },
  });
  return readable
    .pipeThrough(through)
    .pipeTo(writable)
    .catch(() => undefined);
}

/** At most one call in `ms`; the others are left out. */
export class Seldom {
  readonly #clock: FrameClock;
  readonly #ms: number;
  #at = -Infinity;

  constructor(clock: FrameClock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  run(task: () => void): void {
    const now = this.#clock.monotonic();
    if (now - this.#at < this.#ms) return;
    this.#at = now;
    task();
  }
}
