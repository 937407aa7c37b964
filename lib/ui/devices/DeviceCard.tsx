import { AppWindow, Ellipsis, Globe, MonitorUp, Send, Type } from 'lucide';
import { createSignal, createUniqueId, Show, type JSX } from 'solid-js';
import type { DeviceView } from '../../messaging/snapshot.ts';
import { createFlash } from '../common/CopyButton.tsx';
import { Icon } from '../common/Icon.tsx';
import { createIntentRunner } from '../common/intent-runner.ts';
import { Problem } from '../common/Notice.tsx';
import * as text from '../text.ts';
import { shareTab } from '../shares/share-tab.ts';
import type { PopupPort } from '../view-port.ts';
import { DeviceDetails } from './DeviceDetails.tsx';
import { DeviceHead } from './DeviceHead.tsx';
import { TextForm } from './TextForm.tsx';

type Panel = 'none' | 'text' | 'details';

export function DeviceCard(props: {
  device: DeviceView;
  port: PopupPort;
  now: number;
}): JSX.Element {
  const [panel, setPanel] = createSignal<Panel>('none');
  const { run, problem, setProblem } = createIntentRunner(props.port);
  const flash = createFlash();
  const panelId = createUniqueId();
  const toggle = (which: Panel) => setPanel((now) => (now === which ? 'none' : which));
  const sendPage = async () => {
    const sent = await run({ type: 'send/page', deviceId: props.device.deviceId });
    if (sent) flash.tell(text.devices.sent);
  };
  const share = async () => {
    const code = await shareTab(props.port, props.device.deviceId);
    setProblem(code === '' ? '' : text.reasonText(code));
  };
  return (
    <li class="card device stack stack-m" data-presence={props.device.presence}>
      <DeviceHead device={props.device} now={props.now}>
        <button
          type="button"
          class="button quiet square"
          aria-label={text.devices.more(props.device.name)}
          aria-expanded={panel() === 'details'}
          aria-controls={panelId}
          onClick={() => toggle('details')}
        >
          <Icon node={Ellipsis} />
        </button>
      </DeviceHead>
      <div class="device-actions">
        <button
          type="button"
          class="button grow"
          classList={{ primary: props.device.presence === 'online' }}
          aria-label={text.devices.sendFilesTo(props.device.name)}
          onClick={() => void run({ type: 'open/send', deviceId: props.device.deviceId })}
        >
          <Icon node={Send} />
          {text.devices.sendFiles}
        </button>
        <button
          type="button"
          class="button"
          aria-label={text.devices.sendPageTo(props.device.name)}
          onClick={() => void sendPage()}
        >
          <Icon node={Globe} />
          <span aria-live="polite">{flash.told() || text.devices.sendPage}</span>
        </button>
        <button
          type="button"
          class="button"
          aria-label={text.devices.sendTextTo(props.device.name)}
          aria-expanded={panel() === 'text'}
          aria-controls={panelId}
          onClick={() => toggle('text')}
        >
          <Icon node={Type} />
          {text.devices.sendText}
        </button>
      </div>
      <div class="device-actions">
        <button
          type="button"
          class="button grow"
          aria-label={text.devices.shareTabWith(props.device.name)}
          onClick={() => void share()}
        >
          <Icon node={MonitorUp} />
          {text.devices.shareTab}
        </button>
        <button
          type="button"
          class="button"
          aria-label={text.devices.shareScreen(props.device.name)}
          title={text.devices.shareScreen(props.device.name)}
          onClick={() => void run({ type: 'share/screen', deviceId: props.device.deviceId })}
        >
          <Icon node={AppWindow} />
          {text.devices.shareScreenShort}
        </button>
      </div>
      <Problem text={problem()} />
      <div id={panelId} hidden={panel() === 'none'} class="device-more">
        <Show when={panel() === 'text'}>
          <TextForm device={props.device} port={props.port} />
        </Show>
        <Show when={panel() === 'details'}>
          <DeviceDetails device={props.device} port={props.port} />
        </Show>
      </div>
    </li>
  );
}
