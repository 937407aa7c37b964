/**
 * The paired devices, over whatever keeps the records: what is shown, where each one is met, and
 * what becomes of a pairing until both sides have said it holds ([PR12], [PR13]).
 */
import { safeName } from './names.ts';
import { displayName, PENDING_LIFETIME_MS, type DeviceRecord, type Pairing } from './record.ts';
import { nextRoomChange, roomsOf } from './rooms.ts';
import {
  decide,
  decideShare,
  type Decision,
  type DeviceRule,
  type OfferFacts,
  type ShareFacts,
} from './rules.ts';
import type { RoomOwner } from './slots.ts';

/** In memory as on disk: reads never wait, a write is visible at once and resolves when it is kept. */
export interface DeviceStore {
  readonly all: ReadonlyMap<string, DeviceRecord>;
  set(deviceId: string, record: DeviceRecord): Promise<void>;
  delete(deviceId: string): Promise<void>;
}

export interface NewDevice extends Pairing {
  readonly deviceId: string;
  /** As the peer says it. */
  readonly name: string;
  readonly platform?: string;
}

export class DeviceRegistry {
  readonly #store: DeviceStore;

  constructor(store: DeviceStore) {
    this.#store = store;
  }

  /** Those a person knows of, by name: pending ones are not shown. */
  list(): DeviceRecord[] {
    return [...this.#store.all.values()]
      .filter((record) => record.state.type !== 'pending')
      .sort((a, b) => displayName(a).localeCompare(displayName(b)) || a.addedAt - b.addedAt);
  }

  /** One that is shown. */
  get(deviceId: string): DeviceRecord | undefined {
    const record = this.#store.all.get(deviceId);
    return record?.state.type === 'pending' ? undefined : record;
  }

  /** After n3. A known device keeps working as it was until the new pairing is confirmed. */
  async addPending(device: NewDevice, now: number): Promise<void> {
    const { deviceId, rvRoot, checkWords, platform } = device;
    const pairing = { rvRoot, checkWords };
    const known = this.get(deviceId);
    if (known !== undefined) {
      const before = known.state.pairing;
      const state = { type: 'pairing-again', pairing: before, next: pairing, since: now } as const;
      await this.#set({ ...known, state });
      return;
    }
    await this.#set({
      deviceId,
      name: safeName(device.name),
      ...(platform === undefined ? {} : { platform }),
      addedAt: now,
      rule: 'ask',
      state: { type: 'pending', pairing, since: now },
    });
  }

  /** The peer has said so too. Twice does no harm. */
  async confirm(deviceId: string, now: number): Promise<void> {
    const record = this.#store.all.get(deviceId);
    if (record === undefined || record.state.type === 'paired') return;
    const { state } = record;
    const pairing = state.type === 'pending' ? state.pairing : state.next;
    await this.#set({ ...record, lastSeenAt: now, state: { type: 'paired', pairing } });
  }

  /** A pairing taken back before it was confirmed; a device known from before stays. */
  async dropPending(deviceId: string): Promise<void> {
    const record = this.#store.all.get(deviceId);
    if (record?.state.type === 'pending') await this.#store.delete(deviceId);
    if (record?.state.type === 'pairing-again') {
      await this.#set({ ...record, state: { type: 'paired', pairing: record.state.pairing } });
    }
  }

  /** @returns the devices whose pending pairing is gone: their secrets go too. */
  async expirePending(now: number): Promise<string[]> {
    const expired = [...this.#store.all.values()].filter(
      ({ state }) => state.type !== 'paired' && now - state.since >= PENDING_LIFETIME_MS,
    );
    for (const { deviceId } of expired) await this.dropPending(deviceId);
    return expired.map(({ deviceId }) => deviceId);
  }

  async remove(deviceId: string): Promise<void> {
    await this.#store.delete(deviceId);
  }

  /** An empty name gives the device's own name back. */
  async rename(deviceId: string, name: string): Promise<void> {
    const label = safeName(name, '');
    await this.#change(deviceId, ({ label: _old, ...record }) =>
      label === '' ? record : { ...record, label },
    );
  }

  async setRule(deviceId: string, rule: DeviceRule): Promise<void> {
    await this.#change(deviceId, (record) => ({ ...record, rule }));
  }

  async setShareRule(deviceId: string, shareRule: DeviceRule): Promise<void> {
    await this.#change(deviceId, (record) => ({ ...record, shareRule }));
  }

  /** Whether pictures go to it without place, camera and the like. */
  async setStripMetadata(deviceId: string, on: boolean): Promise<void> {
    await this.#change(deviceId, (record) => ({ ...record, stripMetadata: on }));
  }

  stripsMetadata(deviceId: string): boolean {
    return this.#store.all.get(deviceId)?.stripMetadata ?? false;
  }

  async seen(deviceId: string, now: number): Promise<void> {
    await this.#change(deviceId, (record) => ({ ...record, lastSeenAt: now }));
  }

  /** Unknown and pending devices are never accepted unasked. */
  decide(deviceId: string, offer: OfferFacts): Decision {
    const record = this.get(deviceId);
    return record === undefined ? 'ask' : decide(record.rule, offer);
  }

  /** As `decide`, of a share. */
  decideShare(deviceId: string, facts: ShareFacts): Decision {
    const record = this.get(deviceId);
    return record === undefined ? 'ask' : decideShare(record.shareRule ?? 'ask', facts);
  }

  /** Every room to be in now, pending pairings' included. */
  rooms(now: number, serverNow?: number): Map<string, RoomOwner> {
    return roomsOf(this.#store.all.values(), now, serverNow);
  }

  /** When `rooms` or `expirePending` next has something to do; our clock, ms. */
  nextChange(now: number, serverNow?: number): number {
    const expiries = [...this.#store.all.values()].flatMap(({ state }) =>
      state.type === 'paired' ? [] : state.since + PENDING_LIFETIME_MS,
    );
    return Math.max(now, Math.min(nextRoomChange(now, serverNow), ...expiries));
  }

  async #change(deviceId: string, edit: (record: DeviceRecord) => DeviceRecord): Promise<void> {
    const record = this.get(deviceId);
    if (record !== undefined) await this.#set(edit(record));
  }

  #set(record: DeviceRecord): Promise<void> {
    return this.#store.set(record.deviceId, record);
  }
}
