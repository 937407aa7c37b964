import type {
  Clock,
  FileRef,
  Ledger,
  SentFile,
  Sink,
  SinkStore,
  Source,
  SourceStore,
  TransferStore,
} from '../../lib/transfer/ports.ts';
import type { StoredFile, StoredTransfer, TransferHead } from '../../lib/transfer/records.ts';
import type { Dice } from './dice.ts';
import type { World } from './world.ts';

/** How long the disk takes: `none` as a sync access handle, `any` in whatever order. */
export type DiskLatency = 'none' | 'any';

interface Operation {
  readonly effect: () => unknown;
  /** `first`: those of one database happen in order. `any`: each for itself. `none`: only reads. */
  readonly atCrash: 'first' | 'any' | 'none';
}

/**
 * One life of a process: what it asked of the world while it lived. After the crash nothing it
 * awaits is ever answered and nothing it says is heard, as with a killed browser.
 */
export class Life {
  alive = true;
  readonly world: World;
  readonly #latency: DiskLatency;
  readonly #timers = new Set<() => void>();
  readonly #pending = new Set<Operation>();
  /** Sources this life opened and has not closed. */
  readonly sources = new Set<Source>();

  constructor(world: World, latency: DiskLatency) {
    this.world = world;
    this.#latency = latency;
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** What was asked of the disk and not answered may have happened or not. */
  crash(dice: Dice): void {
    this.alive = false;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    const pending = [...this.#pending];
    this.#pending.clear();
    const ordered = pending.filter(({ atCrash }) => atCrash === 'first');
    const inTime = ordered.slice(0, dice.int(ordered.length + 1));
    const lucky = pending.filter(({ atCrash }) => atCrash === 'any' && dice.chance(0.5));
    for (const { effect } of [...inTime, ...lucky]) void attempt(effect).catch(() => undefined);
  }

  /** @param queue those of one queue happen in order */
  operation<T>(
    effect: () => T | Promise<T>,
    atCrash: Operation['atCrash'],
    queue: string | null = null,
  ): Promise<T> {
    if (!this.alive) return never();
    const operation = { effect, atCrash };
    this.#pending.add(operation);
    return new Promise((resolve, reject) => {
      const run = () => {
        if (!this.alive) return;
        this.#pending.delete(operation);
        attempt(effect).then(
          (value) => this.alive && resolve(value),
          (error: unknown) => this.alive && reject(error as Error),
        );
      };
      if (queue !== null) this.world.inOrder(queue, run);
      else if (this.#latency === 'any') this.world.soon(run);
      else run();
    });
  }

  clock(): Clock {
    return {
      now: () => this.world.now(),
      after: (ms, task) => {
        if (!this.alive) return () => undefined;
        const cancel = () => {
          this.#timers.delete(cancel);
          stop();
        };
        const stop = this.world.after(ms, () => {
          this.#timers.delete(cancel);
          if (this.alive) task();
        });
        this.#timers.add(cancel);
        return cancel;
      },
    };
  }

  /** @param onWritten bytes of a file are on the disk from now on */
  sinkStore(
    store: SinkStore,
    onWritten: (transferId: string, fileId: number, offset: number) => void,
  ): SinkStore {
    return {
      open: async (transferId, fileId, size) =>
        this.#sink(
          await this.operation(() => store.open(transferId, fileId, size), 'none'),
          (offset) => onWritten(transferId, fileId, offset),
        ),
      openJournal: async (transferId, fileId) =>
        this.#sink(
          await this.operation(() => store.openJournal(transferId, fileId), 'none'),
          () => undefined,
        ),
      remove: (transferId, fileId) => this.operation(() => store.remove(transferId, fileId), 'any'),
      sweep: (keep) => this.operation(() => store.sweep(keep), 'any'),
      freeBytes: () => this.operation(() => store.freeBytes(), 'none'),
    };
  }

  #sink(sink: Sink, onWritten: (offset: number) => void): Sink {
    const write = (offset: number, bytes: Uint8Array): void => {
      void sink.write(offset, bytes);
      onWritten(offset);
    };
    if (this.#latency === 'none') {
      // Synchronous, as in a worker. A dead process has no hands: what it still does is nothing.
      return {
        write: (offset, bytes) => (this.alive ? write(offset, bytes) : never<void>()),
        read: (offset, into) => (this.alive ? sink.read(offset, into) : never<number>()),
        flush: () => (this.alive ? sink.flush() : never<void>()),
        close: () => (this.alive ? sink.close() : never<void>()),
      };
    }
    return {
      write: (offset, bytes) => this.operation(() => write(offset, bytes), 'any'),
      read: (offset, into) => this.operation(() => sink.read(offset, into), 'none'),
      flush: () => this.operation(() => sink.flush(), 'any'),
      close: () => this.operation(() => sink.close(), 'none'),
    };
  }

  transferStore(store: TransferStore, name: string): TransferStore {
    const write = (effect: () => Promise<void>) => this.operation(effect, 'first', name);
    return {
      list: () => this.operation(() => store.list(), 'none', name),
      create: (transfer: StoredTransfer) => {
        const copy = structuredClone(transfer);
        return write(() => store.create(copy));
      },
      putHead: (head: TransferHead) => {
        const copy = structuredClone(head);
        return write(() => store.putHead(copy));
      },
      putFile: (transferId: string, file: StoredFile) => {
        const copy = structuredClone(file);
        return write(() => store.putFile(transferId, copy));
      },
      putFiles: (transferId: string, files: readonly StoredFile[]) => {
        const copies = structuredClone(files);
        return write(() => store.putFiles(transferId, copies));
      },
      remove: (transferId: string) => write(() => store.remove(transferId)),
    };
  }

  sourceStore(store: SourceStore): SourceStore {
    return {
      open: async (file: FileRef) => {
        const { source, modified } = await this.operation(() => store.open(file), 'none');
        return { source: this.source(source), modified };
      },
      move: (from: FileRef, to: FileRef) => this.operation(() => store.move(from, to), 'any'),
      release: (transferId: string) => this.operation(() => store.release(transferId), 'any'),
    };
  }

  source(source: Source): Source {
    const own: Source = {
      size: source.size,
      read: (offset, into) => this.operation(() => source.read(offset, into), 'none'),
      close: () => {
        if (!this.sources.delete(own)) throw new Error('a source is closed once');
        return source.close?.();
      },
    };
    this.sources.add(own);
    return own;
  }

  ledger<T extends Ledger>(ledger: T): Ledger {
    return {
      sent: (deviceId: string, file: SentFile) =>
        this.operation(() => ledger.sent(deviceId, file), 'none'),
      putSent: (...parameters: Parameters<Ledger['putSent']>) =>
        this.operation(() => ledger.putSent(...parameters), 'any'),
      received: (...parameters: Parameters<Ledger['received']>) =>
        this.operation(() => ledger.received(...parameters), 'none'),
      putReceived: (...parameters: Parameters<Ledger['putReceived']>) =>
        this.operation(() => ledger.putReceived(...parameters), 'any'),
      forget: (deviceId: string) => this.operation(() => ledger.forget(deviceId), 'any'),
    };
  }
}

async function attempt<T>(effect: () => T | Promise<T>): Promise<T> {
  return effect();
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
