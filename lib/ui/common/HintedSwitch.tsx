import { createUniqueId, type JSX } from 'solid-js';

/** A switch with a sentence about it, which a screen reader says after its name. */
export function HintedSwitch(props: {
  name: string;
  hint: string;
  on: boolean;
  onChange: (on: boolean) => void;
}): JSX.Element {
  const id = createUniqueId();
  return (
    <label class="switch-row">
      <span id={`${id}-name`}>{props.name}</span>
      <span id={`${id}-hint`} class="hint small muted">
        {props.hint}
      </span>
      <input
        type="checkbox"
        role="switch"
        class="switch"
        aria-labelledby={`${id}-name`}
        aria-describedby={`${id}-hint`}
        checked={props.on}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
    </label>
  );
}
