import type { JSX } from 'solid-js';
import type { DeviceRuleView } from '../../messaging/snapshot.ts';
import * as text from '../text.ts';

export function RuleSwitch(props: {
  rule: DeviceRuleView;
  onChange: (rule: DeviceRuleView) => void;
}): JSX.Element {
  return (
    <label class="switch-row">
      <span>{text.devices.rule}</span>
      <span class="hint small muted">{text.devices.ruleHint}</span>
      <input
        type="checkbox"
        role="switch"
        class="switch"
        checked={props.rule === 'always'}
        onChange={(event) => props.onChange(event.currentTarget.checked ? 'always' : 'ask')}
      />
    </label>
  );
}
