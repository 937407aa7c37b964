import { watchNetwork, type NetworkScope } from '../../lib/platform/network.ts';

/** A change of network comes as a burst of events, ms. */
const BURST_MS = 1_000;

/**
 * Calls back when the browser tells of another network ([IC9]): at once, and again at the end of a
 * burst of events, for only then may the new network be there. What the browser does not tell, ICE
 * notices by itself some seconds later.
 *
 * @returns to be called when somebody else has noticed
 */
export function watchNetworkBursts(scope: NetworkScope, onChange: () => void): () => void {
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
  // A connection that is in doubt only has ICE to ask, which does so by itself.
  watchNetwork(scope, { onChange: changed, onDoubt: () => undefined });
  return changed;
}
