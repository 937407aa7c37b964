import { For, Show, type JSX } from 'solid-js';
import { Notice } from '../common/Notice.tsx';
import { formatBytes } from '../format.ts';
import * as text from '../text.ts';
import type { ChosenFile, NeededFile } from '../view-port.ts';
import { FilePicker } from './FilePicker.tsx';
import type { Match } from './match-files.ts';

/** Rows drawn at most. */
const ROWS_SHOWN = 100;

export function ChooseAgain(props: {
  files: readonly NeededFile[];
  /** One whose name is not that of the only file that is missing. */
  doubtful: Match | null;
  onFiles: (files: readonly ChosenFile[]) => void;
  onUse: (match: Match) => void;
}): JSX.Element {
  const hidden = () => props.files.length - ROWS_SHOWN;
  return (
    <section class="card stack">
      <h2>{text.sources.chooseSection}</h2>
      <p class="muted">{text.sources.chooseHint}</p>
      <ul class="files" aria-label={text.sources.list}>
        <For each={props.files.slice(0, ROWS_SHOWN)}>
          {(file) => (
            <li>
              <span class="truncate" title={file.path}>
                {file.path}
              </span>
              <span class="small muted">{formatBytes(file.size)}</span>
            </li>
          )}
        </For>
      </ul>
      <Show when={hidden() > 0}>
        <p class="small muted">{text.sources.more(hidden())}</p>
      </Show>
      <Show when={props.doubtful}>
        {(match) => (
          <Notice
            tone="info"
            title={text.sources.otherName(match().chosen.file.name, match().needed.path)}
            body={text.sources.otherNameHint}
          >
            <button type="button" class="button" onClick={() => props.onUse(match())}>
              {text.sources.use}
            </button>
          </Notice>
        )}
      </Show>
      <div class="drop-actions">
        <FilePicker label={text.sources.choose} onFiles={(files) => props.onFiles(files)} />
      </div>
    </section>
  );
}
