import { markTab, type TabMark } from '../../lib/platform/badge.ts';
import type { StoredRecords } from '../../lib/storage/records.ts';
import { Latest } from './latest.ts';

/** What waits for an answer comes first; without any, that something of this device is shared. */
export class Badge {
  readonly #show: (text: string) => Promise<void>;
  #offers = 0;
  #asks = 0;
  #sharing = false;
  /** Undefined until this worker showed one: an earlier one's may be there. */
  #shown: string | undefined;
  readonly #latest = new Latest(() => this.#settle());

  constructor(show: (text: string) => Promise<void>) {
    this.#show = show;
  }

  async offers(count: number): Promise<void> {
    this.#offers = count;
    await this.#latest.run();
  }

  async shares(asks: number, sharing: boolean): Promise<void> {
    this.#asks = asks;
    this.#sharing = sharing;
    await this.#latest.run();
  }

  async #settle(): Promise<void> {
    const count = this.#offers + this.#asks;
    const text = count > 99 ? '99+' : count > 0 ? `${count}` : this.#sharing ? SHARING : '';
    if (text === this.#shown) return;
    // What the browser refused is shown with the next state.
    await this.#show(text);
    this.#shown = text;
  }
}

const SHARING = 'ON';

/** Tabs that are shared say so on the toolbar button, whatever else it says elsewhere. */
export class TabMarks {
  /** Those marked in this run of the browser: a worker that died must not leave one behind. */
  readonly #marked: StoredRecords<true>;
  #marks: ReadonlyMap<number, TabMark> = new Map();
  /** Titles that this worker has set. */
  readonly #set = new Map<number, string>();
  readonly #latest = new Latest(() => this.#settle());

  constructor(marked: StoredRecords<true>) {
    this.#marked = marked;
  }

  /** @param shared tab → names of the devices */
  async show(shared: ReadonlyMap<number, readonly string[]>): Promise<void> {
    this.#marks = new Map([...shared].map(([tabId, names]) => [tabId, markOf(names)]));
    await this.#latest.run();
  }

  async #settle(): Promise<void> {
    const marks = this.#marks;
    const over = [...this.#marked.all.keys()].map(Number).filter((tabId) => !marks.has(tabId));
    const fresh = [...marks].filter(([tabId, { title }]) => this.#set.get(tabId) !== title);
    if (over.length === 0 && fresh.length === 0) return;
    // Written down before it is there, and taken off only afterwards.
    await this.#marked.change((marked) => fresh.forEach(([id]) => marked.set(`${id}`, true)));
    for (const tabId of over) {
      this.#set.delete(tabId);
      await markTab(tabId, null);
    }
    for (const [tabId, mark] of fresh) {
      this.#set.set(tabId, mark.title);
      await markTab(tabId, mark);
    }
    await this.#marked.change((marked) => over.forEach((id) => marked.delete(`${id}`)));
  }

  /** It went to another page, and its mark went with the page before. */
  async again(tabId: number): Promise<void> {
    const mark = this.#marks.get(tabId);
    if (mark !== undefined) await markTab(tabId, mark);
  }
}

function markOf(names: readonly string[]): TabMark {
  return { text: SHARING, title: `Sharing this tab with ${names.join(', ')}` };
}
