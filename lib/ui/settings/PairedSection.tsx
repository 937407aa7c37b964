import { For, Show, type JSX } from 'solid-js';
import type { DeviceView } from '../../messaging/snapshot.ts';
import { createClock } from '../common/clock.ts';
import { DeviceDetails } from '../devices/DeviceDetails.tsx';
import { DeviceHead } from '../devices/DeviceHead.tsx';
import * as text from './text.ts';
import type { ViewPort } from '../view-port.ts';
import { checkName, MAX_NAME_LENGTH } from './device-name.ts';
import { SavedField } from './SavedField.tsx';

export function PairedSection(props: {
  devices: readonly DeviceView[];
  port: ViewPort;
}): JSX.Element {
  const now = createClock(30_000);
  const rename = async (deviceId: string, name: string) => {
    const answer = await props.port.send({ type: 'device/rename', deviceId, name });
    return answer.ok ? '' : text.reasonText(answer.code);
  };
  return (
    <section class="card section">
      <h2>{text.settings.devicesSection}</h2>
      <Show when={props.devices.length === 0}>
        <p class="muted">{text.settings.noDevices}</p>
      </Show>
      <ul class="paired" aria-label={text.devices.title}>
        <For each={props.devices}>
          {(device) => (
            <li class="device" data-presence={device.presence}>
              <DeviceHead device={device} now={now()} />
              <SavedField
                label={text.settings.peerName(device.name)}
                hint={text.settings.peerNameHint}
                value={device.name}
                maxLength={MAX_NAME_LENGTH}
                check={checkName}
                onSave={(name) => rename(device.deviceId, name)}
              />
              <DeviceDetails device={device} port={props.port} />
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}
