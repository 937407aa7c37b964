import { Show, type JSX } from 'solid-js';
import type { DeviceView } from '../../messaging/snapshot.ts';
import { ConfirmRemove } from '../common/ConfirmRemove.tsx';
import { HintedSwitch } from '../common/HintedSwitch.tsx';
import { RuleSwitch } from '../common/RuleSwitch.tsx';
import { createIntentRunner } from '../common/intent-runner.ts';
import { Problem } from '../common/Notice.tsx';
import { formatDate } from '../format.ts';
import { pathDetails } from '../path-words.ts';
import * as text from '../text.ts';
import type { ViewPort } from '../view-port.ts';

/** What one rarely needs: the rule, the check words, removing. */
export function DeviceDetails(props: { device: DeviceView; port: ViewPort }): JSX.Element {
  const { run, problem } = createIntentRunner(props.port);
  const deviceId = () => props.device.deviceId;
  return (
    <div class="stack stack-m">
      <RuleSwitch
        rule={props.device.rule}
        onChange={(rule) => void run({ type: 'device/rule', deviceId: deviceId(), rule })}
      />
      <HintedSwitch
        name={text.devices.shareRule}
        hint={text.devices.shareRuleHint}
        on={props.device.shareRule === 'always'}
        onChange={(on) =>
          void run({
            type: 'device/share-rule',
            deviceId: deviceId(),
            rule: on ? 'always' : 'ask',
          })
        }
      />
      <HintedSwitch
        name={text.devices.strip}
        hint={text.devices.stripHint}
        on={props.device.stripMetadata}
        onChange={(on) => void run({ type: 'device/strip', deviceId: deviceId(), on })}
      />
      <p class="small muted">
        <Show when={props.device.connection === 'connected' && props.device.path}>
          {(path) => (
            <>
              {text.devices.rates}: {pathDetails(path())}
              <br />
            </>
          )}
        </Show>
        <Show when={props.device.checkWords.length > 0}>
          {text.devices.checkWords}: <b>{props.device.checkWords.join(' ')}</b>
          <br />
        </Show>
        {text.devices.pairedOn(formatDate(props.device.pairedAt))} ·{' '}
        <span class="mono">{props.device.shortId}</span>
      </p>
      <Problem text={problem()} />
      <div class="row">
        <ConfirmRemove
          name={props.device.name}
          onRemove={() => void run({ type: 'device/remove', deviceId: deviceId() })}
        />
      </div>
    </div>
  );
}
