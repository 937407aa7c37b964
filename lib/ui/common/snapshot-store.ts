/** The snapshot as a Solid store, so that an update changes rows in place and keeps the focus. */
import { batch, createSignal } from 'solid-js';
import { createStore, reconcile, type SetStoreFunction } from 'solid-js/store';
import type { Snapshot } from '../../messaging/snapshot.ts';
import { keepFocus } from './keep-focus.ts';

/** Solid lets a store's setter see writable fields only. */
type Stored = { -readonly [Part in keyof Snapshot]: Snapshot[Part] };

export interface SnapshotSource {
  /** Null until background has answered for the first time. */
  readonly snapshot: Snapshot | null;
}

export function createSnapshotStore(
  follow: (onSnapshot: (snapshot: Snapshot) => void) => () => void,
): SnapshotSource {
  const [snapshot, setSnapshot] = createSignal<Snapshot | null>(null);
  let update: SetStoreFunction<Stored> | undefined;
  follow((next) => {
    const known = update;
    if (known !== undefined) return keepFocus(() => apply(known, next));
    const [store, set] = createStore<Stored>(next);
    update = set;
    setSnapshot(store);
  });
  return {
    get snapshot() {
      return snapshot();
    },
  };
}

function apply(set: SetStoreFunction<Stored>, next: Snapshot): void {
  batch(() => {
    set('self', reconcile(next.self));
    set('signaling', reconcile(next.signaling));
    set('settings', reconcile(next.settings));
    set('relayKnown', next.relayKnown);
    set('check', next.check && reconcile(next.check));
    set('outbox', next.outbox && reconcile(next.outbox));
    set('lastDeviceId', next.lastDeviceId);
    set('problem', next.problem);
    set('pairing', reconcile(next.pairing));
    set('devices', reconcile(next.devices, { key: 'deviceId' }));
    set('transfers', reconcile(next.transfers, { key: 'transferId' }));
    set('shares', reconcile(next.shares, { key: 'shareId' }));
  });
}
