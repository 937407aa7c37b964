import { createSignal, Show, type JSX } from 'solid-js';
import { Trash2 } from 'lucide';
import * as text from '../text.ts';
import { Icon } from './Icon.tsx';

/** "Remove", then the question where the button was: nothing covers the page. */
export function ConfirmRemove(props: { name: string; onRemove: () => void }): JSX.Element {
  const [asking, setAsking] = createSignal(false);
  let first: HTMLButtonElement | undefined;
  const keep = () => {
    setAsking(false);
    first?.focus();
  };
  return (
    <Show
      when={asking()}
      fallback={
        <button
          type="button"
          class="button quiet flush"
          ref={(element) => (first = element)}
          aria-label={text.devices.removeName(props.name)}
          onClick={() => setAsking(true)}
        >
          <Icon node={Trash2} />
          {text.devices.remove}
        </button>
      }
    >
      <div
        class="stack grow"
        role="group"
        aria-label={text.devices.removeQuestion(props.name)}
        onKeyDown={(event) => event.key === 'Escape' && keep()}
      >
        <p>
          <strong>{text.devices.removeQuestion(props.name)}</strong>
          <br />
          <span class="small muted">{text.devices.removeHint}</span>
        </p>
        <div class="row">
          <button type="button" class="button danger" onClick={() => props.onRemove()}>
            {text.devices.remove}
          </button>
          <button
            type="button"
            class="button"
            ref={(element) => queueMicrotask(() => element.focus())}
            onClick={keep}
          >
            {text.devices.keep}
          </button>
        </div>
      </div>
    </Show>
  );
}
