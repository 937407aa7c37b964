import { createEffect, Show, type JSX } from 'solid-js';
import type { DeviceView, Snapshot } from '../../messaging/snapshot.ts';
import type { SnapshotSource } from '../common/snapshot-store.ts';
import { createClock } from '../common/clock.ts';
import { Notice } from '../common/Notice.tsx';
import { formatAgo } from '../format.ts';
import * as text from '../text.ts';
import type { SendPort } from '../view-port.ts';
import { OutboxUsage } from './OutboxUsage.tsx';
import { SendForm } from './SendForm.tsx';

/** `send.html?device=<deviceId>`; `&again=<words>`: what of the history is to be chosen again. */
export function SendApp(props: {
  source: SnapshotSource;
  port: SendPort;
  deviceId: string;
  again?: string;
}): JSX.Element {
  const device = (snapshot: Snapshot) =>
    snapshot.devices.find((one) => one.deviceId === props.deviceId);
  return (
    <main class="page">
      <Show when={props.source.snapshot}>
        {(snapshot) => (
          <Show when={device(snapshot())} fallback={<NotPaired />}>
            {(found) => (
              <SendTo
                device={found()}
                snapshot={snapshot()}
                port={props.port}
                again={props.again ?? ''}
              />
            )}
          </Show>
        )}
      </Show>
    </main>
  );
}

function SendTo(props: {
  device: DeviceView;
  snapshot: Snapshot;
  port: SendPort;
  again: string;
}): JSX.Element {
  const now = createClock(30_000);
  const state = () => {
    const { presence, lastSeenAt } = props.device;
    const words = text.presence[presence];
    if (presence === 'online' || lastSeenAt === null) return words;
    return `${words} · ${text.devices.lastSeen(formatAgo(lastSeenAt, now()))}`;
  };
  createEffect(() => {
    document.title = text.send.title(props.device.name);
  });
  return (
    <>
      <header class="page-head device" data-presence={props.device.presence}>
        <img src="/icon/128.png" alt="" width="40" height="40" />
        <div class="grow">
          <h1>{text.send.title(props.device.name)}</h1>
          <p class="device-state">
            <span class="presence">{state()}</span>
          </p>
        </div>
      </header>
      <Show when={props.again}>
        <Notice tone="info" body={text.history.chooseWhat(props.again)} />
      </Show>
      <OutboxUsage outbox={props.snapshot.outbox} />
      <SendForm device={props.device} transfers={props.snapshot.transfers} port={props.port} />
    </>
  );
}

function NotPaired(): JSX.Element {
  document.title = text.send.gone;
  return (
    <>
      <h1>{text.send.gone}</h1>
      <Notice tone="info" body={text.send.goneHint} />
    </>
  );
}
