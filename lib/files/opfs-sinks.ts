/**
 * Incoming files in OPFS, through sync access handles: only a dedicated worker has these, and they
 * write two to three times as fast as `createWritable`.
 *
 * Layout: `incoming/<transferId>/<fileId>`, beside each `<fileId>.journal` ([TR17]).
 */
import type { Sink, SinkStore } from '../transfer/ports.ts';
import { SinkError } from '../transfer/errors.ts';
import { openAccess } from './access-handles.ts';

export const INCOMING_DIRECTORY = 'incoming';

const journalName = (fileId: number) => `${fileId}.journal`;

/** Folders to which the way is kept. */
const FOLDERS_KEPT = 8;

export class OpfsSinks implements SinkStore {
  /** Each way to a folder is two round trips to the browser: of the last few it is kept. */
  readonly #folders = new Map<string, Promise<FileSystemDirectoryHandle>>();

  /** Grows as it is written: room kept free beforehand would be counted twice while it fills. */
  async open(transferId: string, fileId: number, _size: number): Promise<Sink> {
    try {
      return new OpfsSink(await this.#open(transferId, String(fileId)));
    } catch (error) {
      throw sinkError(error);
    }
  }

  async openJournal(transferId: string, fileId: number): Promise<Sink> {
    try {
      return new OpfsSink(await this.#open(transferId, journalName(fileId)));
    } catch (error) {
      throw sinkError(error);
    }
  }

  async remove(transferId: string, fileId?: number): Promise<void> {
    try {
      const incoming = await directory();
      if (fileId === undefined) {
        this.#folders.delete(transferId);
        return await removeEntry(incoming, transferId);
      }
      const folder = await incoming.getDirectoryHandle(transferId);
      await removeEntry(folder, String(fileId));
      await removeEntry(folder, journalName(fileId));
    } catch (error) {
      if (!isMissing(error)) throw sinkError(error);
    }
  }

  async sweep(keep: ReadonlySet<string>): Promise<void> {
    try {
      const incoming = await directory();
      for await (const transferId of incoming.keys()) {
        // One that an old document still holds is left for the next time.
        if (!keep.has(transferId)) await removeEntry(incoming, transferId).catch(() => undefined);
      }
    } catch (error) {
      throw sinkError(error);
    }
  }

  async freeBytes(): Promise<number> {
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    return Math.max(0, quota - usage);
  }

  async #open(transferId: string, name: string): Promise<FileSystemSyncAccessHandle> {
    let file: FileSystemFileHandle;
    try {
      file = await (await this.#folder(transferId)).getFileHandle(name, { create: true });
    } catch (error) {
      // The folder was removed meanwhile: the kept way leads nowhere.
      if (!isMissing(error)) throw error;
      this.#folders.delete(transferId);
      file = await (await this.#folder(transferId)).getFileHandle(name, { create: true });
    }
    return openAccess(file);
  }

  #folder(transferId: string): Promise<FileSystemDirectoryHandle> {
    const known = this.#folders.get(transferId);
    if (known !== undefined) return known;
    const folder = directory().then((incoming) =>
      incoming.getDirectoryHandle(transferId, { create: true }),
    );
    folder.catch(() => this.#folders.delete(transferId));
    this.#folders.set(transferId, folder);
    const [oldest] = this.#folders.keys();
    if (this.#folders.size > FOLDERS_KEPT && oldest !== undefined) this.#folders.delete(oldest);
    return folder;
  }
}

class OpfsSink implements Sink {
  readonly #handle: FileSystemSyncAccessHandle;

  constructor(handle: FileSystemSyncAccessHandle) {
    this.#handle = handle;
  }

  write(offset: number, bytes: Uint8Array): void {
    try {
      const written = this.#handle.write(bytes as Uint8Array<ArrayBuffer>, { at: offset });
      if (written !== bytes.byteLength) throw new SinkError('no-space');
    } catch (error) {
      throw sinkError(error);
    }
  }

  read(offset: number, into: Uint8Array): number {
    try {
      return this.#handle.read(into as Uint8Array<ArrayBuffer>, { at: offset });
    } catch (error) {
      throw sinkError(error);
    }
  }

  flush(): void {
    try {
      this.#handle.flush();
    } catch (error) {
      throw sinkError(error);
    }
  }

  close(): void {
    this.#handle.close();
  }
}

/**
 * Stored bytes, for saving; from any context of the extension. Their type says nothing, so that the
 * browser keeps the name it is given instead of adding an ending that it thinks fits.
 *
 * @param fileId the id under which the `SinkStore` has them
 * @param offset where they begin in that file ([TR16])
 * @param size bytes; all that follow when left out
 */
export async function incomingFile(
  transferId: string,
  fileId: number,
  offset = 0,
  size?: number,
): Promise<Blob> {
  const file = await storedFile(transferId, fileId);
  const end = size === undefined ? file.size : offset + size;
  return file.slice(offset, end, 'application/octet-stream');
}

/** The last one that was asked for: a pack's files follow one another. */
let lastFile: { readonly key: string; readonly file: Promise<File> } | null = null;

function storedFile(transferId: string, fileId: number): Promise<File> {
  const key = `${transferId}/${fileId}`;
  if (lastFile?.key === key) return lastFile.file;
  const file = (async () => {
    const root = await navigator.storage.getDirectory();
    const incoming = await root.getDirectoryHandle(INCOMING_DIRECTORY);
    const folder = await incoming.getDirectoryHandle(transferId);
    return (await folder.getFileHandle(String(fileId))).getFile();
  })();
  lastFile = { key, file };
  file.catch(() => (lastFile = null));
  return file;
}

async function directory(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(INCOMING_DIRECTORY, { create: true });
}

async function removeEntry(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  await folder.removeEntry(name, { recursive: true }).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError';
}

function sinkError(error: unknown): SinkError {
  if (error instanceof SinkError) return error;
  const full = error instanceof DOMException && error.name === 'QuotaExceededError';
  return new SinkError(full ? 'no-space' : 'sink-failed', undefined, { cause: error });
}
