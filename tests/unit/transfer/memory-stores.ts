import { SinkError, SourceError } from '../../../lib/transfer/errors.ts';
import type {
  Clock,
  FileRef,
  Ledger,
  OpenedSource,
  SentContent,
  SentFile,
  Sink,
  SinkStore,
  Source,
  SourceStore,
  TransferStore,
} from '../../../lib/transfer/ports.ts';
import type { StoredFile, StoredTransfer, TransferHead } from '../../../lib/transfer/records.ts';

/** Numbers from 0 up to 1, of a seeded generator where a test must be repeatable. */
export type Dice = () => number;

export class MemorySource implements Source {
  readonly size: number;
  closed = 0;
  reads = 0;
  readonly bytes: Uint8Array;
  /** Asked before each read; throws what the file throws from then on. */
  readonly #check: (() => void) | null;

  constructor(bytes: Uint8Array, check: (() => void) | null = null) {
    this.bytes = bytes;
    this.size = bytes.length;
    this.#check = check;
  }

  async read(offset: number, into: Uint8Array): Promise<number> {
    this.reads++;
    await Promise.resolve();
    this.#check?.();
    const part = this.bytes.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  }

  close(): void {
    this.closed++;
  }
}

/** One file on the sender's disk. What was opened before it changed can be read no more, as a `File`. */
export class MemoryOriginal {
  bytes: Uint8Array;
  modified: number;
  /** What opening and reading throw; null while all is well. */
  trouble: 'source-unreadable' | 'needs-permission' | 'choose-again' | null = null;
  readonly opened: MemorySource[] = [];
  #version = 0;

  constructor(bytes: Uint8Array, modified = 0) {
    this.bytes = bytes;
    this.modified = modified;
  }

  change(bytes: Uint8Array, modified = this.modified + 1): void {
    this.bytes = bytes;
    this.modified = modified;
    this.#version++;
  }

  open(): MemorySource {
    if (this.trouble !== null) throw new SourceError(this.trouble);
    const version = this.#version;
    const source = new MemorySource(this.bytes, () => {
      if (this.trouble !== null) throw new SourceError('source-unreadable');
      if (this.#version !== version) throw new SourceError('source-changed');
    });
    this.opened.push(source);
    return source;
  }
}

export class MemorySourceStore implements SourceStore {
  readonly files = new Map<string, MemoryOriginal>();
  /** Every name that any of them ever had. */
  readonly everything = new Map<string, MemoryOriginal>();
  readonly released: string[] = [];

  static key({ transferId, fileId }: FileRef): string {
    return `${transferId}/${fileId}`;
  }

  /** Writes down where the bytes are, as whoever calls `Engine.send` does before. */
  put(ref: FileRef, original: MemoryOriginal): void {
    this.files.set(MemorySourceStore.key(ref), original);
    this.everything.set(MemorySourceStore.key(ref), original);
  }

  async open(ref: FileRef): Promise<OpenedSource> {
    await Promise.resolve();
    const original = this.files.get(MemorySourceStore.key(ref));
    if (original === undefined) throw new SourceError('source-unreadable', 'nothing was kept');
    return { source: original.open(), modified: original.modified };
  }

  async move(from: FileRef, to: FileRef): Promise<void> {
    await Promise.resolve();
    const original = this.files.get(MemorySourceStore.key(from));
    if (original === undefined) return;
    this.files.delete(MemorySourceStore.key(from));
    this.put(to, original);
  }

  async release(transferId: string): Promise<void> {
    await Promise.resolve();
    this.released.push(transferId);
    for (const key of [...this.files.keys()]) {
      if (key.startsWith(`${transferId}/`)) this.files.delete(key);
    }
  }
}

export class MemoryLedger implements Ledger {
  readonly sentContents = new Map<string, SentContent>();
  readonly receivedFiles = new Map<string, FileRef>();

  sent(deviceId: string, file: SentFile): Promise<SentContent | null> {
    return Promise.resolve(this.sentContents.get(sentKey(deviceId, file)) ?? null);
  }

  putSent(deviceId: string, file: SentFile, content: SentContent): Promise<void> {
    this.sentContents.set(sentKey(deviceId, file), { ...content });
    return Promise.resolve();
  }

  received(deviceId: string, root: string, size: number): Promise<FileRef | null> {
    return Promise.resolve(this.receivedFiles.get(`${deviceId}|${root}|${size}`) ?? null);
  }

