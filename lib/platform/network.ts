/** What tells that the device may be in another network. */

/** The part of a worker's or page's global scope that is used here. */
export interface NetworkScope {
  addEventListener(event: 'online' | 'offline', listener: () => void): unknown;
  readonly navigator: object;
}

export interface NetworkListener {
  /** It is another one, or there is one again. */
  readonly onChange: () => void;
  /** Something about it changed, which may be no more than its estimated speed. */
  readonly onDoubt: () => void;
}

/** Registers at once: the event that wakes a worker is lost on listeners that come later. */
export function watchNetwork(scope: NetworkScope, { onChange, onDoubt }: NetworkListener): void {
  scope.addEventListener('online', onChange);
  scope.addEventListener('offline', onDoubt);
  const connection = connectionOf(scope.navigator);
  let type = connection?.type;
  connection?.addEventListener('change', () => {
    const before = type;
    type = connection.type;
    if (type === before) onDoubt();
    else onChange();
  });
}

/** Network Information API: not in every browser, and its `type` not on every system. */
function connectionOf(
  navigator: object,
): (EventTarget & { readonly type?: string | undefined }) | undefined {
  const { connection } = navigator as { connection?: unknown };
  return connection instanceof EventTarget ? connection : undefined;
}

/** The alarm comes every half minute; after a longer silence the machine was asleep. */
const SLEEP_MS = 90_000;

/** Notices sleep by the clock: nobody tells an extension of it. */
export class SleepWatch {
  #last: number | undefined;

  /** @returns whether the machine slept since the last call. */
  tick(now: number): boolean {
    const last = this.#last;
    this.#last = now;
    return last !== undefined && Math.abs(now - last) > SLEEP_MS;
  }
}
