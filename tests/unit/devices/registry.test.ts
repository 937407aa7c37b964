import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { randomBytes, toBase64, toHex } from '../../../lib/crypto/bytes.ts';
import { rendezvousDay, rendezvousId, roomName } from '../../../lib/crypto/rendezvous.ts';
import { safeName } from '../../../lib/devices/names.ts';
import {
  deviceRecordSchema,
  displayName,
  PENDING_LIFETIME_MS,
  type DeviceRecord,
} from '../../../lib/devices/record.ts';
import { DeviceRegistry, type DeviceStore } from '../../../lib/devices/registry.ts';
import { nextRoomChange } from '../../../lib/devices/rooms.ts';
import { fromBase64 } from '../../../lib/crypto/bytes.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const IMAGE = { kind: 'image', count: 1, totalBytes: 10 } as const;

/** Only takes what its schema takes, as the real one does after a restart. */
class Store implements DeviceStore {
  readonly all = new Map<string, DeviceRecord>();
  async set(deviceId: string, record: DeviceRecord): Promise<void> {
    const stored: unknown = JSON.parse(JSON.stringify(record));
    const read = v.parse(deviceRecordSchema, stored);
    expect(read).toEqual(record);
    this.all.set(deviceId, read);
  }
  async delete(deviceId: string): Promise<void> {
    this.all.delete(deviceId);
  }
}

function device(name = 'Desktop', id = toHex(randomBytes(32))) {
  return {
    deviceId: id,
    name,
    rvRoot: toBase64(randomBytes(32)),
    checkWords: ['one', 'two', 'three'],
  };
}

function roomOn(rvRoot: string, at: number): string {
  return roomName(rendezvousId(fromBase64(rvRoot), rendezvousDay(at)));
}

function setUp() {
  const store = new Store();
  return { store, registry: new DeviceRegistry(store) };
}

