import { FolderPlus, ImagePlus } from 'lucide';
import { createSignal, onCleanup, onMount, Show, type JSX } from 'solid-js';
import { Icon } from '../common/Icon.tsx';
import * as text from '../text.ts';
import type { ChosenFile } from '../view-port.ts';
import { droppedItems, filesOf, readDropped } from './dropped-files.ts';
import { FilePicker } from './FilePicker.tsx';

/**
 * Choosing by picker, drop or paste. A drop anywhere on the page counts: a file that misses the
 * zone would otherwise replace the page.
 */
export function DropZone(props: {
  deviceName: string;
  onFiles: (files: readonly ChosenFile[], unreadable: number) => void;
}): JSX.Element {
  const [over, setOver] = createSignal(false);
  const [reading, setReading] = createSignal(false);

  const take = async (items: DataTransferItemList) => {
    const dropped = droppedItems(items);
    setReading(true);
    const { files, unreadable } = await readDropped(dropped).finally(() => setReading(false));
    props.onFiles(files, unreadable);
  };
  const onDragOver = (event: DragEvent) => {
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
    setOver(true);
  };
  const onDragLeave = (event: DragEvent) => {
    // Only when the pointer leaves the page, not at every element it crosses.
    if (event.relatedTarget === null) setOver(false);
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer) void take(event.dataTransfer.items);
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = filesOf(event.clipboardData?.files ?? null);
    if (files.length === 0) return;
    event.preventDefault();
    props.onFiles(files, 0);
  };
  onMount(() => {
    const stop = new AbortController();
    const { signal } = stop;
    document.addEventListener('dragover', onDragOver, { signal });
    document.addEventListener('dragleave', onDragLeave, { signal });
    document.addEventListener('drop', onDrop, { signal });
    // A drag that ends without a drop says nothing; the pointer moves again only after it.
    document.addEventListener('pointermove', () => setOver(false), { signal });
    document.addEventListener('paste', onPaste, { signal });
    onCleanup(() => stop.abort());
  });
  const choose = (input: HTMLInputElement) => {
    props.onFiles(filesOf(input.files), 0);
    // The same file chosen again must count as a change.
    input.value = '';
  };

  return (
    <section class="drop" data-over={over()}>
      <Icon node={ImagePlus} class="big" />
      <div>
        <h3>{over() ? text.send.dropNow : text.send.drop}</h3>
        <p class="muted" role="status">
          <Show when={reading()} fallback={text.send.paste}>
            {text.send.reading}
          </Show>
        </p>
      </div>
      <div class="drop-actions">
        <FilePicker label={text.send.chooseFiles(props.deviceName)} onFiles={props.onFiles} />
        <label class="button file-button">
          <Icon node={FolderPlus} />
          {text.send.chooseFolder}
          <input
            type="file"
            ref={(input) => (input.webkitdirectory = true)}
            onChange={(event) => choose(event.currentTarget)}
          />
        </label>
      </div>
    </section>
  );
}
