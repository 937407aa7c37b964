import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HistoryRecord } from '../../../lib/storage/history-record.ts';
import { openHistory } from '../../../lib/storage/history-open.ts';
import type {
  HistoryPlace,
  HistoryQuery,
  HistoryStore,
} from '../../../lib/storage/history-store.ts';
import { DESK, idOf, PHONE, record } from './history-records.ts';

const EVERYTHING: HistoryQuery = { search: '', deviceId: null, day: null };
const FAR = 1e15;

let name: string;
let store: HistoryStore;
beforeEach(async () => {
  name = `history-${crypto.randomUUID()}`;
  store = await openHistory({ name });
});
afterEach(() => store.close());

async function titles(query: Partial<HistoryQuery> = {}): Promise<string[]> {
  const { hits } = await store.page({ ...EVERYTHING, ...query }, null, 1000);
  return hits.map(({ entry }) => entry.title);
}

/** Puts what no version of ours writes. */
async function putRaw(...values: unknown[]): Promise<void> {
  const database = await openDB(name);
  for (const value of values) await database.put('transfers', value);
  database.close();
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('pages', () => {
  it('newest first, each entry once, also where many ended at the same moment', async () => {
    const all = numbers(1, 95).map((n) => record(n, { endedAt: Math.ceil(n / 30) * 1000 }));
    await store.add(all);
    const seen: HistoryRecord[] = [];
    const sizes: number[] = [];
    let place: HistoryPlace | null = null;
    do {
      const page = await store.page(EVERYTHING, place, 20);
      sizes.push(page.hits.length);
      seen.push(...page.hits.map(({ entry }) => entry));
      place = page.next;
    } while (place);
    expect(sizes).toEqual([20, 20, 20, 20, 15]);
    expect(new Set(seen.map(({ transferId }) => transferId)).size).toBe(95);
    const ends = seen.map(({ endedAt }) => endedAt);
    expect(ends).toEqual(ends.toSorted((a, b) => b - a));
  });

  it('say that there are no more only when there are none', async () => {
    await store.add(numbers(1, 20).map((n) => record(n)));
    expect((await store.page(EVERYTHING, null, 20)).next).toBeNull();
    expect((await store.page(EVERYTHING, null, 19)).next).toEqual({
      endedAt: 2000,
      transferId: idOf(2),
    });
    expect((await store.page({ ...EVERYTHING, search: 'nothing' }, null, 5)).next).toBeNull();
  });

  it('go on from where they ended when newer ones came meanwhile', async () => {
    await store.add(numbers(1, 10).map((n) => record(n)));
    const first = await store.page(EVERYTHING, null, 5);
    await store.add([record(11)]);
    const second = await store.page(EVERYTHING, first.next, 5);
    expect(second.hits.map(({ entry }) => entry.transferId)).toEqual(
      numbers(1, 5).map(idOf).toReversed(),
    );
  });

  it('of one device, of one day, of both', async () => {
    await store.add([
      record(1),
      record(2, { deviceId: PHONE }),
      record(3),
      record(4, { deviceId: PHONE }),
    ]);
    expect(await titles({ deviceId: PHONE })).toEqual(['file-4.txt', 'file-2.txt']);
    // From its first millisecond to before the next day's.
    expect(await titles({ day: [2000, 4000] })).toEqual(['file-3.txt', 'file-2.txt']);
    expect(await titles({ deviceId: PHONE, day: [2000, 4000] })).toEqual(['file-2.txt']);
    const { next } = await store.page({ ...EVERYTHING, deviceId: PHONE }, null, 1);
    const rest = await store.page({ ...EVERYTHING, deviceId: PHONE }, next, 5);
    expect(rest.hits.map(({ entry }) => entry.title)).toEqual(['file-2.txt']);
  });
});

describe('search', () => {
  const of = (title: string, over: Partial<HistoryRecord> = {}) =>
    record(title.length, { title, names: [title], ...over });

  it.each<[string, Partial<HistoryRecord> & { title: string }, boolean]>([
    ['uber', { title: 'Über die Brücke.pdf' }, true],
    ['BRÜCKE über', { title: 'uber die brucke.pdf' }, true],
    ['strasse', { title: 'Straße.txt' }, true],
    ['straße', { title: 'STRASSE.txt' }, true],
    ['Ｕｂｅｒ', { title: 'uber' }, true],
    ['éte', { title: 'e\u0301té.jpg' }, true],
    ['σας', { title: 'ΓΕΙΑ ΣΑΣ.txt' }, true],
    ['图片', { title: '我的图片.png' }, true],
    ['report desk', { title: 'report.pdf', deviceName: 'Desk' }, true],
    ['report phone', { title: 'report.pdf', deviceName: 'Desk' }, false],
    ['  ', { title: 'anything' }, true],
    ['pdf.', { title: 'report.pdf' }, false],
    ['article', { title: 'https://a.example/', caption: 'An article' }, true],
  ])('%j in %j: %s', async (search, over, found) => {
    await store.add([of(over.title, over)]);
    expect(await titles({ search })).toEqual(found ? [over.title] : []);
  });

  it('tells the names that it found and that the title does not show', async () => {
    const names = ['a/one.jpg', 'a/two.jpg', 'b/three.png', 'b/two.txt', 'c/two.md', 'c/two.pdf'];
    await store.add([record(1, { title: 'a/one.jpg', names, count: 6 })]);
    const matched = async (search: string) =>
      (await store.page({ ...EVERYTHING, search }, null, 5)).hits[0]?.matched;
    expect(await matched('one')).toEqual([]);
    expect(await matched('three')).toEqual(['b/three.png']);
    expect(await matched('two')).toEqual(['a/two.jpg', 'b/two.txt', 'c/two.md']);
    expect(await matched('two nowhere')).toBeUndefined();
  });
});

describe('what is written', () => {
  it('is missing until it is added, and again when it ended otherwise', async () => {
    const end = { transferId: idOf(1), state: 'saved', endedAt: 1000 };
    expect(await store.missing([end])).toEqual([idOf(1)]);
    await store.add([record(1)]);
    expect(await store.missing([end])).toEqual([]);
    expect(await store.missing([{ ...end, state: 'failed', endedAt: 2000 }])).toEqual([idOf(1)]);
    await store.add([record(1, { state: 'failed', endedAt: 2000 })]);
    expect(await store.summary()).toMatchObject({ count: 1 });
    expect(await store.get(idOf(1))).toMatchObject({ state: 'failed' });
  });

  it('outlives the one who wrote it', async () => {
    await store.add([record(1)]);
    store.close();
    store = await openHistory({ name });
    expect(await store.get(idOf(1))).toEqual(record(1));
  });

  it('does not come back once it was taken out', async () => {
    await store.add([record(1), record(2)]);
    await store.remove(idOf(1), 5000);
    const end = { transferId: idOf(1), state: 'saved', endedAt: 1000 };
    expect(await store.missing([end])).toEqual([]);
    await store.add([record(1)]);
    expect(await titles()).toEqual(['file-2.txt']);
  });

  it('does not come back once everything was cleared; what ends later is taken', async () => {
    await store.add([record(1), record(2)]);
    await putRaw({ transferId: 'broken' });
    await store.check();
    await store.clear(3000);
    expect(await store.summary()).toEqual({ count: 0, setAside: 0, devices: [] });
    await store.add([record(1), record(3), record(4)]);
    expect(await titles()).toEqual(['file-4.txt']);
    expect(await store.missing([{ transferId: idOf(3), state: 'saved', endedAt: 3000 }])).toEqual(
      [],
    );
  });
});

describe('what is too old', () => {
  it('goes, exactly up to the limit, and does not come back', async () => {
    await store.add(numbers(1, 10).map((n) => record(n)));
    expect(await store.prune(7000, FAR)).toEqual(numbers(1, 7).map(idOf));
    expect(await titles()).toEqual(['file-10.txt', 'file-9.txt', 'file-8.txt']);
    await store.add([record(3)]);
    expect(await titles()).toHaveLength(3);
    expect(await store.prune(7000, FAR)).toEqual([]);
  });

  it('ids that were taken out are forgotten with it', async () => {
    await store.add([record(1)]);
    await store.remove(idOf(1), 5000);
    await store.prune(6000, FAR);
    const database = await openDB(name);
    expect(await database.count('removed')).toBe(0);
    database.close();
    await store.add([record(1)]);
    expect(await titles()).toEqual([]);
  });

  it('a clock that was wrong once does not keep new entries out', async () => {
    await store.prune(FAR, FAR + 1);
    await store.prune(1000, 9000);
    await store.add([record(2)]);
    expect(await titles()).toEqual(['file-2.txt']);
  });
});

describe('a record that does not fit', () => {
  const newer = { ...record(2), direction: 'sideways' };

  it('is set aside as it is and counted, and the others are shown', async () => {
    await store.add([record(1), record(3)]);
    await putRaw(newer);
    expect(await titles()).toEqual(['file-3.txt', 'file-1.txt']);
    expect(await store.summary()).toMatchObject({ count: 2, setAside: 1 });
    const database = await openDB(name);
    expect(await database.getAll('set-aside')).toEqual([newer]);
    database.close();
    expect(await titles()).toHaveLength(2);
    expect(await store.summary()).toMatchObject({ setAside: 1 });
  });

  it('is found where no index has it', async () => {
    const lost = { transferId: idOf(9), title: 'no time' };
    await putRaw(lost, record(1));
    await store.check();
    expect(await store.summary()).toMatchObject({ count: 1, setAside: 1 });
    await store.check();
    expect(await store.summary()).toMatchObject({ count: 1, setAside: 1 });
  });

  it('is none to who asks for it', async () => {
    await putRaw(newer);
    expect(await store.get(idOf(2))).toBeUndefined();
  });
});

it('knows every device under its newest name, the last one first', async () => {
  await store.add([
    record(1, { deviceName: 'Old name' }),
    record(2, { deviceId: PHONE, deviceName: 'Phone' }),
    record(3, { deviceName: 'Desk' }),
    record(4, { deviceId: PHONE, deviceName: 'Telephone' }),
  ]);
  await putRaw({ ...record(5, { deviceName: 'Broken' }), count: -1 });
  expect(await store.summary()).toMatchObject({
    devices: [
      { deviceId: PHONE, name: 'Telephone' },
      { deviceId: DESK, name: 'Desk' },
    ],
  });
});
