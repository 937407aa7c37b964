import { ChevronDown, Pause, Play, RotateCw, X, type IconNode } from 'lucide';
import { createComputed, createSignal, createUniqueId, For, Show, type JSX } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import type { Intent } from '../../messaging/intents.ts';
import type { FileView, TransferView } from '../../messaging/snapshot.ts';
import { Icon } from '../common/Icon.tsx';
import {
  fileAmount,
  fileProgress,
  fileReasonText,
  fileStateText,
  isMoving,
  unlistedFiles,
} from '../file-view.ts';
import { splitPath } from '../transfer-view.ts';
import { fileActionsOf, fileIntent, type FileAction } from '../transfer-actions.ts';
import * as text from '../text.ts';
import { IconButton } from './IconButton.tsx';
import { ProgressBar } from './ProgressBar.tsx';

const icons: Readonly<Record<FileAction, IconNode>> = {
  pause: Pause,
  resume: Play,
  cancel: X,
  retry: RotateCw,
};

/** How many of its files are done, and on demand those that are not. */
export function Files(props: {
  transfer: TransferView;
  title: string;
  onIntent: (intent: Intent) => void;
}): JSX.Element {
  const [open, setOpen] = createSignal(false);
  const listId = createUniqueId();
  const { transfers } = text;
  return (
    <div class="transfer-files">
      <p class="transfer-meta row">
        <button
          type="button"
          class="button quiet disclosure"
          aria-expanded={open()}
          aria-controls={listId}
          onClick={() => setOpen(!open())}
        >
          <Icon node={ChevronDown} />
          {transfers.files}
        </button>
        <span>{transfers.filesDone(props.transfer.doneFiles ?? 0, props.transfer.count)}</span>
      </p>
      <div id={listId} hidden={!open()}>
        <Show when={open()}>
          <FileRows transfer={props.transfer} title={props.title} onIntent={props.onIntent} />
        </Show>
      </div>
    </div>
  );
}

function FileRows(props: {
  transfer: TransferView;
  title: string;
  onIntent: (intent: Intent) => void;
}): JSX.Element {
  // The list moves on as files are done: rows belong to files and not to places in it, or a button
  // that one is about to press would become another file's.
  const [rows, setRows] = createStore<{ files: FileView[] }>({ files: [] });
  createComputed(() => {
    const files = (props.transfer.files ?? []).map((file) => ({ ...file }));
    setRows('files', reconcile(files, { key: 'fileId' }));
  });
  const more = () => unlistedFiles(props.transfer);
  return (
    <>
      <ul class="file-rows" aria-label={text.transfers.filesOf(props.title)}>
        <For each={rows.files}>
          {(file) => <FileRow file={file} transfer={props.transfer} onIntent={props.onIntent} />}
        </For>
      </ul>
      <Show when={more() > 0}>
        <p class="transfer-meta">{text.transfers.more(more())}</p>
      </Show>
    </>
  );
}

function FileRow(props: {
  file: FileView;
  transfer: TransferView;
  onIntent: (intent: Intent) => void;
}): JSX.Element {
  const parts = () => splitPath(props.file.path);
  const state = () => fileStateText(props.file, props.transfer.deviceName);
  const reason = () => fileReasonText(props.file, props.transfer);
  return (
    <li class="file-row" tabindex="-1" data-state={props.file.state}>
      <div class="grow">
        <p class="file-path" title={props.file.path}>
          <Show when={parts().folder}>
            <bdi class="file-folder">{parts().folder}</bdi>
          </Show>
          <bdi class="file-name">{parts().name}</bdi>
        </p>
        <p class="transfer-meta">
          <span class="file-state">{state()}</span>
          {` · ${fileAmount(props.file)}`}
        </p>
        <Show when={reason()}>{(words) => <p class="transfer-meta">{words()}</p>}</Show>
        <Show when={isMoving(props.file)}>
          <ProgressBar
            value={fileProgress(props.file)}
            label={text.transfers.progress(props.file.path)}
            words={state()}
          />
        </Show>
      </div>
      <span class="transfer-buttons">
        <For each={fileActionsOf(props.transfer, props.file)}>
          {(action) => (
            <IconButton
              icon={icons[action]}
              label={text.transfers[action]}
              name={text.transfers.ofFile(text.transfers[action], props.file.path)}
              onPress={() =>
                props.onIntent(fileIntent(action, props.transfer.transferId, props.file.fileId))
              }
            />
          )}
        </For>
      </span>
    </li>
  );
}
