import type { FileView, Snapshot, TransferView, ViewUpdate } from '../../lib/messaging/snapshot.ts';

/** Progress reaches views at most this often; every other change at once. */
const PROGRESS_INTERVAL_MS = 250;

/** The part of `runtime.Port` that a view is reached by. */
export interface ViewPortLike {
  postMessage(message: unknown): void;
}

type Parts = Omit<Snapshot, 'version'>;

/** Publishes one snapshot to every open view: all of it on connect, then the parts that changed. */
export class SnapshotHub {
  readonly #read: () => Snapshot;
  readonly #views = new Set<ViewPortLike>();
  #published: Snapshot | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #scheduled = false;

  constructor(read: () => Snapshot) {
    this.#read = read;
  }

  attach(view: ViewPortLike): void {
    // Those that are there get what is new first, so that all views hold the same snapshot.
    this.#publish();
    this.#views.add(view);
    this.#published = this.#read();
    this.#post(view, { type: 'full', snapshot: this.#published });
  }

  detach(view: ViewPortLike): void {
    this.#views.delete(view);
  }

  /** Something that the snapshot shows may have changed. Cheap to call often. */
  changed(): void {
    if (this.#scheduled || this.#views.size === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      const parts = this.#changes();
      if (!parts) return;
      if (!this.#published || !isProgress(this.#published, parts)) return this.#publish();
      this.#timer ??= setTimeout(() => this.#publish(), PROGRESS_INTERVAL_MS);
    });
  }

  #publish(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const parts = this.#changes();
    if (!parts || !this.#published) return;
    this.#published = { ...this.#published, ...parts };
    for (const view of [...this.#views]) this.#post(view, { type: 'change', parts });
  }

  /** @returns undefined when nothing changed since it was last published. */
  #changes(): Partial<Parts> | undefined {
    const published = this.#published;
    if (!published) return undefined;
    const { version: _version, ...current } = this.#read();
    const changed = Object.entries(current).filter(
      ([key, value]) => !sameValue(value, published[key as keyof Snapshot]),
    );
    return changed.length === 0 ? undefined : (Object.fromEntries(changed) as Partial<Parts>);
  }

  #post(view: ViewPortLike, update: ViewUpdate): void {
    try {
      view.postMessage(update);
    } catch {
      // Closed between two events; its `onDisconnect` is on the way.
      this.#views.delete(view);
    }
  }
}

function isProgress(published: Snapshot, parts: Partial<Parts>): boolean {
  if (Object.keys(parts).some((key) => key !== 'transfers' && key !== 'outbox')) return false;
  const { transfers = published.transfers } = parts;
  return sameValue(transfers.map(still), published.transfers.map(still));
}

/** Without what changes with every chunk, and with every small file. */
function still(transfer: TransferView): object {
  const {
    doneBytes: _doneBytes,
    doneFiles: _doneFiles,
    wireBytes: _wireBytes,
    bytesPerSecond: _bytesPerSecond,
    files = [],
    ...rest
  } = transfer;
  return { ...rest, files: files.flatMap(stillFile) };
}

/** Files come and go by the hundred a second; what a person did to one shows at once. */
function stillFile({ fileId, state, pausedBy, reason }: FileView): object[] {
  const passing = state === 'waiting' || state === 'transferring' || state === 'verifying';
  return passing || DONE.has(state) ? [] : [{ fileId, state, pausedBy, reason }];
}

const DONE: ReadonlySet<FileView['state']> = new Set(['delivered', 'stored', 'saving', 'saved']);

/** Both were built by the same code, so their keys are in the same order. */
function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
