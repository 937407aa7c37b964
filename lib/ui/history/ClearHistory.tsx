import { Trash2 } from 'lucide';
import { createSignal, Show, type JSX } from 'solid-js';
import { Icon } from '../common/Icon.tsx';
import * as text from '../text.ts';

/** The button, then the question in its place: nothing covers the page. */
export function ClearHistory(props: { onClear: () => void }): JSX.Element {
  const [asking, setAsking] = createSignal(false);
  let first: HTMLButtonElement | undefined;
  const keep = () => {
    setAsking(false);
    first?.focus();
  };
  const clear = () => {
    setAsking(false);
    props.onClear();
  };
  return (
    <Show
      when={asking()}
      fallback={
        <button
          type="button"
          class="button quiet"
          ref={(element) => (first = element)}
          onClick={() => setAsking(true)}
        >
          <Icon node={Trash2} />
          {text.history.clear}
        </button>
      }
    >
      <div
        class="card clear-question"
        role="group"
        aria-label={text.history.clearQuestion}
        onKeyDown={(event) => event.key === 'Escape' && keep()}
      >
        <p>
          <strong>{text.history.clearQuestion}</strong>
          <br />
          <span class="small muted">{text.history.clearHint}</span>
        </p>
        <div class="row">
          <button type="button" class="button danger" onClick={clear}>
            {text.history.clearYes}
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
