import type { BackgroundCall, OffscreenTransfer } from '../../lib/messaging/background-calls.ts';
import type { TransferView } from '../../lib/messaging/snapshot.ts';
import type { BackgroundStores } from '../../lib/storage/background-stores.ts';
import type { Notices, TellCode } from './notices.ts';
import { endOf, isEnded, RECENT_KEPT, recentOf, surplus, transfersView } from './transfers-view.ts';

/** What ended longer ago than this is no news: the list shows it. */
const NEWS_MS = 24 * 60 * 60 * 1000;

export interface TransfersDeps {
  readonly stores: BackgroundStores;
  readonly notices: Notices;
  readonly nameOf: (deviceId: string) => string;
  /** True while a person looks at a view of the transfers. */
  readonly watched: () => boolean;
  readonly onChange: () => void;
  readonly now: () => number;
}

/** The list of transfers: the document's own, and the ended ones that are kept when it is gone. */
export class Transfers {
  readonly #deps: TransfersDeps;
  #running: readonly OffscreenTransfer[] = [];
  /** Ends that this worker has kept, so that what was dropped or dismissed since does not return. */
  readonly #kept = new Set<string>();
  /** Transfers that this worker saw under way: their end is news, however long ago they began. */
  readonly #underWay = new Set<string>();

  constructor(deps: TransfersDeps) {
    this.#deps = deps;
  }

  get view(): TransferView[] {
    const { stores, nameOf } = this.#deps;
    return transfersView(this.#running, stores.recent.all.values(), nameOf);
  }

  async onTransfers(transfers: readonly OffscreenTransfer[]): Promise<void> {
    this.#running = transfers;
    const { stores } = this.#deps;
    const ended = transfers.filter((transfer) => isEnded(transfer) && this.#isNew(transfer));
    for (const transfer of transfers) {
      if (!isEnded(transfer)) this.#underWay.add(transfer.transferId);
    }
    if (ended.length > 0) await this.#keep(ended);
    const unfinished = transfers.some((transfer) => !isEnded(transfer));
    if (unfinished !== stores.unfinished.get()) await stores.unfinished.set(unfinished);
  }

  /** The document is gone: what it had under way it finds again by itself when it is back. */
  gone(): void {
    this.#running = [];
  }

  /** A text, link or page: written down, then told. */
  async received(call: Extract<BackgroundCall, { type: 'text' }>): Promise<void> {
    const { transferId, deviceId, kind, text, title } = call;
    const { stores, notices, nameOf } = this.#deps;
    await stores.texts.set(transferId, { kind, text, ...(title !== undefined && { title }) });
    await notices.text({ transferId, kind, text, title }, nameOf(deviceId));
  }

  async tell(transferId: string, deviceId: string, code: TellCode): Promise<void> {
    // Who looks at the list sees it delivered; everything else is worth a second word.
    if (code === 'delivered' && this.#deps.watched()) return;
    const title = this.view.find((transfer) => transfer.transferId === transferId)?.title ?? '';
    await this.#deps.notices.tell(transferId, code, this.#deps.nameOf(deviceId), title);
  }

  async forget(transferIds: readonly string[]): Promise<void> {
    const { stores } = this.#deps;
    this.#running = this.#running.filter(({ transferId }) => !transferIds.includes(transferId));
    await stores.recent.change((recent) => transferIds.forEach((id) => recent.delete(id)));
    await this.#forgetContents(transferIds);
    this.#deps.onChange();
  }

  #isNew({ transferId, state }: OffscreenTransfer): boolean {
    const key = `${transferId}:${state}`;
    if (this.#kept.has(key)) return false;
    this.#kept.add(key);
    return this.#deps.stores.recent.get(transferId)?.state !== state;
  }

  /**
   * A document made anew tells of everything that it still has records of, also of what made room
   * for newer transfers here long ago: that must not take their place again.
   */
  #isHistory({ transferId, createdAt }: OffscreenTransfer): boolean {
    const { recent } = this.#deps.stores;
    if (recent.all.size < RECENT_KEPT) return false;
    if (recent.get(transferId) || this.#underWay.has(transferId)) return false;
    return [...recent.all.values()].every((kept) => createdAt < kept.createdAt);
  }

  async #keep(ended: readonly OffscreenTransfer[]): Promise<void> {
    const { stores, nameOf } = this.#deps;
    const news = ended.filter((transfer) => !this.#isHistory(transfer));
    if (news.length === 0) return;
    const dropped: string[] = [];
    await stores.recent.change((recent) => {
      for (const transfer of news) {
        const kept = recentOf(transfer, nameOf(transfer.deviceId));
        if (kept) recent.set(kept.transferId, kept);
      }
      for (const transferId of surplus(recent)) {
        recent.delete(transferId);
        dropped.push(transferId);
      }
    });
    await this.#forgetContents(dropped);
    for (const transfer of news) {
      if (stores.recent.get(transfer.transferId)) await this.#tellSaved(transfer);
    }
  }

  async #tellSaved(transfer: OffscreenTransfer): Promise<void> {
    if (transfer.direction !== 'in' || transfer.state !== 'saved') return;
    const { stores, notices, nameOf, now } = this.#deps;
    // Texts have a notification of their own.
    if (!stores.saved.get(transfer.transferId)) return;
    if (now() - endOf(transfer) > NEWS_MS) return;
    const { transferId, deviceId, title, count } = transfer;
    await notices.saved(transferId, nameOf(deviceId), title, count);
  }

  async #forgetContents(transferIds: readonly string[]): Promise<void> {
    const { stores } = this.#deps;
    await stores.texts.delete(transferIds);
    const known = transferIds.filter((id) => stores.saved.get(id));
    if (known.length > 0) {
      await stores.saved.change((saved) => known.forEach((id) => saved.delete(id)));
    }
  }
}
