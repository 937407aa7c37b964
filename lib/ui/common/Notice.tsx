import { CircleAlert, CircleCheck, Info } from 'lucide';
import { Show, type JSX } from 'solid-js';
import { Icon } from './Icon.tsx';

const icons = { info: Info, bad: CircleAlert, good: CircleCheck } as const;

/** A message that stays; `bad` interrupts a screen reader, the others wait their turn. */
export function Notice(props: {
  tone: 'info' | 'bad' | 'good';
  title?: string | undefined;
  body?: string | undefined;
  children?: JSX.Element;
}): JSX.Element {
  return (
    <div class={`notice ${props.tone}`} role={props.tone === 'bad' ? 'alert' : 'status'}>
      <Icon node={icons[props.tone]} />
      <div class="stack grow">
        <p>
          <Show when={props.title}>
            <strong>{props.title}</strong>
          </Show>
          <Show when={props.body}>
            <span class="next">{props.body}</span>
          </Show>
        </p>
        {props.children}
      </div>
    </div>
  );
}

/** In a popup that scrolls, the answer to a press may be out of sight. */
function bringIntoView(element: HTMLElement): void {
  requestAnimationFrame(() => element.scrollIntoView({ block: 'nearest' }));
}

/** The sentence of a refused intent; takes no room while there is none. */
export function Problem(props: { text: string }): JSX.Element {
  return (
    <Show when={props.text}>
      <div ref={bringIntoView}>
        <Notice tone="bad" body={props.text} />
      </div>
    </Show>
  );
}
