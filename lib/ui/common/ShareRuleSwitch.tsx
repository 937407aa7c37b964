import { createUniqueId, type JSX } from 'solid-js';
import type { DeviceRuleView } from '../../messaging/snapshot.ts';
import * as text from '../text.ts';

export function ShareRuleSwitch(props: {
  rule: DeviceRuleView;
  onChange: (rule: DeviceRuleView) => void;
}): JSX.Element {
  const id = createUniqueId();
  return (
    <label class="switch-row">
      <span id={`${id}-name`}>{text.devices.shareRule}</span>
      <span id={`${id}-hint`} class="hint small muted">
        {text.devices.shareRuleHint}
      </span>
      <input
        type="checkbox"
        role="switch"
        class="switch"
        aria-labelledby={`${id}-name`}
        aria-describedby={`${id}-hint`}
        checked={props.rule === 'always'}
        onChange={(event) => props.onChange(event.currentTarget.checked ? 'always' : 'ask')}
      />
    </label>
  );
}
