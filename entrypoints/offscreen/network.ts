/** A change of network comes as a burst of events: the last one counts, ms. */
const SETTLE_MS = 250;

/**
 * Calls back when the browser tells of another network ([IC9]): back online, or another kind of
 * link. What it does not tell, ICE notices by itself some seconds later.
 */
export function watchNetwork(onChange: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const changed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(onChange, SETTLE_MS);
  };
  addEventListener('online', changed);
  connectionOf(navigator)?.addEventListener('change', changed);
  return changed;
}

/** The Network Information API is Chromium's alone. */
function connectionOf(source: Navigator): EventTarget | undefined {
  const { connection } = source as Navigator & { connection?: unknown };
  return connection instanceof EventTarget ? connection : undefined;
}
