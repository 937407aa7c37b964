/**
 * Bytes that wait in OPFS to be sent: what a page or a fetch gave. Streamed, so that no whole file
 * is ever in memory, and read back as a `File` like one that a person picked.
 */
import { TallowError } from '../errors/index.ts';

const SPOOL_DIRECTORY = 'spool';

/** Largest thing that is taken from a page or the web for one click, bytes. */
const MAX_SPOOL_BYTES = 4 * 1024 * 1024 * 1024;

/** A source that gives nothing for so long is given up. */
const STALL_MS = 60_000;

export class SpoolError extends TallowError<'no-space' | 'too-large' | 'stalled' | 'cancelled'> {}

async function directory(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(SPOOL_DIRECTORY, { create: true });
}

/**
 * Writes a stream to the spool.
 *
 * @returns the whole as a `File`, readable until `removeSpooled`.
 * @throws SpoolError, or what the stream itself failed with; nothing stays behind then.
 * @param signal ends it as `cancelled`
 */
export async function spool(
  transferId: string,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
): Promise<File> {
  const folder = await directory();
  const handle = await folder.getFileHandle(transferId, { create: true });
  const writable = await handle.createWritable();
  const stall = new AbortController();
  const waiting = () => setTimeout(() => stall.abort(new SpoolError('stalled')), STALL_MS);
  let timer = waiting();
  let bytes = 0;
  const limit = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, controller) {
      clearTimeout(timer);
      timer = waiting();
      bytes += piece.byteLength;
      if (bytes > MAX_SPOOL_BYTES) throw new SpoolError('too-large');
      controller.enqueue(piece);
    },
  });
  try {
    const abort = AbortSignal.any([signal, stall.signal]);
    await stream.pipeThrough(limit).pipeTo(writable, { signal: abort });
    return await handle.getFile();
  } catch (error) {
    await removeSpooled(transferId);
    if (signal.aborted) throw new SpoolError('cancelled', undefined, { cause: error });
    if (error instanceof DOMException && error.name === 'QuotaExceededError')
      throw new SpoolError('no-space', undefined, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Deletes a spooled file; a missing one is no error. */
export async function removeSpooled(transferId: string): Promise<void> {
  const folder = await directory();
  await folder.removeEntry(transferId).catch(ignoreMissing);
}

/** Deletes everything spooled: at the document's start nothing of it is under way any more. */
export async function clearSpool(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(SPOOL_DIRECTORY, { recursive: true }).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
}
