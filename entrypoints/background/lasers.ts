import type { LaserPlace } from '../../lib/platform/laser.ts';

/** Characters of a share's id in the page, which may read them: enough to tell two points apart. */
const NAME_CHARACTERS = 8;

export interface LasersDeps {
  readonly draw: (tabId: number, name: string, place: LaserPlace | null) => Promise<void>;
  /** The tab went where nobody is let in. */
  readonly refused: (shareId: string) => Promise<unknown>;
}

interface Laser {
  /** Undefined: nothing new since what is being drawn. */
  next: LaserPlace | null | undefined;
}

/** [SH10] Viewers' pointers in the tabs that they watch: the newest place, one drawing at a time. */
export class Lasers {
  readonly #deps: LasersDeps;
  readonly #drawing = new Map<string, Laser>();

  constructor(deps: LasersDeps) {
    this.#deps = deps;
  }

  /** Resolves when this place, or a later one, is drawn, or cannot be. */
  async show(tabId: number, shareId: string, place: LaserPlace | null): Promise<void> {
    const running = this.#drawing.get(shareId);
    if (running !== undefined) {
      running.next = place;
      return;
    }
    const laser: Laser = { next: place };
    this.#drawing.set(shareId, laser);
    try {
      while (laser.next !== undefined) {
        const { next } = laser;
        laser.next = undefined;
        await this.#deps.draw(tabId, shareId.slice(0, NAME_CHARACTERS), next);
      }
    } catch (error) {
      // The share goes on, and both sides see that its pointer is not shown any more.
      if (!isBetweenPages(error)) await this.#deps.refused(shareId);
    } finally {
      this.#drawing.delete(shareId);
    }
  }
}

/**
 * Chromium's "Frame with ID 0 was removed" and "… is showing error page": the tab is on its way to a
 * page that may well let the point in. Its words are all there is to tell.
 */
function isBetweenPages(error: unknown): boolean {
  return error instanceof Error && /\bframe\b/i.test(error.message);
}
