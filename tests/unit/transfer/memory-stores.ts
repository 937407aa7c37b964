import { SinkError } from '../../../lib/transfer/errors.ts';
import type { Clock, Sink, SinkStore, Source, TransferStore } from '../../../lib/transfer/ports.ts';
import type { StoredFile, StoredTransfer, TransferHead } from '../../../lib/transfer/records.ts';

export class MemorySource implements Source {
  readonly size: number;
  closed = 0;
  reads = 0;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.size = bytes.length;
  }

  async read(offset: number, into: Uint8Array): Promise<number> {
    this.reads++;
    await Promise.resolve();
    const part = this.bytes.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  }

  close(): void {
    this.closed++;
  }
}

/** Bytes that grow as they are written, as a file does. */
export class MemoryFile {
  bytes = new Uint8Array(0);
  open = 0;
}

export class MemorySinkStore implements SinkStore {
  readonly files = new Map<string, MemoryFile>();
  free = 1e15;
  flushes = 0;
  /** Called on each write, before it; may change or refuse it. */
  onWrite: ((key: string, offset: number, bytes: Uint8Array) => Uint8Array) | null = null;

  static key(transferId: string, fileId: number): string {
    return `${transferId}/${fileId}`;
  }

  open(transferId: string, fileId: number, _size: number): Promise<Sink> {
    const key = MemorySinkStore.key(transferId, fileId);
    const file = this.files.get(key) ?? new MemoryFile();
    this.files.set(key, file);
    // A sync access handle is exclusive: a second one on the same file is refused.
    if (file.open > 0) return Promise.reject(new SinkError('sink-failed', 'already open'));
    file.open++;
    const write = (offset: number, bytes: Uint8Array): void => {
      if (file.open === 0) throw new SinkError('sink-failed', 'closed');
      const written = this.onWrite?.(key, offset, bytes) ?? bytes;
      if (offset + written.length > file.bytes.length) {
        const grown = new Uint8Array(offset + written.length);
        grown.set(file.bytes);
        file.bytes = grown;
      }
      file.bytes.set(written, offset);
    };
    return Promise.resolve({
      write,
      read: (offset, into) => {
        if (file.open === 0) throw new SinkError('sink-failed', 'closed');
        const part = file.bytes.subarray(offset, offset + into.length);
        into.set(part);
        return part.length;
      },
      flush: () => {
        this.flushes++;
      },
      close: () => {
        file.open = 0;
      },
    });
  }

  remove(transferId: string, fileId?: number): Promise<void> {
    for (const [key, file] of this.files) {
      const matches =
        fileId === undefined
          ? key.startsWith(`${transferId}/`)
          : key === MemorySinkStore.key(transferId, fileId);
      if (!matches) continue;
      if (file.open > 0) return Promise.reject(new SinkError('sink-failed', 'still open'));
      this.files.delete(key);
    }
    return Promise.resolve();
  }

  freeBytes(): Promise<number> {
    return Promise.resolve(this.free);
  }

  content(transferId: string, fileId: number): Uint8Array | undefined {
    return this.files.get(MemorySinkStore.key(transferId, fileId))?.bytes;
  }
}

export class MemoryTransferStore implements TransferStore {
  readonly transfers = new Map<string, StoredTransfer>();
  /** While set, writes wait for it. */
  hold: Promise<void> | null = null;

  list(): Promise<readonly StoredTransfer[]> {
    return Promise.resolve(structuredClone([...this.transfers.values()]));
  }

  async create(transfer: StoredTransfer): Promise<void> {
    await this.hold;
    this.transfers.set(transfer.head.transferId, structuredClone(transfer));
  }

  async putHead(head: TransferHead): Promise<void> {
    await this.hold;
    const old = this.transfers.get(head.transferId);
    if (old !== undefined) {
      this.transfers.set(head.transferId, structuredClone({ head, files: old.files }));
    }
  }

  async putFile(transferId: string, file: StoredFile): Promise<void> {
    await this.hold;
    const old = this.transfers.get(transferId);
    if (old === undefined) return;
    const files = old.files.map((each) => (each.fileId === file.fileId ? file : each));
    this.transfers.set(transferId, structuredClone({ head: old.head, files }));
  }

  async remove(transferId: string): Promise<void> {
    await this.hold;
    this.transfers.delete(transferId);
  }
}

/** Time stands still until the test moves it. */
export class FakeClock implements Clock {
  #now: number;
  readonly #timers = new Set<{ at: number; task: () => void }>();

  constructor(now = 1_800_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.#now + ms, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get pending(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end);
      const next = due.sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
    }
    this.#now = end;
  }
}
