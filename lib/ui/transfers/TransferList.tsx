import { createMemo, createSignal, For, Show, type JSX } from 'solid-js';
import type { DeviceView, TransferView } from '../../messaging/snapshot.ts';
import { createClock } from '../common/clock.ts';
import * as text from '../text.ts';
import { hasEnded, inOrder } from '../transfer-view.ts';
import type { ViewPort } from '../view-port.ts';
import { TransferRow } from './TransferRow.tsx';

/** How many finished ones are shown before a person asks for the rest. */
const ENDED_SHOWN = 5;
/** "just now" is read at every update too; this is for quiet times. */
const AGO_EVERY_MS = 1000;

export function TransferList(props: {
  transfers: readonly TransferView[];
  /** Those that say which way a transfer takes. */
  devices: readonly DeviceView[];
  port: ViewPort;
}): JSX.Element {
  const now = createClock(AGO_EVERY_MS);
  const [all, setAll] = createSignal(false);
  const ordered = createMemo(() => inOrder(props.transfers));
  const shown = createMemo(() => {
    if (all()) return ordered();
    const live = ordered().filter((transfer) => !hasEnded(transfer));
    return ordered().slice(0, live.length + ENDED_SHOWN);
  });
  const hidden = () => ordered().length - shown().length;
  return (
    <>
      <ul class="stack transfers" aria-label={text.transfers.title}>
        <For each={shown()}>
          {(transfer) => (
            <TransferRow
              transfer={transfer}
              devices={props.devices}
              port={props.port}
              now={now()}
            />
          )}
        </For>
      </ul>
      <Show when={hidden() > 0}>
        <button type="button" class="button quiet" onClick={() => setAll(true)}>
          {text.transfers.showAll(hidden())}
        </button>
      </Show>
    </>
  );
}
