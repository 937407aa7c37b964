/** A made-up history, held in memory: `?page=history&scene=history-full`. */
import { matchOf, searchWords } from '../../../lib/storage/history-search.ts';
import type { HistoryEntry, HistoryPort } from '../../../lib/ui/history/entry.ts';
import type { ViewPort } from '../../../lib/ui/view-port.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIB = 1024 * 1024;
const DESKTOP = '1'.repeat(64);
const LAPTOP = '2'.repeat(64);
const GONE = '9'.repeat(64);

let last = 0;

type Made = Partial<HistoryEntry> & Pick<HistoryEntry, 'direction' | 'state' | 'title'>;

function made(age: number, over: Made): HistoryEntry {
  last += 1;
  const endedAt = Date.now() - age;
  return {
    transferId: last.toString(16).padStart(32, '0'),
    deviceId: DESKTOP,
    deviceName: 'Desktop',
    kind: 'files',
    names: [over.title],
    count: 1,
    totalBytes: 3.4 * MIB,
    createdAt: endedAt - MINUTE,
    endedAt,
    downloadId: over.state === 'saved' ? last : null,
    ...over,
  } as HistoryEntry;
}

const photos = Array.from({ length: 48 }, (_, n) => `Holiday 2026/IMG_${4100 + n}.jpeg`);

const FULL: readonly HistoryEntry[] = [
  made(4 * MINUTE, {
    direction: 'out',
    state: 'delivered',
    title: photos[0] ?? '',
    names: photos,
    count: 48,
    totalBytes: 212 * MIB,
  }),
  made(9 * MINUTE, {
    direction: 'in',
    state: 'saved',
    kind: 'image',
    title: 'evening on the island, with everyone, before the rain.jpeg',
  }),
  made(21 * MINUTE, {
    direction: 'in',
    state: 'saved',
    kind: 'text',
    title: 'Meet at 7 in front of the old cinema',
    text: 'Meet at 7 in front of the old cinema',
    downloadId: null,
  }),
  made(50 * MINUTE, {
    direction: 'out',
    state: 'delivered',
    kind: 'page',
    title: 'https://example.org/article',
    caption: 'Candles: how tallow became light',
    text: 'https://example.org/article',
    deviceId: LAPTOP,
    deviceName: 'Laptop',
  }),
  made(26 * HOUR, {
    direction: 'out',
    state: 'failed',
    title: 'backup-of-the-year-2025.tar.zst',
    totalBytes: 5.8 * 1024 * MIB,
    reason: 'source-changed',
  }),
  made(27 * HOUR, {
    direction: 'out',
    state: 'declined',
    kind: 'video',
    title: 'cat jumps.webm',
    reason: 'declined',
  }),
  made(28 * HOUR, {
    direction: 'in',
    state: 'expired',
    title: 'quarterly-report-final-final-2.pdf',
    count: 3,
    names: ['quarterly-report-final-final-2.pdf', 'table.xlsx', 'notes.md'],
  }),
  made(4 * DAY, {
    direction: 'out',
    state: 'delivered',
    kind: 'link',
    title: 'https://pictures.example.org/cat.png',
    text: 'https://pictures.example.org/cat.png',
    note: 'link-instead',
    deviceId: GONE,
    deviceName: 'Old phone',
  }),
  made(4 * DAY + HOUR, {
    direction: 'in',
    state: 'saved',
    kind: 'audio',
    title: '我的录音 ‎2026.flac',
    deviceId: LAPTOP,
    deviceName: 'Wohnzimmerfernsehsteuerungscomputer-ohne-Leerzeichen-im-Namen',
    // Deleted since.
    downloadId: 0,
  }),
  made(60 * DAY, { direction: 'in', state: 'cancelled', title: 'setup.exe' }),
];

function many(): HistoryEntry[] {
  return Array.from({ length: 5000 }, (_, n) => {
    const title = `scan ${5000 - n}.pdf`;
    return made(n * 25 * MINUTE, { direction: 'in', state: 'saved', title });
  });
}

const HISTORIES: Readonly<Record<string, () => readonly HistoryEntry[]>> = {
  'history-full': () => FULL,
  'history-set-aside': () => FULL.slice(0, 3),
  'history-many': many,
};

export function historyPort(scene: string, port: ViewPort): HistoryPort {
  const entries = HISTORIES[scene]?.() ?? [];
  const broken = scene === 'history-broken';
  const devices = [...new Map(entries.map((one) => [one.deviceId, one.deviceName]))];
  return {
    ...port,
    page: async ({ search, deviceId, day }, after, limit) => {
      if (broken) throw new Error('migration-failed');
      const words = searchWords(search);
      const found = entries
        .filter((entry) => deviceId === null || entry.deviceId === deviceId)
        .filter(({ endedAt }) => !day || (endedAt >= day[0] && endedAt < day[1]))
        .flatMap((entry) => {
          const matched = matchOf({ ...entry, names: [...entry.names] }, words);
          return matched ? [{ entry, matched }] : [];
        });
      const from = found.findIndex(({ entry }) => entry.transferId === after?.transferId) + 1;
      const hits = found.slice(from, from + limit);
      const next = from + limit < found.length ? hits.at(-1)?.entry : undefined;
      return { hits, next: next ?? null };
    },
    summary: async () => {
      if (broken) throw new Error('migration-failed');
      return {
        count: entries.length,
        setAside: scene === 'history-set-aside' ? 2 : 0,
        devices: devices.map(([deviceId, name]) => ({ deviceId, name })),
      };
    },
    existing: async (ids) => new Set(ids.filter((id) => id !== 0)),
    follow: () => () => {},
    codeOf: (error) => `history-${error instanceof Error ? error.message : 'internal'}`,
  };
}
