import { describe, expect, it } from 'vitest';
import { parseStunServers } from '../../../lib/ice/servers.ts';
import { openBackgroundStores } from '../../../lib/storage/background-stores.ts';
import { migrate, MIGRATIONS, SCHEMA_VERSION } from '../../../lib/storage/migrations.ts';
import { FakeArea } from './fake-area.ts';

/** As version 1 stored it. */
const SETTINGS_1 = {
  deviceName: 'Laptop',
  signalingUrl: 'https://signal.example.org',
  codeStyle: 'characters',
};

describe('from version 1 to 2', () => {
  it('settings that a person changed keep their values and get the new ones', async () => {
    const local = new FakeArea({
      schema: 1,
      settings: { current: SETTINGS_1 },
      unfinished: { current: true },
    });
    const stores = await openBackgroundStores(local, new FakeArea());
    expect(stores.setAside).toEqual([]);
    const settings = stores.settings.get();
    expect(settings).toMatchObject({
      ...SETTINGS_1,
      privacyMode: false,
      turnServers: '',
      debugLog: false,
    });
    expect(parseStunServers(settings.stunServers).problems).toEqual([]);
    expect(parseStunServers(settings.stunServers).servers).toHaveLength(2);
    expect(stores.unfinished.get()).toBe(true);
    expect(local.data['schema']).toBe(SCHEMA_VERSION);
  });

  it('settings that were never changed are the defaults of today', async () => {
    const local = new FakeArea({ schema: 1, self: {} });
    const stores = await openBackgroundStores(local, new FakeArea());
    expect(stores.settings.get()).toMatchObject({ deviceName: '', privacyMode: false });
    expect(local.data['settings']).toBeUndefined();
  });

  it.each([
    {},
    { settings: null },
    { settings: 'x' },
    { settings: {} },
    { settings: { other: 1 } },
  ])('leaves %j as it is', (data) => expect(migrate(data, 1, 2, MIGRATIONS)).toEqual(data));

  it('does not change what it is given', () => {
    const data = { settings: { current: SETTINGS_1 } };
    const before = structuredClone(data);
    migrate(data, 1, 2, MIGRATIONS);
    expect(data).toEqual(before);
  });

  it('a value that is there already is not overwritten', () => {
    const data = { settings: { current: { ...SETTINGS_1, debugLog: true } } };
    expect(migrate(data, 1, 2, MIGRATIONS)).toMatchObject({
      settings: { current: { debugLog: true } },
    });
  });
});

describe('from version 2 to 3', () => {
  const SETTINGS_2 = { ...SETTINGS_1, privacyMode: true, stunServers: '', turnServers: '' };

  it('settings that a person changed keep their values, and the history is kept for 90 days', async () => {
    const local = new FakeArea({
      schema: 2,
      settings: { current: { ...SETTINGS_2, debugLog: true } },
    });
    const stores = await openBackgroundStores(local, new FakeArea());
    expect(stores.setAside).toEqual([]);
    expect(stores.settings.get()).toEqual({ ...SETTINGS_2, debugLog: true, historyDays: 90 });
    expect(local.data['schema']).toBe(SCHEMA_VERSION);
  });

  it('a value that is there already is not overwritten', () => {
    const data = { settings: { current: { ...SETTINGS_2, historyDays: 7 } } };
    expect(migrate(data, 2, 3, MIGRATIONS)).toEqual(data);
  });
});
