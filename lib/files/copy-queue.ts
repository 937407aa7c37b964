/**
 * Copies of picked files, made when nothing else is to be done: sending at once needs none, and a
 * file that waits needs one before the browser is closed.
 *
 * - The first half second of a transfer is left to it: where the device is there, it goes.
 * - While anything is transferred a quarter of the time is spent on copies, and never a long pause
 *   made: a copy has to be whole well before its file has gone, else a crash of this browser in the
 *   middle needs a person. Otherwise all of it.
 * - The last file of a transfer first: by the time it would be its turn to be sent, it is copied,
 *   and the first ones are delivered.
 */
import type { FileRef } from '../transfer/ports.ts';
import type { TransferSnapshot } from '../transfer/records.ts';
import { MAX_DATABASE_COPY_BYTES } from './outbox-limits.ts';
import { keyOf } from './outbox-records.ts';

/** A transfer to a device that is there begins within this time. */
const GRACE_MS = 500;

/** Waited for each millisecond of work while something is transferred, and no longer than that. */
const TRICKLE = 3;
const LONGEST_PAUSE_MS = 50;

/** Small files copied in one step. */
const BATCH_FILES = 100;

export interface CopyJob extends FileRef {
  readonly size: number;
  /** `handle`: it could be read again with a person's help; those without come first. */
  readonly original: 'none' | 'handle';
  /** Milliseconds since 1970. */
  readonly addedAt: number;
}

export interface CopyQueueDeps {
  /** Copies one large file or several small ones; never throws. */
  readonly copy: (
    jobs: readonly CopyJob[],
    pace: (spentMs: number) => Promise<void>,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export class CopyQueue {
  readonly #deps: CopyQueueDeps;
  readonly #jobs = new Map<string, CopyJob>();
  readonly #moving = new Set<string>();
  #current: { readonly jobs: readonly CopyJob[]; readonly abort: AbortController } | null = null;
  #running: Promise<void> | null = null;

  constructor(deps: CopyQueueDeps) {
    this.#deps = deps;
  }

  add(jobs: readonly CopyJob[]): void {
    for (const job of jobs) this.#jobs.set(keyOf(job), job);
    this.#start();
  }

  /** A transfer's files need no copies any more; answers those that have none yet. */
  drop(transferId: string): readonly CopyJob[] {
    const dropped = [...this.#jobs.values()].filter((job) => job.transferId === transferId);
    for (const job of dropped) this.#jobs.delete(keyOf(job));
    if (this.#current?.jobs.some((job) => job.transferId === transferId)) {
      this.#current.abort.abort();
    }
    return dropped;
  }

  move(from: FileRef, to: FileRef): void {
    const job = this.#jobs.get(keyOf(from));
    if (job === undefined) return;
    this.#jobs.delete(keyOf(from));
    // One that is being copied has no record under its old name: it is copied anew.
    this.add([{ ...job, transferId: to.transferId, fileId: to.fileId }]);
  }

  observe({ transferId, state }: Pick<TransferSnapshot, 'transferId' | 'state'>): void {
    const moving = state.type === 'transferring' || state.type === 'verifying';
    if (moving) this.#moving.add(transferId);
    else this.#moving.delete(transferId);
  }

  /** Whether it is being sent. */
  moves(transferId: string): boolean {
    return this.#moving.has(transferId);
  }

  forget(transferId: string): void {
    this.#moving.delete(transferId);
  }

  /** Resolves when there is nothing left to copy. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#jobs.size > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    for (let jobs = this.#next(); jobs.length > 0; jobs = this.#next()) {
      const [first] = jobs;
      const early = (first?.addedAt ?? 0) + GRACE_MS - this.#deps.now();
      if (early > 0) {
        await this.#deps.sleep(early);
        continue;
      }
      const abort = new AbortController();
      this.#current = { jobs, abort };
      const begun = this.#deps.now();
      await this.#deps.copy(jobs, (spent) => this.#pace(spent), abort.signal);
      this.#current = null;
      for (const job of jobs) {
        if (this.#jobs.get(keyOf(job)) === job) this.#jobs.delete(keyOf(job));
      }
      await this.#pace(this.#deps.now() - begun);
    }
  }

  async #pace(spentMs: number): Promise<void> {
    if (this.#moving.size === 0) return;
    await this.#deps.sleep(Math.min(Math.max(1, spentMs) * TRICKLE, LONGEST_PAUSE_MS));
  }

  #next(): readonly CopyJob[] {
    const all = [...this.#jobs.values()];
    const last =
      all.findLast(({ original }) => original === 'none') ?? all.findLast(() => true) ?? null;
    if (last === null) return [];
    if (last.size > MAX_DATABASE_COPY_BYTES) return [last];
    const alike = all.filter(
      (job) =>
        job.transferId === last.transferId &&
        job.original === last.original &&
        job.size <= MAX_DATABASE_COPY_BYTES,
    );
    return alike.slice(-BATCH_FILES);
  }
}
