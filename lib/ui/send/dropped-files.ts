/**
 * Files out of a drop, folders walked to the bottom. The entries must be taken from the event at
 * once (it is emptied when the listener returns); reading them may take its time.
 */
import type { ChosenFile, ChosenHandle } from '../view-port.ts';

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

/** One thing that was dropped. */
export interface DroppedItem {
  /** A dragged picture of a page has no entry: it is a plain file. */
  readonly entry: EntryLike | File;
  /** Null where the browser gives none, or not for this place. */
  readonly handle: Promise<FileSystemHandle | null>;
}

/** Files asked of the browser at a time. */
const FILES_AT_ONCE = 100;

/** What a drop holds. Everything is asked for before the event is over. */
export function droppedItems(items: DataTransferItemList): DroppedItem[] {
  return [...items]
    .filter((item) => item.kind === 'file')
    .flatMap((item) => {
      const handle = item.getAsFileSystemHandle?.().catch(() => null) ?? Promise.resolve(null);
      const entry = (item.webkitGetAsEntry() as EntryLike | null) ?? item.getAsFile();
      return entry === null ? [] : { entry, handle };
    });
}

/** All files of a drop, each with what finds it again. */
export async function readDropped(items: readonly DroppedItem[]): Promise<DroppedFiles> {
  const files: ChosenFile[] = [];
  let unreadable = 0;
  for (const { entry, handle } of items) {
    const read = await readEntries([entry]);
    const root = await handle;
    unreadable += read.unreadable;
    for (const file of read.files)
      files.push(root ? { ...file, handle: within(root, file) } : file);
  }
  return { files, unreadable };
}

/** The path of a file in a dropped folder begins with the folder's own name. */
function within(root: FileSystemHandle, { path }: ChosenFile): ChosenHandle {
  return { root, below: root.kind === 'file' ? [] : path.split('/').slice(1) };
}

/**
 * Walked by entries and not by handles: those leave out files whose names the browser thinks unsafe
 * to write (`.lnk`, `.url`, a trailing dot), without a word.
 */
export async function readEntries(entries: readonly (EntryLike | File)[]): Promise<DroppedFiles> {
  const files: ChosenFile[] = [];
  const found: FileEntryLike[] = [];
  let unreadable = 0;
  const open = [...entries];
  for (let entry = open.shift(); entry !== undefined; entry = open.shift()) {
    try {
      if (entry instanceof File) files.push({ file: entry, path: entry.name });
      else if (entry.isDirectory) open.push(...(await childrenOf(entry)));
      else found.push(entry);
    } catch {
      unreadable += 1;
    }
  }
  for (let at = 0; at < found.length; at += FILES_AT_ONCE) {
    const part = found.slice(at, at + FILES_AT_ONCE);
    const read = await Promise.all(part.map((entry) => chosenOf(entry).catch(() => null)));
    for (const file of read) {
      if (file === null) unreadable += 1;
      else files.push(file);
    }
  }
  return { files, unreadable };
}

async function chosenOf(entry: FileEntryLike): Promise<ChosenFile> {
  return { file: await fileOf(entry), path: entry.fullPath.replace(/^\//u, '') };
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
