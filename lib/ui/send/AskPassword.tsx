import { createUniqueId, Show, type JSX } from 'solid-js';
import { MAX_PASSWORD_CHARACTERS } from '../../protocol/limits.ts';
import * as text from '../text.ts';

/** Null: none is asked for. It is shown as it is typed: it has to be told to somebody. */
export function AskPassword(props: {
  password: string | null;
  onChange: (password: string | null) => void;
}): JSX.Element {
  const id = createUniqueId();
  return (
    <div class="stack">
      <label class="switch-row">
        <span id={`${id}-ask`}>{text.lock.ask}</span>
        <span id={`${id}-hint`} class="hint small muted">
          {text.lock.askHint}
        </span>
        <input
          type="checkbox"
          role="switch"
          class="switch"
          aria-labelledby={`${id}-ask`}
          aria-describedby={`${id}-hint`}
          checked={props.password !== null}
          onChange={(event) => props.onChange(event.currentTarget.checked ? '' : null)}
        />
      </label>
      <Show when={props.password !== null}>
        <div class="field">
          <label for={id}>{text.lock.own}</label>
          <input
            id={id}
            class="input"
            type="text"
            autocomplete="off"
            spellcheck={false}
            maxlength={MAX_PASSWORD_CHARACTERS}
            value={props.password ?? ''}
            onInput={(event) => props.onChange(event.currentTarget.value)}
          />
        </div>
      </Show>
    </div>
  );
}
