import { beforeEach, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { ToldOnce } from '../../../lib/storage/once.ts';
import { StoredRecords } from '../../../lib/storage/records.ts';
import { TextStore } from '../../../lib/storage/texts.ts';
import { StoredValue } from '../../../lib/storage/value.ts';
import { FakeArea } from './fake-area.ts';

const schema = v.object({ n: v.number() });

async function load(area: FakeArea, bad: string[] = []) {
  return await StoredRecords.load(area, await area.get(null), 'things', schema, (key) =>
    bad.push(key),
  );
}

describe('stored records', () => {
  it('are there again for the next worker', async () => {
    const area = new FakeArea();
    const first = await load(area);
    await first.set('a', { n: 1 });
    await first.set('b', { n: 2 });
    await first.delete('a');
    const second = await load(area);
    expect([...second.all]).toEqual([['b', { n: 2 }]]);
  });

  it('are visible at once and kept when the promise resolves', async () => {
    const area = new FakeArea();
    const records = await load(area);
    const written = records.set('a', { n: 1 });
    expect(records.get('a')).toEqual({ n: 1 });
    expect(area.data['things']).toBeUndefined();
    await written;
    expect(area.data['things']).toEqual({ a: { n: 1 } });
  });

  it('never overwrite a later state with an earlier one', async () => {
    const area = new FakeArea();
    const records = await load(area);
    await Promise.all(Array.from({ length: 20 }, (_, n) => records.set('a', { n })));
    expect(area.data['things']).toEqual({ a: { n: 19 } });
  });

  it('set a record aside that does not fit, keep the others and name the key', async () => {
    const area = new FakeArea({ schema: 1, things: { good: { n: 1 }, bad: { n: 'one' } } });
    const bad: string[] = [];
    const records = await load(area, bad);
    expect([...records.all.keys()]).toEqual(['good']);
    expect(bad).toEqual(['things']);
    expect(area.data).toMatchObject({
      things: { good: { n: 1 } },
      'backup:things': { bad: { n: 'one' } },
    });
  });

  it('never overwrite what was set aside before', async () => {
    const area = new FakeArea({ things: 'nonsense', 'backup:things': 'earlier nonsense' });
    await load(area);
    expect(area.data).toMatchObject({
      'backup:things': 'earlier nonsense',
      'backup:things:2': 'nonsense',
    });
  });

  it('report a failed write and can be written again', async () => {
    const area = new FakeArea();
    const records = await load(area);
    area.failing = true;
    await expect(records.set('a', { n: 1 })).rejects.toMatchObject({ code: 'storage-unavailable' });
    area.failing = false;
    await records.set('b', { n: 2 });
    expect(area.data['things']).toEqual({ a: { n: 1 }, b: { n: 2 } });
  });
});

it('a value is its fallback until it is set', async () => {
  const area = new FakeArea();
  const value = new StoredValue(await load(area), { n: 0 });
  expect(value.get()).toEqual({ n: 0 });
  await value.set({ n: 5 });
  expect(new StoredValue(await load(area), { n: 0 }).get()).toEqual({ n: 5 });
});

describe('told once', () => {
  let shown: string[];
  const tell = (told: ToldOnce, key: string) =>
    told.tell(key, async () => {
      await Promise.resolve();
      shown.push(key);
    });

  beforeEach(() => {
    shown = [];
  });

  it('tells once, for the next worker too', async () => {
    const area = new FakeArea();
    const told = await ToldOnce.open(area);
    for (const key of ['a', 'a', 'b']) await tell(told, key);
    await tell(await ToldOnce.open(area), 'a');
    expect(shown).toEqual(['a', 'b']);
  });

  it('tells once where two ask at the same time', async () => {
    const told = await ToldOnce.open(new FakeArea());
    await Promise.all([tell(told, 'a'), tell(told, 'a')]);
    expect(shown).toEqual(['a']);
  });

  it('is not written down before it was shown', async () => {
    const area = new FakeArea();
    void (await ToldOnce.open(area)).tell('a', () => new Promise(() => {}));
    await tell(await ToldOnce.open(area), 'a');
    expect(shown).toEqual(['a']);
  });

  it('tells again what was forgotten, and the oldest', async () => {
    const told = await ToldOnce.open(new FakeArea());
    await tell(told, 'a');
    await told.forget('a');
    await tell(told, 'a');
    expect(shown).toEqual(['a', 'a']);
    for (let n = 0; n < 500; n += 1) await tell(told, `${n}`);
    await tell(told, '499');
    await tell(told, 'a');
    expect(shown.slice(2)).toHaveLength(501);
    expect(shown.at(-1)).toBe('a');
  });
});

it('texts lie under a key of their own each', async () => {
  const area = new FakeArea();
  const texts = new TextStore(area);
  await texts.set('1', { kind: 'text', text: 'hello' });
  await texts.set('2', { kind: 'page', text: 'https://a.example', title: 'A' });
  await texts.delete(['1']);
  expect(await texts.get('1')).toBeUndefined();
  expect(await texts.get('2')).toEqual({ kind: 'page', text: 'https://a.example', title: 'A' });
  expect(Object.keys(area.data)).toEqual(['text:2']);
});
