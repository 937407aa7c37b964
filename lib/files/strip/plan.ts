/** What becomes of a picture: which bytes stay, and the few that are written anew. */
import { StripError } from './errors.ts';

export type RemovedKind =
  | 'exif' // camera, time, place, thumbnail
  | 'xmp'
  | 'iptc'
  | 'text' // comments and PNG's text chunks
  | 'time' // PNG's time of the last change
  | 'preview' // other pictures inside this one: thumbnails, MPF
  | 'other' // blocks that no decoder needs: maker notes, provenance, unknown ones
  | 'trailing'; // bytes after the picture's end, such as the film of a motion photo

/** A stretch of the original, `end` exclusive, or new bytes. */
export type Part =
  | { readonly type: 'range'; readonly start: number; readonly end: number }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> };

export interface StripPlan {
  readonly parts: readonly Part[];
  /** Each kind once; empty when the picture is to be sent as it is, whatever `parts` says. */
  readonly removed: readonly RemovedKind[];
}

/** Far above any real picture; a hostile one must not make a list without end. */
const MAX_PARTS = 10_000;

/** Puts a plan together; stretches that touch become one. */
export class PlanBuilder {
  readonly #parts: Part[] = [];
  readonly #removed = new Set<RemovedKind>();

  /** @throws StripError `picture-too-complex` */
  keep(start: number, end: number): void {
    if (start === end) return;
    const last = this.#parts.at(-1);
    if (last?.type === 'range' && last.end === start) {
      this.#parts[this.#parts.length - 1] = { type: 'range', start: last.start, end };
    } else this.#push({ type: 'range', start, end });
  }

  /** @throws StripError `picture-too-complex` */
  write(bytes: Uint8Array<ArrayBuffer>): void {
    this.#push({ type: 'bytes', bytes });
  }

  drop(kind: RemovedKind): void {
    this.#removed.add(kind);
  }

  get parts(): readonly Part[] {
    return this.#parts;
  }

  get length(): number {
    return this.#parts.reduce((sum, part) => sum + partLength(part), 0);
  }

  get removed(): readonly RemovedKind[] {
    return [...this.#removed];
  }

  plan(): StripPlan {
    return { parts: this.#parts, removed: this.removed };
  }

  #push(part: Part): void {
    if (this.#parts.length >= MAX_PARTS) throw new StripError('picture-too-complex');
    this.#parts.push(part);
  }
}

function partLength(part: Part): number {
  return part.type === 'range' ? part.end - part.start : part.bytes.length;
}
