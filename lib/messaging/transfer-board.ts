import type { OffscreenTransfer } from './background-calls.ts';
import { displayText } from '../protocol/names.ts';
import type { TransferSnapshot } from '../transfer/records.ts';
import { Speed } from './speed.ts';
import { hasEnded, viewOf, viewOfDraft, type Draft } from './transfer-views.ts';

/** Longest title kept of a text, characters. */
export const TITLE_LENGTH = 120;

/** Everything that moves through this document, as views see it. */
export class TransferBoard {
  readonly #drafts = new Map<string, Draft>();
  readonly #snapshots = new Map<string, TransferSnapshot>();
  readonly #speeds = new Map<string, Speed>();
  /** What a transfer is called, however the list of its files moves on. */
  readonly #titles = new Map<string, string>();
  readonly #changed: () => void;
  readonly #monotonic: () => number;

  constructor(changed: () => void, monotonic: () => number = () => performance.now()) {
    this.#changed = changed;
    this.#monotonic = monotonic;
  }

  draft(draft: Draft): void {
    const title = displayText(draft.title, TITLE_LENGTH);
    this.#drafts.set(draft.transferId, { ...draft, title });
    this.#changed();
  }

  /** Adds to what a draft says, e.g. that a link went in place of the bytes. */
  amend(transferId: string, change: Partial<Pick<Draft, 'kind' | 'title' | 'note'>>): void {
    const draft = this.#drafts.get(transferId);
    if (draft) this.draft({ ...draft, ...change });
  }

  fail(transferId: string, reason: string): void {
    const draft = this.#drafts.get(transferId);
    if (draft) this.draft({ ...draft, ended: { state: 'failed', reason, at: Date.now() } });
  }

  /** A person took it back before the engine got it. */
  cancelled(transferId: string): void {
    const draft = this.#drafts.get(transferId);
    if (draft) this.draft({ ...draft, ended: { state: 'cancelled', at: Date.now() } });
  }

  /** A received text's beginning, for its title. */
  setTitle(transferId: string, title: string): void {
    const snapshot = this.#snapshots.get(transferId);
    if (!snapshot) return;
    const { deviceId, kind, createdAt } = snapshot;
    this.draft({ transferId, deviceId, kind, createdAt, title });
  }

  update(snapshot: TransferSnapshot): void {
    this.#snapshots.set(snapshot.transferId, snapshot);
    const title = snapshot.title ?? snapshot.files[0]?.path;
    if (title !== undefined && !this.#titles.has(snapshot.transferId))
      this.#titles.set(snapshot.transferId, title);
    this.#measure(snapshot);
    this.#changed();
  }

  remove(transferId: string): void {
    this.#drafts.delete(transferId);
    this.#snapshots.delete(transferId);
    this.#speeds.delete(transferId);
    this.#titles.delete(transferId);
    this.#changed();
  }

  has(transferId: string): boolean {
    return this.#snapshots.has(transferId) || this.#drafts.has(transferId);
  }

  /** The kind and state of one transfer, where the engine has it. */
  snapshot(transferId: string): TransferSnapshot | undefined {
    return this.#snapshots.get(transferId);
  }

  /** True while anything is under way. */
  busy(): boolean {
    for (const snapshot of this.#snapshots.values()) if (!hasEnded(snapshot)) return true;
    for (const draft of this.#drafts.values())
      if (!draft.ended && !this.#snapshots.has(draft.transferId)) return true;
    return false;
  }

  /** True when a transfer with that device needs a connection to go on. */
  waitsFor(deviceId: string): boolean {
    return [...this.#snapshots.values()].some(
      (snapshot) =>
        snapshot.deviceId === deviceId &&
        (snapshot.direction === 'send' ? !hasEnded(snapshot) : interrupted(snapshot)),
    );
  }

  /** Newest first. */
  views(): OffscreenTransfer[] {
    const views = [...this.#snapshots.values()].map((snapshot) => this.#viewOf(snapshot));
    for (const draft of this.#drafts.values())
      if (!this.#snapshots.has(draft.transferId)) views.push(viewOfDraft(draft));
    return views.sort((a, b) => b.createdAt - a.createdAt);
  }

  #measure({ transferId, state, doneBytes }: TransferSnapshot): void {
    if (state.type !== 'transferring') {
      this.#speeds.delete(transferId);
      return;
    }
    const speed = this.#speeds.get(transferId) ?? new Speed();
    this.#speeds.set(transferId, speed);
    speed.add(this.#monotonic(), doneBytes);
  }

  #viewOf(snapshot: TransferSnapshot): OffscreenTransfer {
    const { transferId } = snapshot;
    return viewOf(snapshot, {
      draft: this.#drafts.get(transferId),
      title: this.#titles.get(transferId) ?? '',
      bytesPerSecond: this.#speeds.get(transferId)?.at(this.#monotonic()) ?? null,
    });
  }
}

/** [TR12] Received in part, and the rest comes only over another connection. */
function interrupted({ state }: TransferSnapshot): boolean {
  return state.type === 'paused' && state.by === 'connection';
}
