import { Show, type JSX } from 'solid-js';
import { maskTurnServers } from '../../ice/servers.ts';
import type { SettingsView } from '../../messaging/snapshot.ts';
import { Notice } from '../common/Notice.tsx';
import { checkStunServers, checkTurnServers } from '../server-lists.ts';
import * as text from './text.ts';
import type { ViewPort } from '../view-port.ts';
import { SavedField } from './SavedField.tsx';
import { saveSetting } from './save-setting.ts';
import { SettingSwitch } from './SettingSwitch.tsx';

/** As long as what an intent takes. */
const MAX_TURN_LENGTH = 8192;
const MAX_STUN_LENGTH = 4096;

/** How connections are made: past whom, and with whose help. */
export function ReachSection(props: {
  settings: SettingsView;
  relayKnown: boolean;
  /** A device is paired: only then a signaling server says what it offers. */
  relayAsked: boolean;
  port: ViewPort;
}): JSX.Element {
  return (
    <section class="card section">
      <h2>{text.reach.section}</h2>
      <SettingSwitch
        label={text.reach.privacyMode}
        hint={text.reach.privacyHint}
        on={props.settings.privacyMode}
        onChange={(privacyMode) => saveSetting(props.port, { privacyMode })}
      />
      <Show when={props.settings.privacyMode && !props.relayKnown}>
        <Show
          when={props.relayAsked}
          fallback={
            <Notice tone="info" title={text.reach.relayLater} body={text.reach.relayLaterHint} />
          }
        >
          <Notice tone="bad" title={text.reach.noRelay} body={text.reach.noRelayHint} />
        </Show>
      </Show>
      <SavedField
        label={text.reach.turnServers}
        hint={text.reach.turnHint}
        example={text.reach.turnExample}
        value={props.settings.turnServers}
        maxLength={MAX_TURN_LENGTH}
        rows={3}
        check={(typed) => checkTurnServers(typed, props.settings.turnServers)}
        shown={maskTurnServers}
        onSave={(turnServers) => saveSetting(props.port, { turnServers })}
      />
      <SavedField
        label={text.reach.stunServers}
        hint={text.reach.stunHint}
        example={text.reach.stunExample}
        value={props.settings.stunServers}
        maxLength={MAX_STUN_LENGTH}
        rows={2}
        check={checkStunServers}
        onSave={(stunServers) => saveSetting(props.port, { stunServers })}
      />
    </section>
  );
}
