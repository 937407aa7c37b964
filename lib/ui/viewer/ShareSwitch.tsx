import { For, Show, type JSX } from 'solid-js';
import * as text from './text.ts';
import type { WatchedShare } from './port.ts';
import { shareTitle } from './share-words.ts';

/** Where several devices share, or one shares several tabs: each a button, one shown at a time. */
export function ShareSwitch(props: {
  shares: readonly WatchedShare[];
  shown: string | undefined;
  nameOf: (deviceId: string) => string;
  onShow: (shareId: string) => void;
}): JSX.Element {
  const remark = ({ state }: WatchedShare) => {
    if (state.type === 'asked') return text.viewer.asking;
    return state.type === 'ended' ? text.viewer.over : '';
  };
  return (
    <Show when={props.shares.length > 0}>
      <nav class="share-switch" aria-label={text.viewer.switcher}>
        <For each={props.shares}>
          {(share) => (
            <button
              type="button"
              class="button"
              aria-current={share.shareId === props.shown ? 'true' : undefined}
              onClick={() => props.onShow(share.shareId)}
            >
              <span class="truncate">{shareTitle(share)}</span>
              <span class="small muted truncate">{props.nameOf(share.deviceId)}</span>
              <Show when={remark(share)}>{(words) => <span class="badge">{words()}</span>}</Show>
            </button>
          )}
        </For>
      </nav>
    </Show>
  );
}
