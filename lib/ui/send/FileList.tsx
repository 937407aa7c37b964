import { X } from 'lucide';
import { For, Show, type JSX } from 'solid-js';
import { Icon } from '../common/Icon.tsx';
import { formatBytes } from '../format.ts';
import * as text from '../text.ts';
import type { ChosenFile } from '../view-port.ts';
import { totalSize } from './chosen-files.ts';

/** Rows drawn at most: a folder of ten thousand files needs a count, not ten thousand rows. */
const ROWS_SHOWN = 200;

export function FileList(props: {
  files: readonly ChosenFile[];
  onRemove: (file: ChosenFile) => void;
  onClear: () => void;
}): JSX.Element {
  const hidden = () => props.files.length - ROWS_SHOWN;
  return (
    <section class="card stack">
      <div class="section-head row">
        <h2 class="grow">
          {text.send.total(props.files.length, formatBytes(totalSize(props.files)))}
        </h2>
        <button type="button" class="button quiet" onClick={() => props.onClear()}>
          {text.send.clear}
        </button>
      </div>
      <ul class="files" aria-label={text.send.list}>
        <For each={props.files.slice(0, ROWS_SHOWN)}>
          {(chosen) => (
            <li>
              <span class="truncate" title={chosen.path}>
                {chosen.path}
              </span>
              <span class="small muted">{formatBytes(chosen.file.size)}</span>
              <button
                type="button"
                class="button quiet square"
                aria-label={text.send.removeFile(chosen.path)}
                onClick={() => props.onRemove(chosen)}
              >
                <Icon node={X} />
              </button>
            </li>
          )}
        </For>
      </ul>
      <Show when={hidden() > 0}>
        <p class="small muted">{text.transfers.more(hidden())}</p>
      </Show>
    </section>
  );
}
