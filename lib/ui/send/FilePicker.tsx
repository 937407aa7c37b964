import { Plus } from 'lucide';
import { createSignal, type JSX } from 'solid-js';
import { Icon } from '../common/Icon.tsx';
import type { ChosenFile } from '../view-port.ts';
import { filesOf } from './dropped-files.ts';
import { hasFilePicker, pickFiles } from './pick-files.ts';

/**
 * A button that chooses files. The `<input>` is what it is everywhere; where the browser has a picker
 * that finds files again after a restart, that one opens in its place.
 */
export function FilePicker(props: {
  label: string;
  onFiles: (files: readonly ChosenFile[], unreadable: number) => void;
}): JSX.Element {
  const [native, setNative] = createSignal(!hasFilePicker());
  const onClick = (event: MouseEvent) => {
    if (native()) return;
    event.preventDefault();
    void pickFiles().then((picked) => {
      // Not allowed in this profile: from the next press on the plain one.
      if (picked === null) setNative(true);
      else if (picked.files.length + picked.unreadable > 0) {
        props.onFiles(picked.files, picked.unreadable);
      }
    });
  };
  const onChange = (input: HTMLInputElement) => {
    props.onFiles(filesOf(input.files), 0);
    // The same file chosen again must count as a change.
    input.value = '';
  };
  return (
    <label class="button file-button">
      <Icon node={Plus} />
      {props.label}
      <input
        type="file"
        multiple
        onClick={onClick}
        onChange={(event) => onChange(event.currentTarget)}
      />
    </label>
  );
}
