import { MAX_CONTROL_BYTES } from '../protocol/limits.ts';
import type { OfferedItem, ToReceiver } from '../protocol/messages.ts';
import { byteLength } from '../protocol/names.ts';
import type { TransferKind } from '../protocol/kinds.ts';

export interface Offer {
  readonly transferId: string;
  readonly kind: TransferKind;
  readonly totalBytes: number;
  readonly note: string | null;
  /** [PW1] Salt of the password that it asks for, 16 bytes; null when it asks for none. */
  readonly lock: Uint8Array<ArrayBuffer> | null;
  readonly items: readonly OfferedItem[];
}

/** Room for the message around the items of a page. */
const PAGE_BYTES = MAX_CONTROL_BYTES - 256;

/** An offer as control messages: begin, pages of items, end. */
export function* offerMessages(offer: Offer): Generator<ToReceiver> {
  const { transferId, kind, totalBytes, note, lock, items } = offer;
  yield {
    type: 'offer-begin',
    transferId,
    kind,
    count: items.length,
    totalBytes,
    ...(note === null ? {} : { note }),
    ...(lock === null ? {} : { lock: { salt: lock } }),
  };
  let page: OfferedItem[] = [];
  let used = 0;
  for (const item of items) {
    const bytes = byteLength(JSON.stringify(item)) + 1;
    if (used + bytes > PAGE_BYTES) {
      yield { type: 'offer-items', transferId, items: page };
      page = [];
      used = 0;
    }
    page.push(item);
    used += bytes;
  }
  yield { type: 'offer-items', transferId, items: page };
  yield { type: 'offer-end', transferId };
}

/** [TR12] Whether an item told again is the same one. */
export function sameItem(a: OfferedItem, b: OfferedItem): boolean {
  return (
    a.fileId === b.fileId &&
    a.path === b.path &&
    a.size === b.size &&
    a.mime === b.mime &&
    a.modified === b.modified
  );
}
