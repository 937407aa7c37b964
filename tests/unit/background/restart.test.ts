import { beforeEach, describe, expect, it } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';
import type { App } from '../../../entrypoints/background/app.ts';
import { onCall } from '../../../entrypoints/background/on-call.ts';
import { onIntent } from '../../../entrypoints/background/on-intent.ts';
import { DESK, EMPTY_STATE, FakeWorld, pair, PHONE, transfer } from './fakes.ts';

const MINUTE = 60_000;

/** The worker dies: the next one goes on over the same storage. */

let world: FakeWorld;
let app: App;

beforeEach(async () => {
  world = new FakeWorld();
  app = await world.startWorker();
  await pair(app, DESK, 'Desk');
});

describe('a new worker', () => {
  it('work that was under way opens the document again after a restart of the browser', async () => {
    await app.onState({
      ...EMPTY_STATE,
      transfers: [transfer({ state: 'transferring' } as never)],
    });
    world.session.data = {};
    world.host.present = false;
    const before = world.host.creations;
    await world.nextWorker();
    expect(world.host.creations).toBe(before + 1);
  });

  it('nothing under way leaves the document closed', async () => {
    await app.onState(EMPTY_STATE);
    await world.nextWorker();
    expect(world.host.creations).toBe(0);
  });

  it('devices, names and rules are there again', async () => {
    await onIntent(app, { type: 'device/rename', deviceId: DESK, name: 'My desk' });
    await onIntent(app, { type: 'settings/set', settings: { deviceName: 'Laptop' } });
    const next = await world.nextWorker();
    expect(next.devices.confirmed()).toEqual([{ deviceId: DESK, name: 'My desk' }]);
    expect(next.deviceName).toBe('Laptop');
  });

  it('a worker that finds the document open takes its state over', async () => {
    world.host.present = true;
    const next = await world.nextWorker();
    expect(world.callTypes).toContain('state/get');
    expect(next.stores.self.get().deviceId).toBe(EMPTY_STATE.self.deviceId);
    expect(world.host.creations).toBe(0);
  });
});

it('[PR12] a pairing that nobody confirmed is dropped after a day', async () => {
  await onCall(app, {
    type: 'device/paired',
    deviceId: PHONE,
    name: 'Phone',
    checkWords: [],
    rvRoot: btoa('p'.repeat(32)),
    state: 'pending',
  });
  expect(app.devices.rooms(0).size).toBe(2);
  expect(app.devices.confirmed()).toHaveLength(1);
  world.now += 24 * 60 * MINUTE;
  await app.keep();
  expect(new Set(app.devices.rooms(0).values())).toEqual(new Set([DESK]));
});

it('a record that cannot be read is set aside, told, and stops nothing else', async () => {
  const devices = world.local.data['devices'] as Record<string, object>;
  const broken = { ...devices[DESK], rule: 'sometimes' };
  world.local.data['devices'] = { ...devices, [PHONE]: broken };
  const next = await world.nextWorker();
  expect(next.problem).toBe('records-set-aside');
  expect(next.devices.confirmed()).toEqual([{ deviceId: DESK, name: 'Desk' }]);
  expect(world.local.data['backup:devices']).toEqual({ [PHONE]: broken });
  expect(Object.keys(fakeBrowser.notifications.getAllCreateOptions())).toEqual([
    'trouble:records-set-aside',
  ]);
  expect((await world.nextWorker()).problem).toBeUndefined();
});
