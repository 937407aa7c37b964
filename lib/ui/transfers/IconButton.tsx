import type { IconNode } from 'lucide';
import type { JSX } from 'solid-js';
import { Icon } from '../common/Icon.tsx';

/** A small button of a row; `about` is the id of what says which row it is. */
export function IconButton(props: {
  icon: IconNode;
  label: string;
  name?: string;
  about?: string;
  onPress: () => void;
}): JSX.Element {
  return (
    <button
      type="button"
      class="button quiet square"
      aria-label={props.name ?? props.label}
      aria-describedby={props.about}
      title={props.label}
      onClick={() => props.onPress()}
    >
      <Icon node={props.icon} />
    </button>
  );
}
