import { describe, expect, it } from 'vitest';
import { StorageError } from '../../../lib/storage/errors.ts';
import { MIGRATIONS, SCHEMA_VERSION, type MigrationStep } from '../../../lib/storage/migrations.ts';
import { openData } from '../../../lib/storage/open-store.ts';
import { FakeArea } from './fake-area.ts';

const TO_2: MigrationStep = {
  from: 1,
  migrate: ({ old, ...rest }) => ({ ...rest, list: [old] }),
};
const TO_3: MigrationStep = {
  from: 2,
  migrate: (data) => ({ ...data, count: (data['list'] as unknown[]).length }),
};

describe('opening stored data', () => {
  it('has one step for every version before the present one', () => {
    const froms = MIGRATIONS.map(({ from }) => from);
    expect(froms).toEqual(Array.from({ length: SCHEMA_VERSION - 1 }, (_, index) => index + 1));
  });

  it('begins with the present version where nothing is stored', async () => {
    const area = new FakeArea();
    expect(await openData(area)).toEqual({});
    expect(area.data).toEqual({ schema: SCHEMA_VERSION });
  });

  it('gives data of the present version as it is, and writes nothing', async () => {
    const area = new FakeArea({ schema: 3, a: 1 });
    expect(await openData(area, { version: 3 })).toEqual({ a: 1 });
    expect(area.writes).toEqual([]);
  });

  it('runs every step in order and leaves neither backup nor dropped keys', async () => {
    const area = new FakeArea({ schema: 1, old: 'x', kept: true });
    const data = await openData(area, { version: 3, migrations: [TO_3, TO_2] });
    expect(data).toEqual({ kept: true, list: ['x'], count: 1 });
    expect(area.data).toEqual({ schema: 3, kept: true, list: ['x'], count: 1 });
  });

  it('writes the new shape and its version in one call', async () => {
    const area = new FakeArea({ schema: 2, list: [] });
    await openData(area, { version: 3, migrations: [TO_3] });
    expect(area.writes.at(-1)).toEqual({ list: [], count: 0, schema: 3 });
  });

  const failures: [string, MigrationStep[], ((data: object) => void)?][] = [
    [
      'a step throws',
      [
        {
          from: 1,
          migrate: () => {
            throw new Error('not what it expected');
          },
        },
      ],
    ],
    ['a step is missing', []],
    [
      'the result does not fit',
      [TO_2],
      () => {
        throw new Error('does not fit');
      },
    ],
  ];
  it.each(failures)(
    'fails loudly when %s, and loses nothing',
    async (_title, migrations, check) => {
      const before = { schema: 1, old: 'x', other: { deep: [1] } };
      const area = new FakeArea(before);
      const opening = openData(area, { version: 2, migrations, ...(check && { check }) });
      await expect(opening).rejects.toThrow(StorageError);
      await expect(opening).rejects.toMatchObject({ code: 'migration-failed' });
      expect(area.data).toEqual({
        ...before,
        'backup:v1': { old: 'x', other: { deep: [1] } },
      });
    },
  );

  it('is not harmed by a step that changes what it is given', async () => {
    const area = new FakeArea({ schema: 1, list: ['a'] });
    const careless: MigrationStep = {
      from: 1,
      migrate: (data) => {
        (data['list'] as string[]).push('b');
        throw new Error('and then fails');
      },
    };
    await expect(openData(area, { version: 2, migrations: [careless] })).rejects.toThrow();
    expect(area.data).toMatchObject({ list: ['a'], 'backup:v1': { list: ['a'] } });
  });

  it('can be migrated later, by a build that knows how', async () => {
    const area = new FakeArea({ schema: 1, old: 'x' });
    await expect(openData(area, { version: 2, migrations: [] })).rejects.toThrow();
    expect(await openData(area, { version: 2, migrations: [TO_2] })).toEqual({ list: ['x'] });
    expect(area.data).toEqual({ schema: 2, list: ['x'] });
  });

  it('does not touch data of a newer build', async () => {
    const before = { schema: 9, future: true };
    const area = new FakeArea(before);
    await expect(openData(area, { version: 2 })).rejects.toMatchObject({ code: 'newer-version' });
    expect(area.data).toEqual(before);
  });

  it('refuses data without a version, and keeps it', async () => {
    const area = new FakeArea({ devices: { a: 1 } });
    await expect(openData(area, { version: 1 })).rejects.toMatchObject({
      code: 'migration-failed',
    });
    expect(area.data['devices']).toEqual({ a: 1 });
  });

  it('says so when the browser refuses to write', async () => {
    const area = new FakeArea();
    area.failing = true;
    await expect(openData(area)).rejects.toMatchObject({ code: 'storage-unavailable' });
  });
});
