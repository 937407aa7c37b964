import { Shield, ShieldAlert, ShieldCheck } from 'lucide';
import { Show, type JSX } from 'solid-js';
import type { Protection } from '../../share/states.ts';
import { Icon } from '../common/Icon.tsx';
import * as text from './text.ts';
import type { WatchedShare } from './port.ts';
import { streamWords } from './share-words.ts';

const icons = {
  protected: ShieldCheck,
  pending: Shield,
  unprotected: ShieldAlert,
} as const satisfies Record<Protection['type'], unknown>;

/** Numbers that change every second: to be found and read, and never read out by themselves. */
export function StreamDetails(props: { share: WatchedShare }): JSX.Element {
  const line = () => {
    const { line: known, state } = props.share;
    if (known !== null) return streamWords(known).join(' · ');
    if (state.type === 'connecting') return text.watchingStates.connecting;
    // The first figures come a second after the first frame.
    return state.type === 'watching' ? text.viewer.measuring : text.viewer.noPicture;
  };
  return (
    <div class="stream" role="status" aria-live="off" aria-label={text.viewer.details}>
      <p class="stream-line">{line()}</p>
      <ProtectionLine protection={props.share.protection} />
    </div>
  );
}

export function ProtectionLine(props: { protection: Protection }): JSX.Element {
  const hint = () => (props.protection.type === 'unprotected' ? text.protectionHint : undefined);
  return (
    <p class="protection" data-protection={props.protection.type} title={hint()}>
      <Show when={props.protection.type} keyed>
        {(type) => <Icon node={icons[type]} />}
      </Show>
      {text.protectionText(props.protection)}
    </p>
  );
}
