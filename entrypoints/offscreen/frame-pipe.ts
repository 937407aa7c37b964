import type { FrameClock } from '../../lib/share/frame-sealer.ts';
import type { EncodedFrame, FrameTransformer } from './frame-desk.ts';

/**
 * Frames through a transform, one after the other. `change` says whether the frame goes on; whatever
 * goes wrong with one, it does not, and the others do.
 *
 * @returns settles when the connection's end has come
 */
export async function pipeFrames(
  { readable, writable }: FrameTransformer,
  change: (frame: EncodedFrame) => Promise<'on' | 'dropped'>,
): Promise<void> {
  // By hand: a `TransformStream` between the two is a quarter more work for each frame.
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  try {
    for (;;) {
      const { value: frame, done } = await reader.read();
      if (done) break;
      const fate = await change(frame).catch(() => 'dropped' as const);
      if (fate === 'on') await writer.write(frame);
    }
    await writer.close();
  } catch {
    // The connection's end reaches either of the two first: what is left of frames is not kept.
    await Promise.allSettled([reader.cancel(), writer.abort()]);
  }
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
