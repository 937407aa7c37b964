/**
 * Copies of what waits to be sent, and the quota that they share. Nothing that is copied makes room
 * for something else: what there is no room for is not kept, and told.
 */
import type { FileRef } from '../transfer/ports.ts';
import type { TransferSnapshot } from '../transfer/records.ts';
import { CopyQueue, type CopyJob } from './copy-queue.ts';
import { MAX_COPY_BYTES, MAX_DATABASE_COPY_BYTES, outboxQuota } from './outbox-limits.ts';
import { keyOf, type SourceRecord } from './outbox-records.ts';
import type { Freed, OutboxStore } from './outbox-store.ts';
import { removeSpooled, SpoolCopy } from './spool.ts';

export type OutboxReport =
  | {
      readonly type: 'outbox';
      readonly outbox: { readonly usedBytes: number; readonly quotaBytes: number };
    }
  /** Files of it would have to be chosen again after a restart. */
  | { readonly type: 'not-kept'; readonly transferId: string };

export interface OutboxCopiesDeps {
  readonly store: OutboxStore;
  /** What is copied; undefined when it is not at hand any more. */
  readonly held: (file: FileRef) => Blob | undefined;
  readonly report: (report: OutboxReport) => void;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Copies that are kept open to be read from: each is an open file of the browser's. */
const MAX_OPEN_COPIES = 4;

export class OutboxCopies {
  readonly #deps: OutboxCopiesDeps;
  readonly #queue: CopyQueue;
  /** Copies of files that are being sent, by `CopyRef.id`: the oldest first. */
  readonly #open = new Map<string, SpoolCopy>();
  /** Bytes of copies that are there. */
  #used = 0;
  /** Bytes of each copy that is still to be made, and their sum. */
  readonly #reserved = new Map<string, number>();
  #reservedBytes = 0;
  #quota: Promise<number> | undefined;

