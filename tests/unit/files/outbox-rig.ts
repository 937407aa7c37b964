import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { vi } from 'vitest';
import { closeOutboxDatabase } from '../../../lib/files/outbox-records.ts';
import type { OutboxReport } from '../../../lib/files/outbox-copies.ts';
import { OutboxSources, type OutboxItem } from '../../../lib/files/outbox-sources.ts';
import type { FileRef } from '../../../lib/transfer/ports.ts';
import { cloneWithHandles, FakeDisk, FakeOpfs } from './fake-opfs.ts';

export const DEVICE = 'd'.repeat(64);
export const GIB = 1024 ** 3;

/** A browser profile: what is stored outlives each life of the worker. */
export class OutboxRig {
  readonly opfs = new FakeOpfs();
  readonly disk = new FakeDisk();
  readonly reports: OutboxReport[] = [];
  /** Milliseconds that were slept. */
  readonly slept: number[] = [];
  now = 1_800_000_000_000;

  constructor(quota = 100 * GIB) {
    closeOutboxDatabase();
    globalThis.indexedDB = new IDBFactory();
    vi.stubGlobal('structuredClone', cloneWithHandles);
    vi.stubGlobal('navigator', {
      storage: {
        getDirectory: async () => this.opfs.directory(),
        estimate: async () => ({ quota, usage: 0 }),
      },
    });
  }

  /** A worker made anew: it holds nothing that was handed over before. */
  start(): OutboxSources {
    return new OutboxSources({
      report: (report) => this.reports.push(report),
      now: () => this.now,
      sleep: async (ms) => {
        this.slept.push(ms);
        this.now += ms;
      },
    });
  }

  get usedBytes(): number {
    const last = this.reports.findLast((report) => report.type === 'outbox');
    return last?.type === 'outbox' ? last.outbox.usedBytes : NaN;
  }

  get notKept(): string[] {
    return this.reports.flatMap((one) => (one.type === 'not-kept' ? [one.transferId] : []));
  }
}

export function item(
  path: string,
  content: string | Blob,
  more: Partial<OutboxItem> = {},
): OutboxItem {
  const blob = typeof content === 'string' ? new File([content], path) : content;
  return { path, mime: 'text/plain', modified: 1000, blob, ...more };
}

/** A blob of that size that costs no memory: reading it gives zeros. */
export function blobOf(size: number): Blob {
  return {
    size,
    type: '',
    slice: (from: number, to: number) => blobOf(Math.min(to, size) - from),
    arrayBuffer: async () => new ArrayBuffer(size),
  } as unknown as Blob;
}

export async function textOf(sources: OutboxSources, file: FileRef): Promise<string> {
  const { source } = await sources.open(file);
  const into = new Uint8Array(source.size);
  const length = await source.read(0, into);
  return new TextDecoder().decode(into.subarray(0, length));
}
