import { createMemo, For, Show, type JSX } from 'solid-js';
import type { Snapshot } from '../../messaging/snapshot.ts';
import * as text from '../text.ts';
import type { ViewPort } from '../view-port.ts';
import { QualityFields } from './QualityFields.tsx';
import { deviceNameOf, sharesToShow } from './share-view.ts';
import { ShareRow } from './ShareRow.tsx';

/** Everything that is shared, both ways. Takes no room while there is nothing. */
export function ShareSection(props: { snapshot: Snapshot; port: ViewPort }): JSX.Element {
  const shown = createMemo(() => sharesToShow(props.snapshot.shares));
  const sharing = () =>
    props.snapshot.shares.some(({ role, state }) => role === 'sharer' && state.type !== 'ended');
  return (
    <Show when={shown().length > 0}>
      <section class="stack">
        <div class="section-head">
          <h2>{text.shares.title}</h2>
        </div>
        <ul class="stack" aria-label={text.shares.title}>
          <For each={shown()}>
            {(view) => (
              <ShareRow
                view={view}
                name={deviceNameOf(props.snapshot, view.deviceId)}
                port={props.port}
              />
            )}
          </For>
        </ul>
        <Show when={sharing()}>
          <QualityFields settings={props.snapshot.settings.share} port={props.port} />
        </Show>
      </section>
    </Show>
  );
}
