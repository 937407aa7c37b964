import { shortDeviceId } from '../../lib/crypto/identity.ts';
import { deviceRecordSchema, displayName, type DeviceRecord } from '../../lib/devices/record.ts';
import { DeviceRegistry } from '../../lib/devices/registry.ts';
import type { Decision, DeviceRule, OfferFacts, ShareFacts } from '../../lib/devices/rules.ts';
import type { BackgroundCall } from '../../lib/messaging/background-calls.ts';
import type { DeviceView } from '../../lib/messaging/snapshot.ts';
import type { BackgroundStores } from '../../lib/storage/background-stores.ts';

/** The registry with its store, telling of every change, in the terms of views and menus. */
export class DeviceBook {
  readonly #registry: DeviceRegistry;
  readonly #now: () => number;
  /** Names, rules, rooms or the list itself changed. */
  onChange: () => void = () => {};

  private constructor(registry: DeviceRegistry, now: () => number) {
    this.#registry = registry;
    this.#now = now;
  }

  static async open(
    stores: Pick<BackgroundStores, 'load'>,
    now: () => number = Date.now,
  ): Promise<DeviceBook> {
    const records = await stores.load('devices', deviceRecordSchema);
    return new DeviceBook(new DeviceRegistry(records), now);
  }

  /** Those a person knows of, as the menu names them. */
  confirmed(): { deviceId: string; name: string }[] {
    return this.#registry
      .list()
      .map((record) => ({ deviceId: record.deviceId, name: displayName(record) }));
  }

  has(deviceId: string): boolean {
    return this.#registry.get(deviceId) !== undefined;
  }

  /** Empty for a device that is not known. */
  nameOf(deviceId: string): string {
    const record = this.#registry.get(deviceId);
    return record === undefined ? '' : displayName(record);
  }

  view(
    online: ReadonlySet<string>,
    connections: Readonly<Record<string, Connected>>,
  ): DeviceView[] {
    return this.#registry
      .list()
      .map((record) => deviceView(record, online, connections[record.deviceId] ?? NOT_CONNECTED));
  }

  /** Room → device, for every room to be in now ([RC2]). */
  rooms(serverOffsetMs: number): ReadonlyMap<string, string> {
    const now = this.#now();
    const rooms = this.#registry.rooms(now, now + serverOffsetMs);
    return new Map([...rooms].map(([room, { deviceId }]) => [room, deviceId]));
  }

  decide(deviceId: string, offer: OfferFacts): Decision {
    return this.#registry.decide(deviceId, offer);
  }

  decideShare(deviceId: string, facts: ShareFacts): Decision {
    return this.#registry.decideShare(deviceId, facts);
  }

  async paired(pairing: Extract<BackgroundCall, { type: 'device/paired' }>): Promise<void> {
    const { deviceId, name, rvRoot, checkWords } = pairing;
    await this.#registry.addPending({ deviceId, name, rvRoot, checkWords }, this.#now());
    if (pairing.state === 'confirmed') await this.#registry.confirm(deviceId, this.#now());
    this.onChange();
  }

  async confirm(deviceId: string): Promise<void> {
    await this.#registry.confirm(deviceId, this.#now());
    this.onChange();
  }

  async drop(deviceId: string, what: 'pending' | 'all'): Promise<void> {
    if (what === 'all') await this.#registry.remove(deviceId);
    else await this.#registry.dropPending(deviceId);
    this.onChange();
  }

  async rename(deviceId: string, name: string): Promise<void> {
    await this.#registry.rename(deviceId, name);
    this.onChange();
  }

  async setRule(deviceId: string, rule: DeviceRule): Promise<void> {
    await this.#registry.setRule(deviceId, rule);
    this.onChange();
  }

  async setShareRule(deviceId: string, rule: DeviceRule): Promise<void> {
    await this.#registry.setShareRule(deviceId, rule);
    this.onChange();
  }

  async setStripMetadata(deviceId: string, on: boolean): Promise<void> {
    await this.#registry.setStripMetadata(deviceId, on);
    this.onChange();
  }

  stripsMetadata(deviceId: string): boolean {
    return this.#registry.stripsMetadata(deviceId);
  }

  /** Its presence changed: now is when it was last there. Rooms and menus stay as they are. */
  async seen(deviceId: string): Promise<void> {
    await this.#registry.seen(deviceId, this.#now());
  }

  /** [PR12] The document drops their secrets by itself when it next reads them. */
  async expirePending(): Promise<void> {
    const expired = await this.#registry.expirePending(this.#now());
    if (expired.length > 0) this.onChange();
  }
}

interface Connected {
  readonly state: DeviceView['connection'];
  readonly path: DeviceView['path'];
}
const NOT_CONNECTED: Connected = { state: 'none', path: null };

function deviceView(
  record: DeviceRecord,
  online: ReadonlySet<string>,
  { state: connection, path }: Connected,
): DeviceView {
  const { deviceId, lastSeenAt, addedAt, rule, shareRule, stripMetadata, state } = record;
  const standing = connection === 'connected' || connection === 'restarting';
  return {
    deviceId,
    shortId: shortDeviceId(deviceId),
    name: displayName(record),
    // A connection outlives the socket it was signaled through ([RC9]).
    presence: standing || online.has(deviceId) ? 'online' : 'offline',
    lastSeenAt: lastSeenAt ?? null,
    pairedAt: addedAt,
    connection,
    path,
    rule,
    shareRule: shareRule ?? 'ask',
    stripMetadata: stripMetadata ?? false,
    checkWords: state.pairing.checkWords,
  };
}
