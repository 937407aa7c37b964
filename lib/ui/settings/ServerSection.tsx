import type { JSX } from 'solid-js';
import type { SignalingView } from '../../messaging/snapshot.ts';
import { parseServerList } from '../../signaling/server-list.ts';
import { checkSignalingUrls, signalingWords } from '../signaling-url.ts';
import * as text from './text.ts';
import type { ViewPort } from '../view-port.ts';
import { SavedField, type Checked } from './SavedField.tsx';
import { saveSetting } from './save-setting.ts';

const MAX_URL_LENGTH = 2048;

/** One address a line: two in a row are wider than a small window. */
const asLines = (list: string) => parseServerList(list).join('\n');

function check(typed: string): Checked {
  const checked = checkSignalingUrls(typed);
  return checked.type === 'good' ? { ...checked, value: asLines(checked.value) } : checked;
}

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
          {signalingWords(props.signaling, props.url)}
        </span>
      </div>
      <SavedField
        label={text.settings.server}
        hint={text.settings.serverHint}
        value={asLines(props.url)}
        maxLength={MAX_URL_LENGTH}
        type="url"
        rows={2}
        enterSaves
        check={check}
        onSave={(lines) =>
          saveSetting(props.port, { signalingUrl: parseServerList(lines).join(' ') })
        }
      />
    </section>
  );
}
