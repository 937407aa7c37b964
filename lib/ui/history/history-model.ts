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

/** Asked whether a file is there, browsers look only after having answered. */
const LOOK_FIRST_MS = 1_000;
/** It may be moved meanwhile. Chromium looks at most every ten seconds, however often it is asked. */
const LOOK_EVERY_MS = 11_000;

/** After the last key: thousands of entries are not gone through for each letter. */
const TYPING_MS = 120;

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

const EVERYTHING_READ: HistoryFilter = { search: '', deviceId: null, day: null };

/** The part of the history that is shown, kept as the store has it. */
export function createHistory(port: HistoryPort): HistoryModel {
  const [wanted, setWanted] = createSignal(EVERYTHING);
  const [shown, setShown] = createStore<{ rows: HistoryRow[] }>({ rows: [] });
  const [next, setNext] = createSignal<HistoryPlace | null>(null);
  const [summary, setSummary] = createSignal<HistorySummary>();
  const [looked, setLooked] = createSignal<ReadonlyMap<number, boolean>>(new Map());
  const [problem, setProblem] = createSignal('');
  let latest = 0;
  let typing: ReturnType<typeof setTimeout> | undefined;
  /** What the rows were read with; the fields may be ahead of it. */
  let read = EVERYTHING_READ;

  const filter = createMemo((): HistoryFilter => {
    const { search, deviceId, day } = wanted();
    return { search, deviceId: deviceId === '' ? null : deviceId, day: rangeOf(day) };
  });

  /** Reads from the top; what a newer reading has overtaken is dropped. */
  const readFrom = async (limit: number) => {
    clearTimeout(typing);
    latest += 1;
    const own = latest;
    const used = filter();
    try {
      const [page, now] = await Promise.all([port.page(used, null, limit), port.summary()]);
      if (own !== latest) return;
      read = used;
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

  const reload = () => readFrom(Math.max(PAGE, shown.rows.length));

  const showMore = async () => {
    const own = latest;
    try {
      const page = await port.page(read, next(), PAGE);
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

  createEffect(
    on(filter, (now, before) => {
      clearTimeout(typing);
      if (!before || now.search === before.search) return void readFrom(PAGE);
      typing = setTimeout(() => void readFrom(PAGE), TYPING_MS);
    }),
  );
  onCleanup(() => clearTimeout(typing));
  onCleanup(port.follow(() => void reload()));
  let looking: ReturnType<typeof setTimeout>;
  const lookAgain = (after: number) => {
    looking = setTimeout(() => {
      if (document.visibilityState === 'visible') void look();
      lookAgain(LOOK_EVERY_MS);
    }, after);
  };
  lookAgain(LOOK_FIRST_MS);
  onCleanup(() => clearTimeout(looking));

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
