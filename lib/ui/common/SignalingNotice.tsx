import { Show, type JSX } from 'solid-js';
import type { SignalingView } from '../../messaging/snapshot.ts';
import { parseServerList } from '../../signaling/server-list.ts';
import { hostOf } from '../url-host.ts';
import * as text from '../text.ts';
import { Notice } from './Notice.tsx';

/** Said only when devices cannot be reached; a connection that works needs no words. */
export function SignalingNotice(props: {
  signaling: SignalingView;
  /** As it is in the settings: one address or several. */
  servers: string;
  onSettings?: () => void;
}): JSX.Element {
  const words = () => {
    const { signaling } = props;
    if (signaling.state !== 'offline') return undefined;
    const host = hostOf(signaling.url);
    const count = parseServerList(props.servers).length;
    if (signaling.url === '') return { title: text.signaling.none, body: text.signaling.noneHint };
    return signaling.reason === 'incompatible'
      ? { title: text.signaling.incompatible, body: text.signaling.incompatibleHint(host) }
      : count > 1
        ? { title: text.signaling.offlineAll, body: text.signaling.offlineAllHint(count) }
        : { title: text.signaling.offline, body: text.signaling.offlineHint(host) };
  };
  return (
    <Show when={words()}>
      {(said) => (
        <Notice tone="info" title={said().title} body={said().body}>
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
      )}
    </Show>
  );
}
