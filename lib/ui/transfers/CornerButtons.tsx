import { Pause, Play, X } from 'lucide';
import { Show, type JSX } from 'solid-js';
import type { Intent } from '../../messaging/intents.ts';
import type { TransferView } from '../../messaging/snapshot.ts';
import { endActionOf, pauseActionOf } from '../transfer-actions.ts';
import * as text from '../text.ts';
import { IconButton } from './IconButton.tsx';

/** Pause or resume, cancel or dismiss: each pair is one button, so that it keeps the focus. */
export function CornerButtons(props: {
  transfer: TransferView;
  titleId: string;
  onIntent: (intent: Intent) => void;
}): JSX.Element {
  const id = () => props.transfer.transferId;
  return (
    <span class="transfer-buttons">
      <Show when={pauseActionOf(props.transfer)}>
        {(action) => (
          <IconButton
            icon={action() === 'pause' ? Pause : Play}
            label={text.transfers[action()]}
            about={props.titleId}
            onPress={() => props.onIntent({ type: `transfer/${action()}`, transferId: id() })}
          />
        )}
      </Show>
      <Show when={endActionOf(props.transfer)}>
        {(action) => (
          <IconButton
            icon={X}
            label={text.transfers[action()]}
            about={props.titleId}
            onPress={() => props.onIntent({ type: `transfer/${action()}`, transferId: id() })}
          />
        )}
      </Show>
    </span>
  );
}
