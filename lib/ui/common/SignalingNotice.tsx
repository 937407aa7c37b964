import { Show, type JSX } from 'solid-js';
import type { SignalingView } from '../../messaging/snapshot.ts';
import { hostOf } from '../signaling-url.ts';
import * as text from '../text.ts';
import { Notice } from './Notice.tsx';

/** Said only when devices cannot be reached; a connection that works needs no words. */
export function SignalingNotice(props: {
  signaling: SignalingView;
  onSettings?: () => void;
}): JSX.Element {
  const unset = () => props.signaling.url === '';
  return (
    <Show when={props.signaling.state === 'offline'}>
      <Notice
        tone="info"
        title={unset() ? text.signaling.none : text.signaling.offline}
        body={
          unset()
            ? text.signaling.noneHint
            : text.signaling.offlineHint(hostOf(props.signaling.url))
        }
      >
        <Show when={props.onSettings}>
          {(open) => (
            <div>
              <button type="button" class="button" onClick={() => open()()}>
                {text.signaling.change}
              </button>
            </div>
          )}
        </Show>
      </Notice>
    </Show>
  );
}
