import { ShieldCheck } from 'lucide';
import { For, Show, type JSX } from 'solid-js';
import { Icon } from '../common/Icon.tsx';
import * as text from '../text.ts';
import type { NeededRoot } from '../view-port.ts';

/** Each asks for itself: the browser shows one question a click. */
export function AllowList(props: {
  roots: readonly NeededRoot[];
  onAllow: (root: NeededRoot) => void;
}): JSX.Element {
  return (
    <section class="card stack">
      <h2>{text.sources.allowSection}</h2>
      <p class="muted">{text.sources.allowHint}</p>
      <ul class="files" aria-label={text.sources.allowSection}>
        <For each={props.roots}>
          {(root, index) => (
            <li>
              <span class="truncate" id={`root-${index()}`} title={root.name}>
                {root.name}
              </span>
              <span class="small muted">
                <Show when={root.files.length > 1}>{text.sources.files(root.files.length)}</Show>
              </span>
              <button
                type="button"
                class="button primary"
                aria-describedby={`root-${index()}`}
                onClick={() => props.onAllow(root)}
              >
                <Icon node={ShieldCheck} />
                {text.sources.allow}
              </button>
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}
