import { MonitorSmartphone } from 'lucide';
import { Show, type JSX } from 'solid-js';
import type { DeviceView } from '../../messaging/snapshot.ts';
import { Icon } from '../common/Icon.tsx';
import { formatAgo } from '../format.ts';
import { connectionWords, pathDetails } from '../path-words.ts';
import * as text from '../text.ts';

/** Name, presence and path; `Online` and `Offline` are words first, colours second. */
export function DeviceHead(props: {
  device: DeviceView;
  now: number;
  children?: JSX.Element;
}): JSX.Element {
  const since = () =>
    props.device.lastSeenAt === null
      ? text.devices.neverSeen
      : text.devices.lastSeen(formatAgo(props.device.lastSeenAt, props.now));
  return (
    <div class="device-head">
      <span class="tile">
        <Icon node={MonitorSmartphone} />
        <span class="dot" />
      </span>
      <div class="grow">
        <p class="device-name truncate" title={props.device.name}>
          {props.device.name}
        </p>
        <p class="device-state">
          <span class="presence">{text.presence[props.device.presence]}</span>
          <Show
            when={props.device.presence === 'offline' && !connectionWords(props.device)}
          >{` · ${since()}`}</Show>
          <Show when={connectionWords(props.device)}>
            {(words) => (
              <>
                {' · '}
                <span class="path" title={props.device.path ? pathDetails(props.device.path) : ''}>
                  {words()}
                </span>
              </>
            )}
          </Show>
        </p>
      </div>
      {props.children}
    </div>
  );
}
