/**
 * Incoming files in OPFS, through sync access handles: only a dedicated worker has these, and they
 * write two to three times as fast as `createWritable`.
 *
 * Layout: `incoming/<transferId>/<fileId>`.
 */
import type { Sink, SinkStore } from '../transfer/ports.ts';
import { SinkError } from '../transfer/errors.ts';

export const INCOMING_DIRECTORY = 'incoming';

export class OpfsSinks implements SinkStore {
  async open(transferId: string, fileId: number, size: number): Promise<Sink> {
    try {
      const folder = await incomingFolder(transferId);
      const file = await folder.getFileHandle(String(fileId), { create: true });
      const handle = await file.createSyncAccessHandle();
      // The whole length at once: a disk without room says so now and not at the last chunk.
      if (handle.getSize() < size) handle.truncate(size);
      return new OpfsSink(handle);
    } catch (error) {
      throw sinkError(error);
    }
  }

  async remove(transferId: string, fileId?: number): Promise<void> {
    const root = await navigator.storage.getDirectory();
    try {
      const incoming = await root.getDirectoryHandle(INCOMING_DIRECTORY);
      if (fileId === undefined) return await incoming.removeEntry(transferId, { recursive: true });
      const folder = await incoming.getDirectoryHandle(transferId);
      await folder.removeEntry(String(fileId));
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'NotFoundError'))
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
 * The stored file itself, for saving; from any context of the extension. Its type says nothing, so
 * that the browser keeps the name it is given instead of adding an ending that it thinks fits.
 */
export async function incomingFile(transferId: string, fileId: number): Promise<Blob> {
  const root = await navigator.storage.getDirectory();
  const incoming = await root.getDirectoryHandle(INCOMING_DIRECTORY);
  const folder = await incoming.getDirectoryHandle(transferId);
  const file = await (await folder.getFileHandle(String(fileId))).getFile();
  return file.slice(0, file.size, 'application/octet-stream');
}

async function incomingFolder(transferId: string): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  const incoming = await root.getDirectoryHandle(INCOMING_DIRECTORY, { create: true });
  return incoming.getDirectoryHandle(transferId, { create: true });
}

function sinkError(error: unknown): SinkError {
  if (error instanceof SinkError) return error;
  const full = error instanceof DOMException && error.name === 'QuotaExceededError';
  return new SinkError(full ? 'no-space' : 'sink-failed', undefined, { cause: error });
}
