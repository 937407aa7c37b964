import { createElement, type IconNode } from 'lucide';
import type { JSX } from 'solid-js';

/** A decorative picture: what it stands for is always said in words beside it. */
export function Icon(props: { node: IconNode; class?: string }): JSX.Element {
  return (
    <>
      {createElement(props.node, {
        class: `icon ${props.class ?? ''}`,
        'aria-hidden': 'true',
      })}
    </>
  );
}
