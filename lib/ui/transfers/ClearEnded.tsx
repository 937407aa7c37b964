import type { JSX } from 'solid-js';
import { Show } from 'solid-js';
import type { TransferView } from '../../messaging/snapshot.ts';
import { createIntentRunner } from '../common/intent-runner.ts';
import * as text from '../text.ts';
import { clearable } from '../transfer-actions.ts';
import type { ViewPort } from '../view-port.ts';

/** Lets go of everything that is over at once; for a single one there is its own button. */
export function ClearEnded(props: {
  transfers: readonly TransferView[];
  port: ViewPort;
}): JSX.Element {
  const { run } = createIntentRunner(props.port);
  const clear = async () => {
    // One after the other: a refusal is that transfer's own, which then stays in the list.
    for (const { transferId } of clearable(props.transfers)) {
      await run({ type: 'transfer/dismiss', transferId });
    }
  };
  return (
    <Show when={clearable(props.transfers).length > 1}>
      <button type="button" class="button quiet clear" onClick={() => void clear()}>
        {text.transfers.clearEnded}
      </button>
    </Show>
  );
}
