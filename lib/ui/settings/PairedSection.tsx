import { For, Show, type JSX } from 'solid-js';
import type { DeviceView } from '../../messaging/snapshot.ts';
import { createClock } from '../common/clock.ts';
import { DeviceDetails } from '../devices/DeviceDetails.tsx';
import { DeviceHead } from '../devices/DeviceHead.tsx';
import * as text from '../text.ts';
import type { ViewPort } from '../view-port.ts';

export function PairedSection(props: {
  devices: readonly DeviceView[];
  port: ViewPort;
}): JSX.Element {
  const now = createClock(30_000);
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
              <DeviceDetails device={device} port={props.port} />
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}
