/**
 * Incoming files in OPFS, through sync access handles: only a dedicated worker has these, and they
 * write two to three times as fast as `createWritable`.
 *
 * Layout: `incoming/<transferId>/<fileId>`, beside each `<fileId>.journal` ([TR17]).
 */
import type { Sink, SinkStore } from '../transfer/ports.ts';
import { SinkError } from '../transfer/errors.ts';

export const INCOMING_DIRECTORY = 'incoming';

const journalName = (fileId: number) => `${fileId}.journal`;

export class OpfsSinks implements SinkStore {
  async open(transferId: string, fileId: number, size: number): Promise<Sink> {
    try {
      const handle = await openHandle(transferId, String(fileId));
      // The whole length at once: a disk without room says so now and not at the last chunk.
      try {
        if (handle.getSize() < size) handle.truncate(size);
      } catch (error) {
        handle.close();
        throw error;
      }
      return new OpfsSink(handle);
    } catch (error) {
      throw sinkError(error);
    }
  }

  async openJournal(transferId: string, fileId: number): Promise<Sink> {
    try {
      return new OpfsSink(await openHandle(transferId, journalName(fileId)));
    } catch (error) {
      throw sinkError(error);
    }
  }

  async remove(transferId: string, fileId?: number): Promise<void> {
    try {
      const incoming = await directory();
      if (fileId === undefined) return await removeEntry(incoming, transferId);
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
  const root = await navigator.storage.getDirectory();
  const incoming = await root.getDirectoryHandle(INCOMING_DIRECTORY);
  const folder = await incoming.getDirectoryHandle(transferId);
  const file = await (await folder.getFileHandle(String(fileId))).getFile();
  const end = size === undefined ? file.size : offset + size;
  return file.slice(offset, end, 'application/octet-stream');
}

async function directory(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(INCOMING_DIRECTORY, { create: true });
}

async function openHandle(transferId: string, name: string): Promise<FileSystemSyncAccessHandle> {
  const folder = await (await directory()).getDirectoryHandle(transferId, { create: true });
  const file = await folder.getFileHandle(name, { create: true });
  return file.createSyncAccessHandle();
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
