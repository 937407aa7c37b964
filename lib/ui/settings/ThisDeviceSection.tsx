import { Show, type JSX } from 'solid-js';
import type { SelfView } from '../../messaging/snapshot.ts';
import { CopyButton } from '../common/CopyButton.tsx';
import * as text from './text.ts';
import type { ViewPort } from '../view-port.ts';
import { checkName, MAX_NAME_LENGTH } from './device-name.ts';
import { SavedField } from './SavedField.tsx';
import { saveSetting } from './save-setting.ts';

export function ThisDeviceSection(props: {
  self: SelfView;
  name: string;
  port: ViewPort;
}): JSX.Element {
  return (
    <section class="card section">
      <h2>{text.settings.deviceSection}</h2>
      <SavedField
        label={text.settings.deviceName}
        hint={text.settings.deviceNameHint}
        value={props.name}
        maxLength={MAX_NAME_LENGTH}
        check={checkName}
        onSave={(deviceName) => saveSetting(props.port, { deviceName })}
      />
      <div class="field">
        <span class="label">{text.settings.ownId}</span>
        <Show when={props.self.deviceId} fallback={<p class="field-note">{text.settings.noId}</p>}>
          <div class="row">
            <span class="id grow">{props.self.deviceId}</span>
            <CopyButton
              label={text.settings.copy}
              copied={text.settings.copied}
              failed={text.pairing.copyFailed}
              value={props.self.deviceId}
            />
          </div>
          <p class="field-note">{text.settings.ownIdHint}</p>
        </Show>
      </div>
    </section>
  );
}
