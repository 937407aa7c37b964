import { batch, createSignal } from 'solid-js';
import { createStore, reconcile, type SetStoreFunction } from 'solid-js/store';
import { keepFocus } from '../common/keep-focus.ts';
import type { ViewerSnapshot, ViewerSource } from './port.ts';

/** Solid lets a store's setter see writable fields only. */
type Stored = { -readonly [Part in keyof ViewerSnapshot]: ViewerSnapshot[Part] };

/** The page's parts of the snapshot as a Solid store: a second's statistics change texts in place. */
export function createViewerSource(
  follow: (onSnapshot: (snapshot: ViewerSnapshot) => void) => () => void,
): ViewerSource {
  const [snapshot, setSnapshot] = createSignal<ViewerSnapshot | null>(null);
  let update: SetStoreFunction<Stored> | undefined;
  follow(({ devices, shares }) => {
    const known = update;
    if (known !== undefined) {
      return keepFocus(() =>
        batch(() => {
          known('devices', reconcile(devices, { key: 'deviceId' }));
          known('shares', reconcile(shares, { key: 'shareId' }));
        }),
      );
    }
    const [store, set] = createStore<Stored>({ devices, shares });
    update = set;
    setSnapshot(store);
  });
  return {
    get snapshot() {
      return snapshot();
    },
  };
}
