import { createUniqueId, type JSX } from 'solid-js';
import * as text from '../text.ts';

export function StripSwitch(props: { on: boolean; onChange: (on: boolean) => void }): JSX.Element {
  const id = createUniqueId();
  return (
    <label class="switch-row">
      <span id={`${id}-name`}>{text.devices.strip}</span>
      <span id={`${id}-hint`} class="hint small muted">
        {text.devices.stripHint}
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
