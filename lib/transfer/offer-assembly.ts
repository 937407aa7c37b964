import { isTextKind } from '../protocol/kinds.ts';
import { MAX_TEXT_BYTES } from '../protocol/limits.ts';
import type { OfferedItem, ToReceiver } from '../protocol/messages.ts';
import { SessionError } from './errors.ts';
import type { Offer } from './offer.ts';

/** Puts the pages of an incoming offer together; what they add up to must be what was said ([TR1]). */
export class OfferAssembly {
  readonly transferId: string;
  readonly #begin: Extract<ToReceiver, { type: 'offer-begin' }>;
  readonly #items: OfferedItem[] = [];
  #bytes = 0;

  constructor(begin: Extract<ToReceiver, { type: 'offer-begin' }>) {
    this.transferId = begin.transferId;
    this.#begin = begin;
  }

  /** @throws SessionError `bad-manifest` */
  add(items: readonly OfferedItem[]): void {
    for (const item of items) {
      // In order, with gaps only where a file was replaced ([TR19]).
      if (item.fileId <= (this.#items.at(-1)?.fileId ?? -1)) {
        throw new SessionError('bad-manifest', 'fileId');
      }
      this.#bytes += item.size;
      if (this.#items.length >= this.#begin.count || this.#bytes > this.#begin.totalBytes) {
        throw new SessionError('bad-manifest', 'more than was said');
      }
      this.#items.push(item);
    }
  }

  /** @throws SessionError `bad-manifest` */
  end(): Offer {
    const { transferId, kind, count, totalBytes, note, lock } = this.#begin;
    if (this.#items.length !== count || this.#bytes !== totalBytes) {
      throw new SessionError('bad-manifest', 'less than was said');
    }
    const [first] = this.#items;
    if (
      isTextKind(kind) &&
      (count !== 1 || first?.mime !== 'text/plain' || totalBytes > MAX_TEXT_BYTES)
    ) {
      throw new SessionError('bad-manifest', 'a text is one text/plain item of at most 1 MiB');
    }
    const salt = lock?.salt ?? null;
    return { transferId, kind, totalBytes, note: note ?? null, lock: salt, items: this.#items };
  }
}
