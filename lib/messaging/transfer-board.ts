import type { OffscreenTransfer } from './background-calls.ts';
import type { TransferKind } from '../protocol/kinds.ts';
import { displayText } from '../protocol/names.ts';
import type { TransferSnapshot } from '../transfer/records.ts';
import type { ReceiveState as EngineReceiveState } from '../transfer/states.ts';
import type { ReceiveState } from './snapshot.ts';
import { Speed } from './speed.ts';

/** Longest title kept of a text, characters. */
const TITLE_LENGTH = 120;

/** What is known of a transfer before the engine has it, and what the engine need not know. */
interface Draft {
  readonly transferId: string;
  readonly deviceId: string;
  readonly kind: TransferKind;
  readonly title: string;
  readonly createdAt: number;
  readonly note?: string;
  /** Set when it ended before the engine got it. */
  readonly ended?:
    | { readonly state: 'failed'; readonly reason: string; readonly at: number }
    | { readonly state: 'cancelled'; readonly at: number };
}

/** Everything that moves through this document, as views see it. */
export class TransferBoard {
  readonly #drafts = new Map<string, Draft>();
  readonly #snapshots = new Map<string, TransferSnapshot>();
  readonly #speeds = new Map<string, Speed>();
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
    this.#measure(snapshot);
    this.#changed();
  }

  remove(transferId: string): void {
    this.#drafts.delete(transferId);
    this.#snapshots.delete(transferId);
    this.#speeds.delete(transferId);
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
    for (const snapshot of this.#snapshots.values()) if (!ended(snapshot)) return true;
    for (const draft of this.#drafts.values())
      if (!draft.ended && !this.#snapshots.has(draft.transferId)) return true;
    return false;
  }

  /** True when a transfer with that device needs a connection to go on. */
  waitsFor(deviceId: string): boolean {
    return [...this.#snapshots.values()].some(
      (snapshot) =>
        snapshot.deviceId === deviceId &&
        (snapshot.direction === 'send' ? !ended(snapshot) : interrupted(snapshot)),
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
    const rate = this.#speeds.get(snapshot.transferId)?.at(this.#monotonic()) ?? null;
    const draft = this.#drafts.get(snapshot.transferId);
    const reason = reasonOf(snapshot);
    // Not the peer's note: a view takes this for the code of a sentence of this side.
    const note = draft?.note;
    const base = {
      transferId: snapshot.transferId,
      deviceId: snapshot.deviceId,
      kind: snapshot.kind,
      title: draft?.title ?? snapshot.files[0]?.path ?? '',
      count: snapshot.count,
      totalBytes: snapshot.totalBytes,
      doneBytes: snapshot.doneBytes,
      createdAt: draft?.createdAt ?? snapshot.createdAt,
      ...(reason !== undefined && { reason }),
      ...(snapshot.state.type === 'paused' && { pausedBy: snapshot.state.by }),
      ...(rate !== null && { bytesPerSecond: Math.round(rate) }),
      ...(snapshot.endedAt !== null && { endedAt: snapshot.endedAt }),
      ...(snapshot.firstByteAt !== null && { firstByteAt: snapshot.firstByteAt }),
      ...(note !== undefined && { note }),
    };
    return snapshot.direction === 'send'
      ? { ...base, direction: 'out', state: snapshot.state.type }
      : { ...base, direction: 'in', state: receiveView(snapshot.state) };
  }
}

function viewOfDraft(draft: Draft): OffscreenTransfer {
  const { transferId, deviceId, kind, title, createdAt, note, ended: end } = draft;
  return {
    transferId,
    deviceId,
    kind,
    title,
    createdAt,
    count: 1,
    totalBytes: 0,
    doneBytes: 0,
    direction: 'out',
    state: end?.state ?? 'preparing',
    ...(note !== undefined && { note }),
    ...(end && { endedAt: end.at }),
    ...(end?.state === 'failed' && { reason: end.reason }),
  };
}

/** Views know one state that needs a person; the reason says what. */
function receiveView({ type }: EngineReceiveState): ReceiveState {
  return type === 'needs-room' ? 'needs-you' : type;
}

function reasonOf({ state }: TransferSnapshot): string | undefined {
  if (state.type === 'needs-room') return 'make-room';
  if ('reason' in state) return state.reason;
  return state.type === 'needs-you' ? state.what : undefined;
}

/** [TR12] Received in part, and the rest comes only over another connection. */
function interrupted({ state }: TransferSnapshot): boolean {
  return state.type === 'paused' && state.by === 'connection';
}

function ended({ state }: TransferSnapshot): boolean {
  switch (state.type) {
    case 'delivered':
    case 'saved':
    case 'declined':
    case 'failed':
    case 'cancelled':
    case 'expired':
      return true;
    default:
      return false;
  }
}
