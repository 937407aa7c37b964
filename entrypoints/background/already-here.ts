import { surelyExisting } from '../../lib/platform/downloads.ts';
import { PACK_FILE_BYTES } from '../../lib/protocol/limits.ts';
import type { StoredRecords } from '../../lib/storage/records.ts';
import type { PlaceRecord, SavedRecord, SaveRecord } from '../../lib/storage/schemas.ts';

/** Files whose place is remembered, the newest. */
const PLACES_KEPT = 1000;

/** A file of an offer, and the one that it may be the same as. */
export interface KnownFile {
  readonly fileId: number;
  readonly saved: { readonly transferId: string; readonly fileId: number };
}

/** [TR18] Where received files went, and whether they are still there. */
export class AlreadyHere {
  readonly #places: StoredRecords<PlaceRecord>;
  readonly #saved: StoredRecords<SavedRecord>;
  readonly #now: () => number;

  /** @param saved where each transfer went, for "Show in folder" */
  constructor(
    places: StoredRecords<PlaceRecord>,
    saved: StoredRecords<SavedRecord>,
    now: () => number,
  ) {
    this.#places = places;
    this.#saved = saved;
    this.#now = now;
  }

  /** Small ones cost nothing to send again. */
  async remember({ transferId, fileId, size = 0 }: SaveRecord, downloadId: number): Promise<void> {
    if (size <= PACK_FILE_BYTES) return;
    await this.#places.change((places) => {
      places.set(keyOf({ transferId, fileId }), { downloadId, at: this.#now() });
      if (places.size <= PLACES_KEPT) return;
      const oldest = [...places].sort(([, a], [, b]) => a.at - b.at);
      for (const [key] of oldest.slice(0, places.size - PLACES_KEPT)) places.delete(key);
    });
  }

  /**
   * The ids, in the offer, of those that lie where they were saved. The first of them is where the
   * transfer went, too: it may save none of its own.
   */
  async of(transferId: string, known: readonly KnownFile[]): Promise<number[]> {
    const placed = known.flatMap(({ fileId, saved }) => {
      const place = this.#places.get(keyOf(saved));
      return place === undefined ? [] : [{ fileId, downloadId: place.downloadId }];
    });
    const there = await surelyExisting(placed.map(({ downloadId }) => downloadId));
    const here = placed.filter(({ downloadId }) => there.has(downloadId));
    const [first] = here;
    if (first && !this.#saved.get(transferId)) {
      await this.#saved.set(transferId, { downloadId: first.downloadId });
    }
    return here.map(({ fileId }) => fileId);
  }
}

function keyOf({ transferId, fileId }: { transferId: string; fileId: number }): string {
  return `${transferId}:${fileId}`;
}
