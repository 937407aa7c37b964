import type { JSX } from 'solid-js';
import * as text from '../text.ts';

export function StripSwitch(props: { on: boolean; onChange: (on: boolean) => void }): JSX.Element {
  return (
    <label class="switch-row">
      <span>{text.devices.strip}</span>
      <span class="hint small muted">{text.devices.stripHint}</span>
      <input
        type="checkbox"
        role="switch"
        class="switch"
        checked={props.on}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
    </label>
  );
}
