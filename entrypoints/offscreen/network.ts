/** A change of network comes as a burst of events, ms. */
const BURST_MS = 1_000;

/**
 * Calls back when the browser tells of another network ([IC9]): back online, or another kind of
 * link. At once, and again at the end of a burst of events: only then may the new network be there.
 * What the browser does not tell, ICE notices by itself some seconds later.
 *
 * @returns to be called when somebody else has noticed
 */
export function watchNetwork(onChange: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let more: 'none' | 'some' = 'none';
  const changed = (): void => {
    if (timer === undefined) onChange();
    else more = 'some';
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      if (more === 'some') onChange();
      more = 'none';
    }, BURST_MS);
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
