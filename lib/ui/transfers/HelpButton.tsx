import { FolderSearch, HardDrive, RotateCw, Send, ShieldCheck, type IconNode } from 'lucide';
import type { JSX } from 'solid-js';
import { Icon } from '../common/Icon.tsx';
import type { HelpAction } from '../transfer-actions.ts';
import * as text from '../text.ts';

const looks: Readonly<Record<HelpAction, { icon: IconNode; label: string }>> = {
  retry: { icon: RotateCw, label: text.transfers.retry },
  'send-anyway': { icon: Send, label: text.transfers.sendAnyway },
  allow: { icon: ShieldCheck, label: text.transfers.allow },
  choose: { icon: FolderSearch, label: text.transfers.chooseAgain },
  'check-room': { icon: HardDrive, label: text.transfers.checkRoom },
};

/** The way on for what does not go on by itself. */
export function HelpButton(props: {
  action: HelpAction;
  titleId: string;
  onPress: () => void;
}): JSX.Element {
  return (
    <button
      type="button"
      class="button"
      classList={{ primary: props.action === 'allow' || props.action === 'choose' }}
      aria-describedby={props.titleId}
      onClick={() => props.onPress()}
    >
      <Icon node={looks[props.action].icon} />
      {looks[props.action].label}
    </button>
  );
}
