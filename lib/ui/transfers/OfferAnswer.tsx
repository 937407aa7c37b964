import { Show, type JSX } from 'solid-js';
import type { Intent } from '../../messaging/intents.ts';
import type { TransferView } from '../../messaging/snapshot.ts';
import { OfferActions } from './OfferActions.tsx';
import { PasswordForm } from './PasswordForm.tsx';

/** How an offer is answered: with two buttons, or with the password that it asks for. */
export function OfferAnswer(props: {
  transfer: TransferView;
  titleId: string;
  onIntent: (intent: Intent) => void;
}): JSX.Element {
  const transferId = () => props.transfer.transferId;
  const decide = (decision: 'accept' | 'decline') =>
    props.onIntent({ type: 'transfer/decide', transferId: transferId(), decision });
  const lock = () => {
    const view = props.transfer.lock;
    return view === undefined || view.type === 'unlocked' ? undefined : view;
  };
  return (
    <Show when={lock()} fallback={<OfferActions titleId={props.titleId} onDecide={decide} />}>
      {(view) => (
        <PasswordForm
          lock={view()}
          from={props.transfer.deviceName}
          titleId={props.titleId}
          onUnlock={(password) =>
            props.onIntent({ type: 'transfer/unlock', transferId: transferId(), password })
          }
          onDecline={() => decide('decline')}
        />
      )}
    </Show>
  );
}
