import {
  batch,
  createEffect,
  createMemo,
  createSignal,
  on,
  onCleanup,
  type Accessor,
} from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import { rangeOf } from './days.ts';
import type {
  HistoryEntry,
  HistoryFilter,
  HistoryPlace,
  HistoryPort,
  HistorySummary,
} from './entry.ts';

/** Entries that are read at once: more than a tall window shows. */
const PAGE = 50;

export interface HistoryRow {
  readonly transferId: string;
  readonly entry: HistoryEntry;
  /** Names that were found and that the title does not show. */
  readonly matched: readonly string[];
}

/** What a person looks for, as the fields hold it. */
export interface Wanted {
  readonly search: string;
  /** Empty: all. */
  readonly deviceId: string;
  /** `2026-11-21`, or empty. */
  readonly day: string;
}

export const EVERYTHING: Wanted = { search: '', deviceId: '', day: '' };

export interface HistoryModel {
  readonly wanted: Accessor<Wanted>;
  readonly want: (change: Partial<Wanted>) => void;
  readonly filtered: Accessor<boolean>;
  readonly rows: readonly HistoryRow[];
  readonly more: Accessor<boolean>;
  readonly showMore: () => Promise<void>;
  /** Undefined until it was read for the first time. */
  readonly summary: Accessor<HistorySummary | undefined>;
  /** Whether a saved file is where it was saved; undefined until that is known. */
  readonly isThere: (downloadId: number) => boolean | undefined;
  /** Code of why nothing can be read; empty where it can. */
  readonly problem: Accessor<string>;
  readonly reload: () => Promise<void>;
}

/** The part of the history that is shown, kept as the store has it. */
export function createHistory(port: HistoryPort): HistoryModel {
  const [wanted, setWanted] = createSignal(EVERYTHING);
  const [shown, setShown] = createStore<{ rows: HistoryRow[] }>({ rows: [] });
  const [next, setNext] = createSignal<HistoryPlace | null>(null);
  const [summary, setSummary] = createSignal<HistorySummary>();
  const [looked, setLooked] = createSignal<ReadonlyMap<number, boolean>>(new Map());
  const [problem, setProblem] = createSignal('');
  let latest = 0;

  const filter = createMemo((): HistoryFilter => {
    const { search, deviceId, day } = wanted();
    return { search, deviceId: deviceId === '' ? null : deviceId, day: rangeOf(day) };
  });

  /** Reads from the top; what a newer reading has overtaken is dropped. */
  const read = async (limit: number) => {
    latest += 1;
    const own = latest;
    try {
      const [page, now] = await Promise.all([port.page(filter(), null, limit), port.summary()]);
      if (own !== latest) return;
      batch(() => {
        setShown('rows', reconcile(page.hits.map(rowOf), { key: 'transferId' }));
        setNext(page.next);
        setSummary(now);
        setProblem('');
      });
      await look();
    } catch (error) {
      if (own === latest) setProblem(port.codeOf(error));
    }
  };

  const look = async () => {
    const ids = shown.rows.flatMap(({ entry }) => entry.downloadId ?? []);
    const there = await port.existing(ids);
    setLooked(new Map(ids.map((id) => [id, there.has(id)])));
  };

  const reload = () => read(Math.max(PAGE, shown.rows.length));

  const showMore = async () => {
    const own = latest;
    try {
      const page = await port.page(filter(), next(), PAGE);
      if (own !== latest) return;
      batch(() => {
        setShown('rows', (rows) => [...rows, ...page.hits.map(rowOf)]);
        setNext(page.next);
      });
      await look();
    } catch (error) {
      setProblem(port.codeOf(error));
    }
  };

  createEffect(on(filter, () => void read(PAGE)));
  onCleanup(port.follow(() => void reload()));
  // A file may have been moved while another window was in front.
  const onFocus = () => void look();
  addEventListener('focus', onFocus);
  onCleanup(() => removeEventListener('focus', onFocus));

  return {
    wanted,
    want: (change) => setWanted((before) => ({ ...before, ...change })),
    filtered: () =>
      wanted().search.trim() !== '' || wanted().deviceId !== '' || filter().day !== null,
    get rows() {
      return shown.rows;
    },
    more: () => next() !== null,
    showMore,
    summary,
    isThere: (downloadId) => looked().get(downloadId),
    problem,
    reload,
  };
}

function rowOf({ entry, matched }: Omit<HistoryRow, 'transferId'>): HistoryRow {
  return { transferId: entry.transferId, entry, matched };
}