  putReceived(deviceId: string, root: string, size: number, file: FileRef): Promise<void> {
    const { transferId, fileId } = file;
    this.receivedFiles.set(`${deviceId}|${root}|${size}`, { transferId, fileId });
    return Promise.resolve();
  }

  forget(deviceId: string): Promise<void> {
    for (const map of [this.sentContents, this.receivedFiles]) {
      for (const key of [...map.keys()]) if (key.startsWith(`${deviceId}|`)) map.delete(key);
    }
    return Promise.resolve();
  }
}

function sentKey(deviceId: string, { path, size, modified }: SentFile): string {
  return `${deviceId}|${size}|${modified}|${path}`;
}

/** A write that no flush has followed: a crash may keep, lose or tear it. */
interface Unflushed {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly before: Uint8Array;
  readonly lengthBefore: number;
}

/** Bytes that grow as they are written, as a file does. */
export class MemoryFile {
  bytes = new Uint8Array(0);
  open = 0;
  #unflushed: Unflushed[] = [];

  write(offset: number, bytes: Uint8Array): void {
    this.#unflushed.push({
      offset,
      bytes: bytes.slice(),
      before: this.bytes.slice(offset, offset + bytes.length),
      lengthBefore: this.bytes.length,
    });
    this.#put(offset, bytes);
  }

  flush(): void {
    this.#unflushed = [];
  }

  /** What was not flushed is there, not there, or there in part, each write for itself. */
  crash(dice: Dice): void {
    const writes = this.#unflushed;
    for (const { offset, before, lengthBefore } of writes.toReversed()) {
      this.bytes.set(before, offset);
      this.bytes = this.bytes.slice(0, lengthBefore);
    }
    for (const { offset, bytes } of writes) {
      const fate = dice();
      if (fate < 0.4) this.#put(offset, bytes);
      else if (fate < 0.7) this.#put(offset, bytes.subarray(0, Math.floor(dice() * bytes.length)));
    }
    this.#unflushed = [];
    this.open = 0;
  }

  #put(offset: number, bytes: Uint8Array): void {
    if (offset + bytes.length > this.bytes.length) {
      const grown = new Uint8Array(offset + bytes.length);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes.set(bytes, offset);
  }
}

export class MemorySinkStore implements SinkStore {
  readonly files = new Map<string, MemoryFile>();
  readonly journals = new Map<string, MemoryFile>();
  /** Bytes that more can be written; a write beyond the end of a file takes of it. */
  free = 1e15;
  flushes = 0;
  /** Reads of files, and of journals. */
  reads = 0;
  /** Called on each write, before it; may change or refuse it. */
  onWrite: ((key: string, offset: number, bytes: Uint8Array) => Uint8Array) | null = null;
  /** Raised by a crash: handles of before are dead. */
  #life = 0;

  static key(transferId: string, fileId: number): string {
    return `${transferId}/${fileId}`;
  }

