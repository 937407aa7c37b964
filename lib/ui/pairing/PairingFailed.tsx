import { Show, type JSX } from 'solid-js';
import type { PairingFailure } from '../../messaging/snapshot.ts';
import { Notice } from '../common/Notice.tsx';
import * as text from '../text.ts';

/** The sentence, its next step, and a way to the settings where that is the next step. */
export function PairingFailed(props: {
  reason: PairingFailure;
  onSettings: () => void;
}): JSX.Element {
  const words = () => text.pairingFailures[props.reason];
  return (
    <Notice tone="bad" title={words().what} body={words().next}>
      <Show when={props.reason === 'server-away'}>
        <div>
          <button type="button" class="button" onClick={() => props.onSettings()}>
            {text.pairing.openSettings}
          </button>
        </div>
      </Show>
    </Notice>
  );
}