  constructor(deps: OutboxCopiesDeps) {
    this.#deps = deps;
    this.#queue = new CopyQueue({
      copy: (jobs, pace, signal) => this.#copy(jobs, pace, signal),
      now: deps.now,
      sleep: deps.sleep,
    });
  }

  /** Copies that were made elsewhere, or are there from an earlier life. */
  add(bytes: number): void {
    this.#used += bytes;
  }

  /** What there is room for is copied when there is time; the rest would not outlive a restart. */
  async plan(records: readonly SourceRecord[]): Promise<void> {
    const addedAt = this.#deps.now();
    const quota = await this.#quotaBytes();
    const jobs: CopyJob[] = [];
    let lost = false;
    for (const { transferId, fileId, size, original } of records) {
      const limit = original ? quota / 2 : quota;
      if (size <= MAX_COPY_BYTES && this.#used + this.#reservedBytes + size <= limit) {
        this.#reserve({ transferId, fileId }, size);
        jobs.push({ transferId, fileId, size, original: original ? 'handle' : 'none', addedAt });
      } else if (!original) lost = true;
    }
    this.#queue.add(jobs);
    const [first] = records;
    if (lost && first) this.#notKept(first);
    await this.tell();
  }

  move(from: FileRef, to: FileRef): void {
    const reserved = this.#reserved.get(keyOf(from));
    this.#unreserve(from);
    if (reserved !== undefined) this.#reserve(to, reserved);
    this.#queue.move(from, to);
  }

  /** Fills `into` from the copy that is made of a file while it is sent; false where it cannot. */
  read(file: FileRef, blob: Blob, offset: number, into: Uint8Array): boolean {
    const copy = this.#open.get(keyOf(file));
    return copy?.of === blob && copy.read(offset, into);
  }

  /** No copy of its files has to be made any more. */
  drop(transferId: string): void {
    for (const job of this.#queue.drop(transferId)) this.#unreserve(job);
  }

  /** Copies whose records are gone. */
  async free({ bytes, spooled }: Freed): Promise<void> {
    this.#used -= bytes;
    for (const id of spooled) {
      this.#closeCopy(id);
      await removeSpooled(id).catch(() => undefined);
    }
    await this.tell();
  }

  observe(snapshot: Pick<TransferSnapshot, 'transferId' | 'state'>): void {
    this.#queue.observe(snapshot);
    this.#closeIfIdle(snapshot.transferId);
  }

  forget(transferId: string): void {
    this.#queue.forget(transferId);
    this.#closeIfIdle(transferId);
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }

  async room(): Promise<number> {
    return (await this.#quotaBytes()) - this.#used - this.#reservedBytes;
  }

  async tell(): Promise<void> {
    const quotaBytes = await this.#quotaBytes();
    this.#deps.report({ type: 'outbox', outbox: { usedBytes: this.#used, quotaBytes } });
  }

  async #copy(
    jobs: readonly CopyJob[],
    pace: (spentMs: number) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const [first] = jobs;
    if (!first) return;
    try {
      if (first.size > MAX_DATABASE_COPY_BYTES) await this.#copyLarge(first, pace, signal);
      else await this.#copySmall(jobs);
    } catch {
      // It changed, or the disk is full. It may be sent all the same while this worker lives.
      if (!signal.aborted && first.original === 'none') this.#notKept(first);
    }
    for (const job of jobs) this.#unreserve(job);
    await this.tell();
  }

  async #copyLarge(
    job: CopyJob,
    pace: (spentMs: number) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const blob = this.#deps.held(job);
    const id = keyOf(job);
    if (!blob) return;
    // Of what was chosen before under this id.
    this.#closeCopy(id);
    const made = await SpoolCopy.begin(id, blob);
    this.#open.set(id, made);
    try {
      await made.fill(pace, signal);
    } catch (error) {
      this.#open.delete(id);
      throw error;
    }
    const { transferId, fileId } = job;
    this.#closeIfIdle(transferId);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MAX_OPEN_COPIES && oldest !== undefined) this.#closeCopy(oldest);
    const [written] = await this.#deps.store.setCopies([
      { transferId, fileId, copy: { where: 'spool', id } },
    ]);
    if (written) this.#used += job.size;
    else {
      this.#closeCopy(id);
      await removeSpooled(id);
    }
  }

  /** Of a transfer that does not move: nobody reads from its copies. */
  #closeIfIdle(transferId: string): void {
    if (this.#queue.moves(transferId)) return;
    for (const id of [...this.#open.keys()]) {
      if (id.startsWith(`${transferId}.`)) this.#closeCopy(id);
    }
  }

  /** One that is still being made stays: what is there of it may be read soon. */
  #closeCopy(id: string): void {
    const copy = this.#open.get(id);
    if (copy?.whole !== true) return;
    this.#open.delete(id);
    copy.close();
  }

  async #copySmall(jobs: readonly CopyJob[]): Promise<void> {
    const read = await Promise.all(
      jobs.map(async (job) => {
        const content = await this.#deps
          .held(job)
          ?.arrayBuffer()
          .catch(() => null);
        // One that changed does not keep the others from being copied.
        if (content === null && job.original === 'none') this.#notKept(job);
        return content && { job, bytes: new Uint8Array(content) };
      }),
    );
    const copies = read.flatMap((one) => one ?? []);
    const written = await this.#deps.store.setCopies(
      copies.map(({ job: { transferId, fileId }, bytes }) => {
        const id = keyOf({ transferId, fileId });
        return { transferId, fileId, bytes, copy: { where: 'database', id } };
      }),
    );
    for (const [i, { job }] of copies.entries()) if (written[i]) this.#used += job.size;
  }

  #notKept({ transferId }: FileRef): void {
    this.#deps.report({ type: 'not-kept', transferId });
  }

  #reserve(file: FileRef, bytes: number): void {
    this.#unreserve(file);
    this.#reserved.set(keyOf(file), bytes);
    this.#reservedBytes += bytes;
  }

  #unreserve(file: FileRef): void {
    this.#reservedBytes -= this.#reserved.get(keyOf(file)) ?? 0;
    this.#reserved.delete(keyOf(file));
  }

  #quotaBytes(): Promise<number> {
    this.#quota ??= navigator.storage
      .estimate()
      .then(({ quota = 0 }) => outboxQuota(quota))
      .catch(() => 0);
    return this.#quota;
  }
}
