/**
 * Files out of a drop, folders walked to the bottom. The entries must be taken from the event at
 * once (it is emptied when the listener returns); reading them may take its time.
 */
import type { ChosenFile } from '../view-port.ts';

/** The part of `FileSystemEntry` used here, as small as a test can fake. */
export type EntryLike = FileEntryLike | DirectoryEntryLike;

export interface FileEntryLike {
  readonly isDirectory: false;
  readonly fullPath: string;
  file(done: (file: File) => void, failed: (error: DOMException) => void): void;
}

export interface DirectoryEntryLike {
  readonly isDirectory: true;
  readonly fullPath: string;
  createReader(): {
    readEntries(done: (entries: EntryLike[]) => void, failed: (error: DOMException) => void): void;
  };
}

export interface DroppedFiles {
  readonly files: readonly ChosenFile[];
  /** How many files or folders the browser would not let us read. */
  readonly unreadable: number;
}

/** Entries of a drop; items without one (a dragged picture of a page) are plain files. */
export function entriesOf(items: DataTransferItemList): (EntryLike | File)[] {
  return [...items]
    .filter((item) => item.kind === 'file')
    .flatMap((item) => (item.webkitGetAsEntry() as EntryLike | null) ?? item.getAsFile() ?? []);
}

export async function readEntries(entries: readonly (EntryLike | File)[]): Promise<DroppedFiles> {
  const files: ChosenFile[] = [];
  let unreadable = 0;
  const open = [...entries];
  for (let entry = open.shift(); entry !== undefined; entry = open.shift()) {
    try {
      if (entry instanceof File) files.push({ file: entry, path: entry.name });
      else if (entry.isDirectory) open.push(...(await childrenOf(entry)));
      else files.push({ file: await fileOf(entry), path: entry.fullPath.replace(/^\//u, '') });
    } catch {
      unreadable += 1;
    }
  }
  return { files, unreadable };
}

function fileOf(entry: FileEntryLike): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** `readEntries` gives at most 100 at a time: it is called until it gives none. */
async function childrenOf(directory: DirectoryEntryLike): Promise<EntryLike[]> {
  const reader = directory.createReader();
  const children: EntryLike[] = [];
  for (;;) {
    const next = await new Promise<EntryLike[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (next.length === 0) return children;
    children.push(...next);
  }
}

/** Files of an `<input type=file>`, with the path below the folder where one was chosen. */
export function filesOf(list: FileList | null): ChosenFile[] {
  return [...(list ?? [])].map((file) => ({
    file,
    path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath,
  }));
}
