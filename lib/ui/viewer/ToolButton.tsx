import type { IconNode } from 'lucide';
import { Show, type JSX } from 'solid-js';
import { Icon } from '../common/Icon.tsx';

/** A button of the bar below the picture. `pressed` makes it a switch whose name stays the same. */
export function ToolButton(props: {
  icon: IconNode;
  label: string;
  /** What it is called where that says more than its name. */
  hint?: string;
  pressed?: boolean;
  /** The key that does the same while the picture has the focus. */
  key?: string;
  disabled?: boolean;
  attention?: boolean;
  onPress: () => void;
}): JSX.Element {
  return (
    <button
      type="button"
      class="button square tool"
      classList={{ quiet: props.attention !== true, primary: props.attention === true }}
      aria-label={props.label}
      aria-pressed={props.pressed}
      aria-keyshortcuts={props.key}
      title={
        props.key === undefined ? (props.hint ?? props.label) : `${props.label} (${props.key})`
      }
      disabled={props.disabled}
      onClick={() => props.onPress()}
    >
      {/* Keyed: what is drawn does not follow a prop by itself. */}
      <Show when={props.icon} keyed>
        {(icon) => <Icon node={icon} />}
      </Show>
    </button>
  );
}
