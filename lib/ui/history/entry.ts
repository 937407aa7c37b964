/** What the history page needs from outside. The entrypoint joins it with the store. */
import type { TransferKind, TransferView } from '../../messaging/snapshot.ts';
import type { ViewPort } from '../view-port.ts';

interface EntryBase {
  readonly transferId: string;
  readonly deviceId: string;
  /** As it was called then. */
  readonly deviceName: string;
  readonly kind: TransferKind;
  readonly title: string;
  /** Paths of the first files. */
  readonly names: readonly string[];
  readonly count: number;
  readonly totalBytes: number;
  readonly reason?: string;
  readonly note?: string;
  readonly alreadyThere?: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly endedAt: number;
  readonly downloadId: number | null;
  /** Of a text, link or page that is not too long. */
  readonly text?: string;
  /** Title of a page. */
  readonly caption?: string;
}

export type HistoryEntry = EntryBase &
  (
    | {
        readonly direction: 'out';
        readonly state: 'delivered' | 'declined' | 'failed' | 'cancelled';
      }
    | {
        readonly direction: 'in';
        readonly state: 'saved' | 'declined' | 'expired' | 'failed' | 'cancelled';
      }
  );

export interface HistoryFilter {
  /** As typed. */
  readonly search: string;
  readonly deviceId: string | null;
  /** From the first ms to before the second. */
  readonly day: readonly [number, number] | null;
}

export interface HistoryPlace {
  readonly endedAt: number;
  readonly transferId: string;
}

export interface HistoryPort extends ViewPort {
  /** Newest first, `limit` at most; `next` is null where there are no more. May reject. */
  readonly page: (
    filter: HistoryFilter,
    after: HistoryPlace | null,
    limit: number,
  ) => Promise<{
    readonly hits: readonly { readonly entry: HistoryEntry; readonly matched: readonly string[] }[];
    readonly next: HistoryPlace | null;
  }>;
  /** May reject. */
  readonly summary: () => Promise<HistorySummary>;
  /** Those of these downloads whose file is still where it was saved, as of the last time asked. */
  readonly existing: (downloadIds: readonly number[]) => Promise<ReadonlySet<number>>;
  /** Calls back whenever entries came or went; gives what ends that. */
  readonly follow: (onChange: () => void) => () => void;
  /** The code of what the other methods rejected with. */
  readonly codeOf: (error: unknown) => string;
}

export interface HistorySummary {
  readonly count: number;
  readonly setAside: number;
  readonly devices: readonly { readonly deviceId: string; readonly name: string }[];
}

/** The same as a transfer that is over, for the words that both have. */
export function asTransfer(entry: HistoryEntry): TransferView {
  return { ...entry, doneBytes: entry.totalBytes };
}
