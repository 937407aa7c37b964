import { MonitorOff } from 'lucide';
import { Show, type JSX } from 'solid-js';
import { Icon } from '../common/Icon.tsx';
import * as text from './text.ts';

/** Why it is over. */
export function EndCard(props: {
  what: string;
  next: string | undefined;
  onClose: () => void;
}): JSX.Element {
  return (
    <section class="viewer-card nothing">
      <Icon node={MonitorOff} class="big" />
      <h2>{props.what}</h2>
      <Show when={props.next}>
        <p class="muted">{props.next}</p>
      </Show>
      <button type="button" class="button" onClick={() => props.onClose()}>
        {text.viewer.close}
      </button>
    </section>
  );
}