describe('the registry of devices', () => {
  it('[PR12] a pending device is not shown, joins its room, and shows when confirmed', async () => {
    const { registry } = setUp();
    const desktop = device();
    await registry.addPending(desktop, NOON);
    expect(registry.list()).toEqual([]);
    expect(registry.get(desktop.deviceId)).toBeUndefined();
    expect(registry.rooms(NOON).get(roomOn(desktop.rvRoot, NOON))).toEqual({
      deviceId: desktop.deviceId,
      slot: 'pending',
    });
    await registry.confirm(desktop.deviceId, NOON + 1);
    await registry.confirm(desktop.deviceId, NOON + 2);
    expect(registry.list()).toMatchObject([{ name: 'Desktop', lastSeenAt: NOON + 1, rule: 'ask' }]);
    expect(registry.rooms(NOON).get(roomOn(desktop.rvRoot, NOON))?.slot).toBe('paired');
  });

  it('[PR12] a pending device is dropped after 24 h, a confirmed one never', async () => {
    const { registry } = setUp();
    const [pending, confirmed] = [device('A'), device('B')];
    await registry.addPending(pending, NOON);
    await registry.addPending(confirmed, NOON);
    await registry.confirm(confirmed.deviceId, NOON);
    expect(await registry.expirePending(NOON + PENDING_LIFETIME_MS - 1)).toEqual([]);
    expect(await registry.expirePending(NOON + PENDING_LIFETIME_MS)).toEqual([pending.deviceId]);
    expect(registry.rooms(NOON + 2 * DAY).size).toBe(1);
    expect(registry.list()).toHaveLength(1);
  });

  it('[PR13] pairing again keeps the old pair until the new one is confirmed', async () => {
    const { registry } = setUp();
    const first = device();
    await registry.addPending(first, NOON);
    await registry.confirm(first.deviceId, NOON);
    await registry.setRule(first.deviceId, 'always');
    const second = device('Desktop', first.deviceId);
    await registry.addPending(second, NOON + 1);

    const rooms = registry.rooms(NOON);
    expect(rooms.get(roomOn(first.rvRoot, NOON))?.slot).toBe('paired');
    expect(rooms.get(roomOn(second.rvRoot, NOON))?.slot).toBe('pending');
    expect(registry.list()).toHaveLength(1);

    await registry.dropPending(first.deviceId);
    expect([...registry.rooms(NOON).keys()]).toEqual([roomOn(first.rvRoot, NOON)]);

    await registry.addPending(second, NOON + 2);
    await registry.confirm(first.deviceId, NOON + 3);
    expect([...registry.rooms(NOON).keys()]).toEqual([roomOn(second.rvRoot, NOON)]);
    expect(registry.get(first.deviceId)).toMatchObject({ rule: 'always', addedAt: NOON });
  });

  it('[PR13] an expired second pairing leaves the first one', async () => {
    const { registry } = setUp();
    const first = device();
    await registry.addPending(first, NOON);
    await registry.confirm(first.deviceId, NOON);
    await registry.addPending(device('Desktop', first.deviceId), NOON);
    expect(await registry.expirePending(NOON + DAY)).toEqual([first.deviceId]);
    expect(registry.list()).toMatchObject([{ state: { type: 'paired' } }]);
    expect(registry.rooms(NOON + DAY).get(roomOn(first.rvRoot, NOON + DAY))?.slot).toBe('paired');
  });

  it('renames, and gives the own name back for an empty one', async () => {
    const { registry } = setUp();
    const desktop = device('Desktop');
    await registry.addPending(desktop, NOON);
    await registry.confirm(desktop.deviceId, NOON);
    const shown = () => registry.list().map(displayName);
    await registry.rename(desktop.deviceId, '  Living\u202e room\n');
    expect(shown()).toEqual(['Living room']);
    await registry.rename(desktop.deviceId, ' \u200b');
    expect(shown()).toEqual(['Desktop']);
  });

  it('evaluates rules; unknown and pending devices are never accepted unasked', async () => {
    const { registry } = setUp();
    const desktop = device();
    expect(registry.decide(desktop.deviceId, IMAGE)).toBe('ask');
    await registry.addPending(desktop, NOON);
    await registry.setRule(desktop.deviceId, 'always');
    expect(registry.decide(desktop.deviceId, IMAGE)).toBe('ask');
    await registry.confirm(desktop.deviceId, NOON);
    expect(registry.decide(desktop.deviceId, IMAGE)).toBe('ask');
    await registry.setRule(desktop.deviceId, 'always');
    expect(registry.decide(desktop.deviceId, IMAGE)).toBe('accept');
    await registry.remove(desktop.deviceId);
    expect(registry.decide(desktop.deviceId, IMAGE)).toBe('ask');
    expect(registry.rooms(NOON).size).toBe(0);
  });

  it('lists by the shown name and remembers when each was seen', async () => {
    const { registry } = setUp();
    for (const name of ['zeta', 'Alpha', 'mitte']) {
      const one = device(name);
      await registry.addPending(one, NOON);
      await registry.confirm(one.deviceId, NOON);
      await registry.seen(one.deviceId, NOON + 7);
    }
    expect(registry.list().map(({ name }) => name)).toEqual(['Alpha', 'mitte', 'zeta']);
    expect(registry.list().map(({ lastSeenAt }) => lastSeenAt)).toEqual(Array(3).fill(NOON + 7));
  });

  it('changes to a device that is not there do nothing', async () => {
    const { registry, store } = setUp();
    const id = device().deviceId;
    await registry.confirm(id, NOON);
    await registry.dropPending(id);
    await registry.rename(id, 'x');
    await registry.seen(id, NOON);
    await registry.remove(id);
    expect(store.all.size).toBe(0);
  });

  it('metadata stays in pictures until a person wants it out, for each device by itself', async () => {
    const { registry, store } = setUp();
    const [a, b] = [device('A'), device('B')];
    for (const each of [a, b]) {
      await registry.addPending(each, NOON);
      await registry.confirm(each.deviceId, NOON);
    }
    expect(registry.stripsMetadata(a.deviceId)).toBe(false);
    await registry.setStripMetadata(a.deviceId, true);
    expect([a, b].map(({ deviceId }) => registry.stripsMetadata(deviceId))).toEqual([true, false]);
    // Pairing again, another rule or name do not lose it; the next start reads it.
    await registry.addPending({ ...device('A'), deviceId: a.deviceId }, NOON);
    await registry.setRule(a.deviceId, 'always');
    expect(new DeviceRegistry(store).stripsMetadata(a.deviceId)).toBe(true);
    await registry.setStripMetadata(a.deviceId, false);
    expect(registry.stripsMetadata(a.deviceId)).toBe(false);
    expect(registry.stripsMetadata('no such device')).toBe(false);
  });
});

