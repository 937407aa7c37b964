import type { PointerPlace } from '../../lib/messaging/share-streams.ts';

export interface Pointed {
  readonly shareId: string;
  readonly sourceId: string;
  readonly at: PointerPlace | null;
}

/**
 * [SH10] Where viewers point, to background, which alone can draw in a tab: of each share the newest
 * place, and the next only when the last was drawn.
 */
export class LaserFeed {
  readonly #draw: (pointed: Pointed) => Promise<unknown>;
  /** Shares under way; null: nothing new since. */
  readonly #next = new Map<string, Pointed | null>();

  constructor(draw: (pointed: Pointed) => Promise<unknown>) {
    this.#draw = draw;
  }

  show(pointed: Pointed): void {
    const running = this.#next.has(pointed.shareId);
    this.#next.set(pointed.shareId, pointed);
    if (!running) void this.#run(pointed.shareId);
  }

  async #run(shareId: string): Promise<void> {
    for (;;) {
      const pointed = this.#next.get(shareId);
      if (!pointed) break;
      this.#next.set(shareId, null);
      // Background may be dying; the next place goes to the next one.
      await this.#draw(pointed).catch(() => undefined);
    }
    this.#next.delete(shareId);
  }
}
