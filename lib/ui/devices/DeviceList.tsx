import { For, Show, type JSX } from 'solid-js';
import type { DeviceView } from '../../messaging/snapshot.ts';
import { createClock } from '../common/clock.ts';
import * as text from '../text.ts';
import type { PopupPort } from '../view-port.ts';
import { DeviceCard } from './DeviceCard.tsx';

/** "2 minutes ago" needs no more than this. */
const AGO_EVERY_MS = 30_000;

export function DeviceList(props: {
  devices: readonly DeviceView[];
  port: PopupPort;
}): JSX.Element {
  const now = createClock(AGO_EVERY_MS);
  return (
    <>
      <Show when={props.devices.length === 0}>
        <EmptyDevices />
      </Show>
      <ul class="stack" aria-label={text.devices.title}>
        <For each={props.devices}>
          {(device) => <DeviceCard device={device} port={props.port} now={now()} />}
        </For>
      </ul>
    </>
  );
}

/** The first thing a new person sees: what this does, and the three steps to it. */
function EmptyDevices(): JSX.Element {
  return (
    <div class="card empty stack stack-m">
      <h3>{text.devices.emptyTitle}</h3>
      <p class="muted">{text.devices.emptyBody}</p>
      <ol class="steps">
        <For each={text.devices.emptySteps}>{(step) => <li>{step}</li>}</For>
      </ol>
    </div>
  );
}