describe('rooms', () => {
  it('[RC2] today’s; the neighbour’s within 2 h of midnight; the server’s day when clocks differ', async () => {
    const { registry } = setUp();
    const desktop = device();
    await registry.addPending(desktop, NOON);
    const days = (now: number, server?: number) => [...registry.rooms(now, server).keys()].sort();
    const on = (...times: number[]) => times.map((at) => roomOn(desktop.rvRoot, at)).sort();
    const midnight = NOON + 12 * HOUR;
    expect(days(NOON)).toEqual(on(NOON));
    expect(days(midnight - 2 * HOUR)).toEqual(on(NOON, midnight));
    expect(days(midnight)).toEqual(on(NOON, midnight));
    expect(days(midnight + 2 * HOUR - 1)).toEqual(on(NOON, midnight));
    expect(days(midnight + 2 * HOUR)).toEqual(on(midnight));
    expect(days(NOON, NOON + 13 * HOUR)).toEqual(on(NOON, midnight));
    expect(days(NOON, NOON + 2 * HOUR)).toEqual(on(NOON));
  });

  it('[RC2] nextRoomChange is exactly when the set of rooms is another', async () => {
    const { registry } = setUp();
    const desktop = device();
    await registry.addPending(desktop, 0);
    await registry.confirm(desktop.deviceId, 0);
    for (const skew of [undefined, 5 * HOUR, -30 * HOUR]) {
      const rooms = (at: number) =>
        [...registry.rooms(at, skew === undefined ? undefined : at + skew).keys()].sort().join();
      let now = NOON + 17;
      for (let i = 0; i < 12; i++) {
        const next = nextRoomChange(now, skew === undefined ? undefined : now + skew);
        expect(next).toBeGreaterThan(now);
        expect(rooms(next - 1)).toBe(rooms(now));
        now = next;
      }
      expect(now).toBeGreaterThan(NOON + 2 * DAY);
    }
  });

  it('[PR12] nextChange also comes for a pending pair’s end, at once if that is past', async () => {
    const { registry } = setUp();
    await registry.addPending(device(), NOON - DAY + 60_000);
    expect(registry.nextChange(NOON)).toBe(NOON + 60_000);
    expect(registry.nextChange(NOON + 2 * 60_000)).toBe(NOON + 2 * 60_000);
  });
});

describe('names', () => {
  it.each([
    ['Laptop', 'Laptop'],
    ['  a \n b\tc ', 'a b c'],
    ['\u202Egnp.exe', 'gnp.exe'],
    ['a\u0000b\u001b[31m', 'ab[31m'],
    ['\u2066x\u2069', 'x'],
    ['', 'Device'],
    ['\u200b \u00ad', 'Device'],
    ['👩‍💻 Büro', '👩‍💻 Büro'],
    ['\ud800', 'Device'],
  ])('[PR15] [BP2] %j becomes %j', (text, name) => {
    expect(safeName(text)).toBe(name);
  });

  it('[PR15] at most 64 characters, cut between code points, quickly', () => {
    expect([...safeName('😀'.repeat(100))]).toHaveLength(64);
    expect(safeName('x'.repeat(5_000_000))).toBe('x'.repeat(64));
  });
});
