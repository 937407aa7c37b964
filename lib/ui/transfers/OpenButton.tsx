import { Copy, ExternalLink, FolderOpen, Save, type IconNode } from 'lucide';
import type { JSX } from 'solid-js';
import { createFlash } from '../common/CopyButton.tsx';
import { Icon } from '../common/Icon.tsx';
import * as text from '../text.ts';
import type { OpenAction } from '../transfer-actions.ts';

const looks: Readonly<Record<OpenAction, { icon: IconNode; label: string }>> = {
  copy: { icon: Copy, label: text.transfers.copy },
  open: { icon: ExternalLink, label: text.transfers.openLink },
  show: { icon: FolderOpen, label: text.transfers.show },
  save: { icon: Save, label: text.transfers.save },
};

/** Does what is useful with something that arrived. `onOpen` answers whether it worked. */
export function OpenButton(props: {
  action: OpenAction;
  titleId: string;
  onOpen: () => Promise<boolean>;
}): JSX.Element {
  const flash = createFlash();
  const open = async () => {
    const worked = await props.onOpen();
    if (worked && props.action === 'copy') flash.tell(text.transfers.copied);
  };
  return (
    <button
      type="button"
      class="button"
      aria-describedby={props.titleId}
      onClick={() => void open()}
    >
      <Icon node={looks[props.action].icon} />
      <span aria-live="polite">{flash.told() || looks[props.action].label}</span>
    </button>
  );
}
