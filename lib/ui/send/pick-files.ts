import type { ChosenFile } from '../view-port.ts';
import type { DroppedFiles } from './dropped-files.ts';

/** The browser has a picker that gives handles. Folders are chosen by `<input>` all the same: see `readEntries`. */
export function hasFilePicker(): boolean {
  return typeof window.showOpenFilePicker === 'function';
}

/**
 * Lets a person pick files, each with a handle to find it again; within a click.
 *
 * @returns nothing when the person picked nothing; null when the browser refuses to show the picker
 */
export async function pickFiles(): Promise<DroppedFiles | null> {
  let handles: readonly FileSystemFileHandle[];
  try {
    handles = (await window.showOpenFilePicker?.({ multiple: true, id: 'send' })) ?? [];
  } catch (error) {
    const cancelled = error instanceof DOMException && error.name === 'AbortError';
    return cancelled ? { files: [], unreadable: 0 } : null;
  }
  const read = await Promise.all(handles.map((root) => chosenOf(root).catch(() => null)));
  const files = read.filter((file) => file !== null);
  return { files, unreadable: read.length - files.length };
}

async function chosenOf(root: FileSystemFileHandle): Promise<ChosenFile> {
  const file = await root.getFile();
  return { file, path: file.name, handle: { root, below: [] } };
}