  open(transferId: string, fileId: number, _size: number): Promise<Sink> {
    const key = MemorySinkStore.key(transferId, fileId);
    return this.#open(this.files, key, (offset, bytes) => {
      return this.onWrite?.(key, offset, bytes) ?? bytes;
    });
  }

  openJournal(transferId: string, fileId: number): Promise<Sink> {
    return this.#open(this.journals, MemorySinkStore.key(transferId, fileId), (_, bytes) => bytes);
  }

  remove(transferId: string, fileId?: number): Promise<void> {
    for (const files of [this.files, this.journals]) {
      for (const [key, file] of files) {
        const matches =
          fileId === undefined
            ? key.startsWith(`${transferId}/`)
            : key === MemorySinkStore.key(transferId, fileId);
        if (!matches) continue;
        if (file.open > 0) return Promise.reject(new SinkError('sink-failed', 'still open'));
        files.delete(key);
        this.free += file.bytes.length;
      }
    }
    return Promise.resolve();
  }

  sweep(keep: ReadonlySet<string>): Promise<void> {
    for (const key of [...this.files.keys(), ...this.journals.keys()]) {
      const [transferId = ''] = key.split('/');
      // One that is still open is left for the next time.
      if (!keep.has(transferId)) this.remove(transferId).catch(() => undefined);
    }
    return Promise.resolve();
  }

  freeBytes(): Promise<number> {
    return Promise.resolve(this.free);
  }

  content(transferId: string, fileId: number): Uint8Array | undefined {
    return this.files.get(MemorySinkStore.key(transferId, fileId))?.bytes;
  }

  journal(transferId: string, fileId: number): Uint8Array | undefined {
    return this.journals.get(MemorySinkStore.key(transferId, fileId))?.bytes;
  }

  get openHandles(): number {
    return [...this.files.values(), ...this.journals.values()].filter(({ open }) => open > 0)
      .length;
  }

  /** The machine dies: what was not flushed may be lost or torn, and every handle is dead. */
  crash(dice: Dice): void {
    this.#life++;
    for (const file of [...this.files.values(), ...this.journals.values()]) {
      const before = file.bytes.length;
      file.crash(dice);
      this.free += before - file.bytes.length;
    }
  }

  #open(
    files: Map<string, MemoryFile>,
    key: string,
    change: (offset: number, bytes: Uint8Array) => Uint8Array,
  ): Promise<Sink> {
    const file = files.get(key) ?? new MemoryFile();
    files.set(key, file);
    // A sync access handle is exclusive: a second one on the same file is refused.
    if (file.open > 0) return Promise.reject(new SinkError('sink-failed', 'already open'));
    file.open++;
    const life = this.#life;
    let state: 'open' | 'closed' = 'open';
    const assertOpen = (): void => {
      if (state === 'closed' || life !== this.#life) throw new SinkError('sink-failed', 'closed');
    };
    return Promise.resolve({
      write: (offset, bytes) => {
        assertOpen();
        const written = change(offset, bytes);
        const more = Math.max(0, offset + written.length - file.bytes.length);
        if (more > this.free) throw new SinkError('no-space');
        this.free -= more;
        file.write(offset, written);
      },
      read: (offset, into) => {
        assertOpen();
        this.reads++;
        const part = file.bytes.subarray(offset, offset + into.length);
        into.set(part);
        return part.length;
      },
      flush: () => {
        assertOpen();
        this.flushes++;
        file.flush();
      },
      close: () => {
        if (state === 'closed' || life !== this.#life) return;
        state = 'closed';
        file.open = 0;
      },
    });
  }
}

export class MemoryTransferStore implements TransferStore {
  readonly transfers = new Map<string, StoredTransfer>();
  /** While set, writes wait for it. */
  hold: Promise<void> | null = null;
  /** Writes that have not resolved, in order. */
  #pending: (() => void)[] = [];

  /** Writes wait from now on; the answer lets them through. */
  holdWrites(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.hold = promise;
    return () => {
      this.hold = null;
      resolve();
    };
  }

  list(): Promise<readonly StoredTransfer[]> {
    return Promise.resolve(structuredClone([...this.transfers.values()]));
  }

  create(transfer: StoredTransfer): Promise<void> {
    const copy = structuredClone(transfer);
    return this.#write(() => this.transfers.set(copy.head.transferId, copy));
  }

  putHead(head: TransferHead): Promise<void> {
    const copy = structuredClone(head);
    return this.#write(() => {
      const old = this.transfers.get(copy.transferId);
      if (old !== undefined) {
        this.transfers.set(copy.transferId, { head: copy, files: old.files });
      }
    });
  }

  putFile(transferId: string, file: StoredFile): Promise<void> {
    const copy = structuredClone(file);
    return this.#write(() => {
      const old = this.transfers.get(transferId);
      if (old === undefined) return;
      const files = old.files.map((each) => (each.fileId === copy.fileId ? copy : each));
      this.transfers.set(transferId, { head: old.head, files });
    });
  }

  putFiles(transferId: string, files: readonly StoredFile[]): Promise<void> {
    const copies = structuredClone(files);
    return this.#write(() => {
      const old = this.transfers.get(transferId);
      if (old === undefined) return;
      const byId = new Map(old.files.map((file) => [file.fileId, file]));
      for (const file of copies) byId.set(file.fileId, file);
      const all = [...byId.values()].sort((a, b) => a.fileId - b.fileId);
      this.transfers.set(transferId, { head: old.head, files: all });
    });
  }

  remove(transferId: string): Promise<void> {
    return this.#write(() => this.transfers.delete(transferId));
  }

  /** The machine dies: of the writes that have not resolved, the first few were in time. */
  crash(dice: Dice): void {
    const inTime = Math.floor(dice() * (this.#pending.length + 1));
    const pending = this.#pending;
    this.#pending = [];
    for (const apply of pending.slice(0, inTime)) apply();
  }

  async #write(apply: () => void): Promise<void> {
    this.#pending.push(apply);
    await this.hold;
    const at = this.#pending.indexOf(apply);
    // A crash has decided about it: whoever waits for the answer is dead.
    if (at < 0) return new Promise(() => undefined);
    this.#pending.splice(at, 1);
    apply();
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
