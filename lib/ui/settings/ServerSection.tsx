import type { JSX } from 'solid-js';
import type { SignalingView } from '../../messaging/snapshot.ts';
import { checkSignalingUrls } from '../signaling-url.ts';
import * as text from '../text.ts';
import type { ViewPort } from '../view-port.ts';
import { SavedField } from './SavedField.tsx';
import { saveSetting } from './save-setting.ts';

const MAX_URL_LENGTH = 2048;

const states: Readonly<Record<SignalingView['state'], string>> = {
  connecting: text.signaling.connecting,
  online: text.signaling.online,
  offline: text.signaling.notConnected,
};

export function ServerSection(props: {
  signaling: SignalingView;
  url: string;
  port: ViewPort;
}): JSX.Element {
  return (
    <section class="card section">
      <div class="row wrap">
        <h2 class="grow">{text.settings.serverSection}</h2>
        <span class="badge" data-state={props.signaling.state} role="status">
          {states[props.signaling.state]}
        </span>
      </div>
      <SavedField
        label={text.settings.server}
        hint={text.settings.serverHint}
        value={props.url}
        maxLength={MAX_URL_LENGTH}
        type="url"
        check={checkSignalingUrls}
        onSave={(signalingUrl) => saveSetting(props.port, { signalingUrl })}
      />
    </section>
  );
}
